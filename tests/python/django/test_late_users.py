"""Users who become known after the context of their request was asked."""

from threading import Thread

import posthog
import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory, override_settings
from posthog import contexts
from posthog.contexts import propagate
from posthog.integrations.django import PosthogContextMiddleware, bind_request
from site_under_test.middleware import FailsOnResponse
from site_under_test.pages import Pages
from site_under_test.visitors import AUTH, BARE, COMMON, OURS, SESSION, ask, log_in

ASKED_EARLY = {
    "an event with an id of its own": lambda: posthog.capture("early", distinct_id="somebody"),
    "a question for tags": contexts.get_tags,
    "a question for the visit": contexts.get_context_session_id,
}


def found_by_token(request):
    request.user = User(pk=4711, email="token@example.com")
    posthog.capture("seen")
    return HttpResponse("token")


def in_thread(work):
    thread = Thread(target=work)
    thread.start()
    thread.join()


@pytest.mark.parametrize("is_async", [False, True], ids=["wsgi", "asgi"])
@pytest.mark.parametrize("early", ASKED_EARLY.values(), ids=ASKED_EARLY)
@pytest.mark.parametrize("extra", [None, lambda _request: {"plan": "pro"}], ids=["", "with tags of the site"])
def test_a_user_whom_a_token_names_is_on_events_after_an_early_question(events, early, extra, is_async):
    def view(request):
        early()
        return found_by_token(request)

    with override_settings(ROOT_URLCONF=Pages(view), POSTHOG_MW_EXTRA_TAGS=extra):
        ask("/view/", is_async=is_async)
    assert events.one()["distinct_id"] == "4711"
    assert events.properties()["email"] == "token@example.com"


def test_a_thread_that_binds_the_request_during_its_view_takes_no_user_away(events, user):
    def view(request):
        def work():
            with bind_request(request):
                posthog.capture("beside")

        in_thread(work)
        posthog.capture("seen")
        return HttpResponse()

    with override_settings(ROOT_URLCONF=Pages(view)):
        ask("/view/", log_in(user))
    assert events.one()["distinct_id"] == str(user.pk)


def test_a_failure_outside_of_the_middleware_knows_whom_the_view_has_named(events):
    def view(_request):
        contexts.identify_context("named")
        contexts.tag("plan", "pro")
        posthog.capture("seen")
        return HttpResponse()

    chain = [SESSION, COMMON, AUTH, f"{FailsOnResponse.__module__}.FailsOnResponse", OURS]
    with override_settings(ROOT_URLCONF=Pages(view), MIDDLEWARE=chain):
        assert ask("/view/").status_code == 500
    assert events.one("$exception")["distinct_id"] == "named"
    assert events.properties("$exception")["plan"] == "pro"
    assert events.properties("$exception")["$response_status_code"] == 500


def test_who_binds_a_request_after_its_stream_knows_what_the_view_has_said(events):
    def get_response(_request):
        contexts.identify_context("named")
        return StreamingHttpResponse(["x"])

    request = RequestFactory().get("/")
    list(PosthogContextMiddleware(get_response)(request))
    with bind_request(request):
        posthog.capture("after")
    assert events.one("after")["distinct_id"] == "named"


def test_a_filter_that_hides_its_failures_is_asked_where_it_can_answer(events, user):
    def is_known(request):
        try:
            return request.user.is_authenticated
        except Exception:
            return False

    async def view(_request):
        contexts.get_tags()
        posthog.capture("seen")
        return HttpResponse()

    with override_settings(ROOT_URLCONF=Pages(view), POSTHOG_MW_REQUEST_FILTER=is_known):
        ask("/view/", log_in(user), is_async=True)
    assert events.one()["distinct_id"] == str(user.pk)


def test_an_auser_that_knows_nobody_hides_no_user_whom_the_view_finds(events):
    async def nobody():
        return None

    def knows_nobody(get_response):
        async def middleware(request):
            request.auser = nobody
            return await get_response(request)

        middleware._is_coroutine = True
        return middleware

    async def get_response(request):
        return found_by_token(request)

    import asyncio  # noqa: PLC0415 - one test of many

    request = RequestFactory().get("/")
    request.auser = nobody
    asyncio.run(PosthogContextMiddleware(get_response)(request))
    assert events.one()["distinct_id"] == "4711"


class Unhashable(HttpResponse):
    __hash__ = None

    def __eq__(self, other):
        return self is other


def test_an_answer_that_cannot_be_hashed_is_an_answer(events):
    from django.core.signals import request_finished  # noqa: PLC0415 - one test of many

    def listens(**_signal):
        """Want to know."""

    def view(_request):
        return Unhashable("x")

    request_finished.connect(listens)
    try:
        with override_settings(ROOT_URLCONF=Pages(view)):
            assert ask("/view/").status_code == 200
    finally:
        request_finished.disconnect(listens)


def test_a_login_with_an_odd_request_is_a_login(user):
    from django.contrib.auth.signals import user_logged_in  # noqa: PLC0415 - one test of many

    def get_response(request):
        request._cached_user = object()  # no user as Django's are
        user_logged_in.send(sender=User, request=request, user=user)
        user_logged_in.send(sender=User, request=object(), user=user)
        return HttpResponse("in")

    assert PosthogContextMiddleware(get_response)(RequestFactory().get("/")).content == b"in"


def test_a_context_handed_to_a_thread_knows_the_user_whom_the_request_has_found(events, user):
    def view(_request):
        contexts.get_tags()
        in_thread(propagate(lambda: posthog.capture("beside")))
        return HttpResponse()

    with override_settings(ROOT_URLCONF=Pages(view), MIDDLEWARE=[*BARE, OURS]):
        ask("/view/", log_in(user))
    assert events.one("beside")["distinct_id"] == str(user.pk)
