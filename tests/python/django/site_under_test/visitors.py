"""Visitors with a session of each kind, and what a site answers them."""

from importlib import import_module

from asgiref.sync import async_to_sync
from django.conf import settings
from django.contrib import auth
from django.core import signing
from django.test import AsyncClient, Client

ENGINES = ["db", "cache", "cached_db", "file", "signed_cookies"]

SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"
OURS = "posthog.integrations.django.PosthogContextMiddleware"
BARE = [SESSION, COMMON, AUTH]


def engine_path(name):
    return f"django.contrib.sessions.backends.{name}"


def log_in(user, key=None):
    """Return the cookie of a new session of *user*, with *key* as its password hash."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[auth.SESSION_KEY] = str(user.pk)
    store[auth.BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[auth.HASH_SESSION_KEY] = user.get_session_auth_hash() if key is None else key
    store.save()
    return store.session_key


def tampered(cookie):
    """Return *cookie* as a stranger would forge it."""
    return signing.dumps({"_auth_user_id": "1"}, salt="somebody else's") if ":" in cookie else cookie[::-1]


def ask(path, cookie=None, *, is_async=False, **options):
    """Return the answer of the site to a visitor with *cookie*."""
    client = (AsyncClient if is_async else Client)(raise_request_exception=False)
    if cookie is not None:
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    if not is_async:
        return client.get(path, **options)

    async def answer():
        return await client.get(path, **options)

    return async_to_sync(answer)()


def wire(response):
    """Return the response as bytes, with its cookies; what is on the wire for the visitor."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return response.status_code, response.serialize_headers(), response.cookies.output(), body
