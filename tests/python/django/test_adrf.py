"""Asynchronous views of Django REST framework: what they answer is reported, and as whose."""

import posthog
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import path
from rest_framework.authentication import BaseAuthentication
from rest_framework.response import Response
from site_under_test.rest import ERRORS, JSON, PLAIN, TokenAuthentication
from site_under_test.visitors import BARE, ask, log_in, wire

adrf = pytest.importorskip("adrf.views")
decorators = pytest.importorskip("adrf.decorators")

APP = "posthog.integrations.django"
OURS = "posthog.integrations.drf.exception_handler"


class AsyncTokenAuthentication(BaseAuthentication):
    """Knows users by the name in a header, without blocking."""

    async def authenticate(self, request):
        name = request.headers.get("x-token")
        return (await User.objects.aget(username=name), name) if name else None


class Failing(adrf.APIView):
    authentication_classes = (TokenAuthentication,)
    permission_classes = ()

    async def get(self, request, kind):
        posthog.capture("seen")
        raise ERRORS[kind](kind)


class AsyncFailing(Failing):
    authentication_classes = (AsyncTokenAuthentication,)


class SyncFailing(Failing):
    def get(self, request, kind):
        posthog.capture("seen")
        raise ERRORS[kind](kind)


@decorators.api_view(["GET"])
async def failing(request, kind):
    posthog.capture("seen")
    raise ERRORS[kind](kind)


class Capturing(Failing):
    async def get(self, request):
        await sync_to_async(posthog.capture)("seen in a thread")
        return Response(str(posthog.capture("seen")))


class Site:
    urlpatterns = (
        path("class/<kind>/", Failing.as_view()),
        path("async/<kind>/", AsyncFailing.as_view()),
        path("sync/<kind>/", SyncFailing.as_view()),
        path("function/<kind>/", failing),
        path("capture/", Capturing.as_view()),
    )


@pytest.fixture(autouse=True, params=["explicit", "auto"])
def _site(request, monkeypatch):
    """A site whose REST views report, by a handler that is named or by themselves."""
    monkeypatch.setattr(posthog, "_make_client", posthog._make_client)
    is_auto = request.param == "auto"
    handler = PLAIN if is_auto else OURS
    with override_settings(
        INSTALLED_APPS=[*settings.INSTALLED_APPS, APP],
        ROOT_URLCONF=Site(),
        REST_FRAMEWORK={"EXCEPTION_HANDLER": handler, "DEFAULT_RENDERER_CLASSES": JSON},
        POSTHOG_DRF_AUTO=is_auto,
    ):
        yield


@pytest.mark.parametrize("is_async", [True, False], ids=["asgi", "wsgi"])
@pytest.mark.parametrize("view", ["class", "async", "sync"])
def test_an_answered_server_error_is_reported_once_as_the_users_whom_the_token_names(events, user, view, is_async):
    assert ask(f"/{view}/unavailable/", is_async=is_async, headers={"x-token": "ann"}).status_code == 503
    assert events.exceptions == [("Unavailable", "unavailable")]
    assert {event["distinct_id"] for event in events} == {str(user.pk)}
    assert {event["properties"]["email"] for event in events} == {"ann@example.com"}
    properties = events.properties("$exception")
    assert properties["$request_path"] == f"/{view}/unavailable/"
    assert properties["$exception_source"] == "django_rest_framework.exception_handler"


@pytest.mark.parametrize("is_async", [True, False], ids=["asgi", "wsgi"])
def test_a_decorated_function_is_reported_as_the_session_users(events, user, is_async):
    assert ask("/function/api/", log_in(user), is_async=is_async).status_code == 500
    assert events.exceptions == [("APIException", "api")]
    assert {event["distinct_id"] for event in events} == {str(user.pk)}


@pytest.mark.parametrize("view", ["class", "async", "sync", "function"])
def test_what_the_framework_does_not_answer_is_reported_once_by_the_middleware(events, view):
    assert ask(f"/{view}/value/", is_async=True).status_code == 500
    assert events.exceptions == [("ValueError", "value")]
    assert events.properties("$exception")["$exception_source"] == "django.middleware"


@pytest.mark.parametrize("kind", ["missing", "invalid"])
def test_a_clients_error_is_not_reported(events, kind):
    assert 400 <= ask(f"/class/{kind}/", is_async=True).status_code < 500
    assert not events.exceptions


def test_events_of_an_async_view_and_its_threads_are_the_token_users(events, user):
    ask("/capture/", is_async=True, headers={"x-token": "ann"})
    assert [event["distinct_id"] for event in events] == [str(user.pk)] * 2


@pytest.mark.parametrize("view", ["class", "async"])
def test_an_authentication_that_fails_is_reported_once_and_as_nobody(events, view):
    assert ask(f"/{view}/api/", is_async=True, headers={"x-token": "nobody"}).status_code == 500
    assert [kind for kind, _ in events.exceptions] == ["User.DoesNotExist"]
    assert events.properties("$exception")["$process_person_profile"] is False


@pytest.mark.parametrize("kind", sorted(ERRORS))
def test_answers_are_those_of_the_framework_byte_for_byte(events, kind):
    ours = wire(ask(f"/class/{kind}/", is_async=True))
    framework = {"EXCEPTION_HANDLER": PLAIN, "DEFAULT_RENDERER_CLASSES": JSON}
    with override_settings(REST_FRAMEWORK=framework, POSTHOG_DRF_AUTO=False, MIDDLEWARE=BARE):
        assert wire(ask(f"/class/{kind}/", is_async=True)) == ours


def test_without_the_middleware_answered_server_errors_are_reported_too(events):
    with override_settings(MIDDLEWARE=BARE):
        ask("/class/api/", is_async=True)
    assert events.exceptions == [("APIException", "api")]
