"""`POSTHOG_DRF_AUTO`: what Django REST framework answers itself is reported without naming a handler."""

import subprocess
import sys
import textwrap

import posthog
import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from posthog.integrations.drf import create_exception_handler, exception_handler
from rest_framework import exceptions
from rest_framework.views import APIView
from site_under_test.captured import own_client
from site_under_test.rest import JSON, PLAIN, Failing, site
from site_under_test.visitors import BARE, ask, wire

APP = "posthog.integrations.django"
ORIGINAL = APIView.handle_exception


@pytest.fixture(autouse=True)
def _site(monkeypatch):
    """The site with the app in it, whose REST views answer as the framework does."""
    monkeypatch.setattr(posthog, "_make_client", posthog._make_client)
    with override_settings(
        INSTALLED_APPS=[*settings.INSTALLED_APPS, APP],
        ROOT_URLCONF=site(),
        REST_FRAMEWORK={"EXCEPTION_HANDLER": PLAIN, "DEFAULT_RENDERER_CLASSES": JSON},
        POSTHOG_DRF_AUTO=True,
    ):
        yield
    assert APIView.handle_exception is ORIGINAL


def answer_json(exc, context):
    """Be the site's own handler."""
    return HttpResponse(type(exc).__name__, status=503)


def report_then_answer_json(exc, context):
    """Be the site's own handler, which has ours do the work."""
    response = exception_handler(exc, context)
    return response or HttpResponse(status=500)


def ask_with(handler, kind="api"):
    """Ask a view whose `get_exception_handler` gives *handler*."""
    with override_settings(ROOT_URLCONF=site(handler)):
        return ask(f"/api/{kind}/")


def test_the_frameworks_own_answers_are_reported(events):
    response = ask("/api/unavailable/", headers={"x-posthog-distinct-id": "ann"})
    assert response.status_code == 503
    assert events.exceptions == [("Unavailable", "unavailable")]
    event = events.one("$exception")
    assert event["distinct_id"] == "ann"
    assert event["properties"]["$exception_source"] == "django_rest_framework.exception_handler"
    assert events.mechanisms[0].items() >= {"type": "middleware", "handled": True}.items()


@pytest.mark.parametrize("kind", ["missing", "invalid"])
def test_a_clients_error_is_not_reported(events, kind):
    assert 400 <= ask(f"/api/{kind}/").status_code < 500
    assert not events


def test_what_the_framework_does_not_answer_is_reported_once_by_the_middleware(events):
    assert ask("/api/value/").status_code == 500
    assert events.exceptions == [("ValueError", "value")]
    assert events.properties("$exception")["$exception_source"] == "django.middleware"


@pytest.mark.parametrize("kind", ["api", "unavailable", "missing", "invalid", "value"])
def test_answers_are_those_of_the_framework_byte_for_byte(events, kind):
    ours = wire(ask(f"/api/{kind}/"))
    with override_settings(POSTHOG_DRF_AUTO=False):
        assert wire(ask(f"/api/{kind}/")) == ours


def test_the_handler_of_the_site_answers_and_is_reported(events):
    framework = {"EXCEPTION_HANDLER": answer_json, "DEFAULT_RENDERER_CLASSES": JSON}
    with override_settings(REST_FRAMEWORK=framework):
        assert ask("/api/value/").content == b"ValueError"
    assert events.exceptions == [("ValueError", "value")]


def test_the_handler_of_a_single_view_answers_and_is_reported(events):
    assert ask_with(answer_json, "value").content == b"ValueError"
    assert events.exceptions == [("ValueError", "value")]


@pytest.mark.parametrize("handler", [exception_handler, create_exception_handler(answer_json), report_then_answer_json])
@pytest.mark.parametrize("middleware", [True, False])
def test_together_with_the_explicit_handler_an_exception_is_reported_once(events, handler, middleware):
    with override_settings(**({} if middleware else {"MIDDLEWARE": BARE})):
        ask_with(handler)
    assert events.exceptions == [("APIException", "api")]


def test_what_an_explicit_handler_has_decided_stays(events):
    client, captured = own_client()
    ask_with(create_exception_handler(capture_exceptions=False))
    ask_with(create_exception_handler(exception_filter=lambda *_: False))
    ask_with(create_exception_handler(client=client))
    assert not events
    assert captured.exceptions == [("APIException", "api")]
    client.shutdown()


def test_what_an_explicit_handler_leaves_to_the_site_is_reported(events):
    ask_with(report_then_answer_json, "value")
    assert events.exceptions == [("ValueError", "value")]


def test_the_client_of_the_framework_reports(events):
    client, captured = own_client()
    with override_settings(POSTHOG_DRF_CLIENT=client):
        ask("/api/api/")
    assert captured.exceptions == [("APIException", "api")]
    assert not events
    client.shutdown()


def test_an_override_of_handle_exception_that_goes_on_to_the_frameworks_is_reported(events):
    class Translating(Failing):
        def handle_exception(self, exc):
            return super().handle_exception(exceptions.APIException(f"translated: {exc}"))

    class Site:
        urlpatterns = (path("api/<kind>/", Translating.as_view()),)

    with override_settings(ROOT_URLCONF=Site()):
        assert ask("/api/value/").status_code == 500
    assert events.exceptions == [("APIException", "translated: value")]


@pytest.mark.parametrize("value", [False, None, 1, "True"])
def test_without_the_setting_nothing_is_wrapped(events, value):
    with override_settings(POSTHOG_DRF_AUTO=value):
        ask("/api/api/")
        assert APIView.handle_exception is ORIGINAL
    assert not events


IS_WRAPPED = """
    wrapped = sys.modules["rest_framework.views"].APIView.handle_exception
    assert wrapped.__code__.co_filename.endswith("posthog/_patch.py"), wrapped
"""
PROGRAM = """
    import sys
    from django.conf import settings
    settings.configure(INSTALLED_APPS=["posthog.integrations.django"], POSTHOG_DRF_AUTO=True, ROOT_URLCONF="urls",
        ALLOWED_HOSTS=["*"])
    sys.modules["urls"] = type(sys)("urls")
    sys.modules["urls"].urlpatterns = []
    {before}
    import django
    django.setup()
    assert "rest_framework" not in sys.modules or sys.modules["rest_framework"] is None
    from django.test import Client
    for _ in range(2):
        assert Client().get("/").status_code == 404
"""


def run(before, after):
    program = "\n".join(map(textwrap.dedent, (PROGRAM.format(before=before), after)))
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stderr


def test_the_framework_is_imported_at_the_first_request_not_at_the_start():
    run("", IS_WRAPPED)


def test_a_site_without_the_framework_is_told_so_once_and_works():
    said = run('sys.modules["rest_framework"] = None', "")
    assert said.count("POSTHOG_DRF_AUTO is on, and Django REST framework cannot be imported") == 1


def test_a_framework_that_cannot_be_configured_is_told_once_and_costs_no_request():
    broken = 'settings.REST_FRAMEWORK = {"DEFAULT_RENDERER_CLASSES": ["no.such.Renderer"]}'
    mended = """
    from rest_framework.settings import api_settings
    settings.REST_FRAMEWORK = {}
    api_settings.reload()
    Client().get("/")
    """
    said = run(broken, textwrap.dedent(mended) + textwrap.dedent(IS_WRAPPED))
    assert said.count("POSTHOG_DRF_AUTO could not import Django REST framework") == 1
