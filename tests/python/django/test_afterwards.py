"""What runs after the answer has the context of its request too."""

import asyncio
import threading

import posthog
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.signals import request_finished
from django.http import StreamingHttpResponse
from django.test import RequestFactory, override_settings
from posthog import contexts
from posthog.integrations.django import PosthogContextMiddleware, bind_request
from site_under_test.served import served
from site_under_test.visitors import ask, log_in

WHO = {"x-posthog-distinct-id": "ann"}


@pytest.fixture
def on_finish():
    """A receiver of `request_finished` that captures an event."""

    def capture(**_signal):
        posthog.capture("finished")

    request_finished.connect(capture)
    yield
    request_finished.disconnect(capture)


@pytest.mark.parametrize("path", ["/plain/", "/aplain/"])
@pytest.mark.parametrize("is_async", [False, True], ids=["wsgi", "asgi"])
@pytest.mark.usefixtures("on_finish")
def test_receivers_of_request_finished_have_the_context_of_the_request(events, path, is_async):
    ask(path, is_async=is_async, headers=WHO)
    assert events.one("finished")["distinct_id"] == "ann"
    assert events.properties("finished")["$request_path"] == path
    assert contexts.get_tags() == {}


@pytest.mark.usefixtures("on_finish")
def test_the_user_is_known_when_the_request_has_finished(events, user):
    ask("/plain/", log_in(user))
    assert events.one("finished")["distinct_id"] == str(user.pk)


@pytest.mark.usefixtures("on_finish")
def test_a_request_that_has_finished_leaves_no_context_to_the_next(events):
    ask("/plain/", headers=WHO)
    with override_settings(MIDDLEWARE=[]):
        ask("/plain/")
    assert events[1]["distinct_id"] != "ann"
    assert "$request_path" not in events[1]["properties"]


@pytest.mark.usefixtures("on_finish")
def test_under_a_server_with_an_event_loop_too(events):
    asyncio.run(served(ASGIHandler(), "/aplain/"))
    assert events.properties("finished")["$request_path"] == "/aplain/"


def test_closers_of_a_streaming_answer_have_the_context(events):
    response = StreamingHttpResponse(["x"])
    response._resource_closers.append(lambda: posthog.capture("closed"))
    request = RequestFactory().get("/", HTTP_X_POSTHOG_DISTINCT_ID="ann")
    answer = PosthogContextMiddleware(lambda _request: response)(request)
    list(answer)
    answer.close()
    assert events.one("closed")["distinct_id"] == "ann"


# -- who holds a request ---------------------------------------------------------------------------------------------


def answered(view, **headers):
    """Return a request that *view* has answered."""
    request = RequestFactory().get("/shop/", **headers)
    PosthogContextMiddleware(view)(request)
    return request


def test_a_request_lends_its_context_to_a_thread_that_holds_it(events):
    request = answered(lambda _request: None, HTTP_X_POSTHOG_DISTINCT_ID="ann")

    def work():
        with bind_request(request):
            posthog.capture("seen")
        posthog.capture("after")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert events.one()["distinct_id"] == "ann"
    assert events.properties()["$request_path"] == "/shop/"
    assert "$request_path" not in events.properties("after")


def test_what_the_view_has_said_belongs_to_it(events):
    def view(_request):
        contexts.tag("plan", "pro")
        contexts.identify_context("bob")
        contexts.set_context_session("visit")

    with bind_request(answered(view)):
        posthog.capture("seen")
    assert events.one()["distinct_id"] == "bob"
    assert events.properties()["plan"] == "pro"
    assert events.properties()["$session_id"] == "visit"


def test_it_looks_nobody_up(events, user, sql):
    cookie = log_in(user)
    sql.clear()
    with bind_request(ask("/plain/", cookie).wsgi_request):
        posthog.capture("seen")
    assert sql == []
    assert events.properties()["$process_person_profile"] is False


def test_it_knows_the_user_whom_an_event_of_the_view_has_found(events, user):
    with bind_request(ask("/capture/", log_in(user)).wsgi_request):
        posthog.capture("later")
    assert events.one("later")["distinct_id"] == str(user.pk)


@override_settings(MIDDLEWARE=[], POSTHOG_MW_EXTRA_TAGS=lambda _request: {"plan": "pro"})
def test_it_needs_no_middleware(events):
    with bind_request(RequestFactory().get("/shop/")):
        posthog.capture("seen")
    assert events.properties()["$request_path"] == "/shop/"
    assert events.properties()["plan"] == "pro"
