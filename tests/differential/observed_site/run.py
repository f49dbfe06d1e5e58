"""Lets the visitors of every scenario visit the site, under whichever `posthog` this interpreter has.

Arguments: where events go, and the file for what the visitors were answered. Each scenario has a key of its own, so
that events on the wire tell where they come from.
"""

import json
import logging
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import django
import posthog
from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.test import AsyncClient, Client, override_settings

from observed_site.scenarios import MIDDLEWARE, SCENARIOS, Scenario


def configure(folder: str) -> None:
    settings.configure(
        SECRET_KEY="the key of a site that both packages observe, long enough",
        ALLOWED_HOSTS=["testserver"],
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "rest_framework",
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/db.sqlite3"}},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ROOT_URLCONF="observed_site.urls",
        MIDDLEWARE=MIDDLEWARE,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        REST_FRAMEWORK={
            "EXCEPTION_HANDLER": "posthog.integrations.drf.exception_handler",
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        },
        USE_TZ=True,
        LOGGING_CONFIG=None,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


def answer_of(scenario: Scenario) -> dict[str, object]:
    """Return what the visitor notices of the answer."""
    client = (AsyncClient if scenario.is_async else Client)(raise_request_exception=False)
    if scenario.session is not None:
        client.cookies[settings.SESSION_COOKIE_NAME] = session_key(stale=scenario.session == "stale")
    response, failure = visit(client, scenario), None
    try:
        read_body(response)
    except ValueError as error:  # the site's own, in a stream
        failure = str(error)
    return {
        "status": response.status_code,
        "vary": response.headers.get("Vary"),
        "cookies": sorted(response.cookies),
        "failure": failure,
    }


def visit(client, scenario):
    ask = getattr(client, scenario.method)
    if not scenario.is_async:
        return ask(scenario.path, headers=scenario.headers)

    async def answer():
        return await ask(scenario.path, headers=scenario.headers)

    return async_to_sync(answer)()


def read_body(response):
    if not response.streaming:
        return
    if not response.is_async:
        list(response.streaming_content)
        return

    async def read():
        async for _part in response.streaming_content:
            pass

    async_to_sync(read)()


def session_key(*, stale):
    user = auth.get_user_model().objects.get(username="ann")
    store = SessionStore()
    store[auth.SESSION_KEY] = str(user.pk)
    store[auth.BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[auth.HASH_SESSION_KEY] = "of another password" if stale else user.get_session_auth_hash()
    store.save()
    return store.session_key


def main(host: str, answers: Path, folder: str) -> None:
    logging.disable()
    configure(folder)
    call_command("migrate", verbosity=0)
    auth.get_user_model().objects.create_user("ann", "ann@example.com", "secret")
    said, clients = {}, []
    for name, scenario in SCENARIOS.items():
        posthog.project_api_key, posthog.host, posthog.default_client = name, host, None
        with override_settings(**scenario.settings):
            said[name] = answer_of(scenario)
        clients.append(posthog.default_client)
    for client in clients:
        if client is not None:
            client.shutdown()
    answers.write_text(json.dumps(said))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="posthog-observed-") as own_folder:
        main(sys.argv[1], Path(sys.argv[2]), own_folder)
