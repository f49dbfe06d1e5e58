"""What Django projects do with the middleware, as they write it."""

import json
import sys
import types
from unittest import mock

import pytest
from django.test import override_settings
from posthog import Client
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.captured import own_client
from site_under_test.visitors import ask, log_in

SETTINGS = """
    SECRET_KEY = "the key of a site in the wild, long enough for everybody"
    ALLOWED_HOSTS = ["testserver"]
    ROOT_URLCONF = "shop"
    INSTALLED_APPS = ["shop.ShopConfig"]
    LOGGING_CONFIG = None
    MIDDLEWARE = ["posthog.integrations.django.PosthogContextMiddleware"]


    def POSTHOG_MW_EXTRA_TAGS(request):
        return {"plan": request.headers.get("X-Plan", "free")}


    def POSTHOG_MW_TAG_MAP(tags):
        return {name: value for name, value in tags.items() if name != "$user_agent"}


    def POSTHOG_MW_REQUEST_FILTER(request):
        return not request.path.startswith("/health")
"""
SHOP = """
    import posthog
    from django.apps import AppConfig
    from django.http import HttpResponse
    from django.urls import path

    seen = []


    class ShopConfig(AppConfig):
        name = "shop"
        path = "."

        def ready(self):
            from django.conf import settings

            settings.POSTHOG_MW_CLIENT = posthog.Posthog("phc_of_the_shop", send=False, before_send=self.take)
            posthog.default_client = settings.POSTHOG_MW_CLIENT

        def take(self, event):
            seen.append(event)
            return event


    def view(request):
        posthog.capture("seen")
        if "fail" in request.GET:
            raise ValueError("of the view")
        return HttpResponse("seen")


    urlpatterns = [path("", view), path("health/", view)]
"""
PROGRAM = """
    import json
    import os

    os.environ["DJANGO_SETTINGS_MODULE"] = "shop_settings"
    import django

    django.setup()
    import shop
    from django.test import Client

    visitor = Client(raise_request_exception=False)
    visitor.get("/", headers={"x-plan": "pro", "user-agent": "browser"})
    visitor.get("/health/")
    visitor.get("/?fail")
    print(json.dumps([[event["event"], event["properties"]] for event in shop.seen]))
"""


def test_a_client_made_when_the_app_is_ready_captures_what_requests_say(run_python):
    said = run_python(PROGRAM, files={"shop_settings.py": SETTINGS, "shop.py": SHOP})
    events = json.loads(said.stdout.strip().splitlines()[-1])
    assert [name for name, _ in events] == ["seen", "seen", "seen", "$exception"]
    (_, first), (_, healthy), (_, third), (_, failure) = events
    assert (first["plan"], third["plan"], failure["plan"]) == ("pro", "free", "free")
    assert first["$request_path"] == "/"
    assert "$user_agent" not in first
    assert "$request_path" not in healthy
    assert failure["$exception_list"][0]["value"] == "of the view"


class ByEmail(PosthogContextMiddleware):
    """Names users by their address, as two projects do."""

    def _resolve_user_details(self, user):
        if not user.is_authenticated:
            return None, None
        return user.email, user.email


class WithPlan(PosthogContextMiddleware):
    """Adds tags of its own."""

    def extract_tags(self, request):
        return {**super().extract_tags(request), "plan": "of the subclass"}


class WithPlanAsync(PosthogContextMiddleware):
    """Adds tags of its own in an event loop."""

    async def aextract_tags(self, request):
        return {**await super().aextract_tags(request), "plan": "of the subclass"}


def middleware(kind):
    return override_settings(
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            f"{kind.__module__}.{kind.__name__}",
        ]
    )


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    """Let Django import the middleware of this file by its name."""
    module = types.ModuleType("middleware_in_the_wild")
    for kind in (ByEmail, WithPlan, WithPlanAsync):
        monkeypatch.setattr(kind, "__module__", module.__name__)
        setattr(module, kind.__name__, kind)
    monkeypatch.setitem(sys.modules, module.__name__, module)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_subclass_says_who_users_are(events, user, is_async):
    with middleware(ByEmail):
        ask("/acapture/" if is_async else "/capture/", log_in(user), is_async=is_async)
        ask("/acapture/" if is_async else "/capture/", is_async=is_async)
    known, stranger = events
    assert known["distinct_id"] == known["properties"]["email"] == "ann@example.com"
    assert stranger["properties"]["$process_person_profile"] is False


def test_a_subclass_adds_tags(events):
    with middleware(WithPlan):
        ask("/capture/")
    assert events.properties()["plan"] == "of the subclass"
    assert events.properties()["$request_path"] == "/capture/"


def test_a_subclass_adds_tags_in_an_event_loop(events):
    with middleware(WithPlanAsync):
        ask("/acapture/", is_async=True)
    assert events.properties()["plan"] == "of the subclass"
    assert events.properties()["$request_path"] == "/acapture/"


def test_exceptions_go_to_the_middlewares_client(events):
    client, captured = own_client()
    with override_settings(POSTHOG_MW_CLIENT=client):
        ask("/fail/value/")
    assert [entry[0] for entry in captured.exceptions] == ["ValueError"]
    assert events.exceptions == []
    client.shutdown()


def test_a_mock_of_the_client_is_one_for_the_middleware():
    client = mock.Mock(spec=Client, api_key="phc_key", disabled=False)
    with override_settings(POSTHOG_MW_CLIENT=client):
        assert PosthogContextMiddleware(lambda _request: None).client is client
