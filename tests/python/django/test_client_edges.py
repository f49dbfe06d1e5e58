"""Several clients, several copies of the middleware, and what is no request at all."""

import asyncio
import threading

import posthog
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_started
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from posthog import contexts
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.captured import Captured
from site_under_test.pages import Pages
from site_under_test.visitors import BARE, OURS, ask, log_in

BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
WHO = {"x-posthog-distinct-id": "ann"}


@pytest.fixture
def make_client():
    """Return a function that makes a client with a list of what it would send."""
    made = []

    def make(key="phc_of_its_own"):
        captured = Captured()
        made.append(posthog.Posthog(key, send=False, before_send=captured.take))
        return made[-1], captured

    yield make
    for client in made:
        client.shutdown()


@BOTH
def test_every_client_has_the_context_of_the_request(events, user, make_client, is_async):
    (one, of_one), (other, of_other) = make_client(), make_client()

    def view(request):
        one.capture("seen")
        other.capture("seen")
        posthog.capture("seen")
        return HttpResponse("thrice")

    with override_settings(ROOT_URLCONF=Pages(view)):
        ask("/view/", log_in(user), is_async=is_async)
    for captured in (events, of_one, of_other):
        assert captured.one()["distinct_id"] == str(user.pk)
        assert captured.properties()["$request_path"] == "/view/"


def test_anonymous_events_of_one_request_share_their_id_across_clients(events, make_client):
    own, of_own = make_client()

    def view(request):
        own.capture("seen")
        posthog.capture("seen")
        return HttpResponse("twice")

    with override_settings(ROOT_URLCONF=Pages(view)):
        ask("/view/")
    assert of_own.one()["distinct_id"] == events.one()["distinct_id"]


@BOTH
def test_a_client_that_is_replaced_while_requests_come_gets_the_next_events(events, make_client, monkeypatch, is_async):
    (first, of_first), (second, of_second) = make_client(), make_client()
    for client in (first, second):
        monkeypatch.setattr(posthog, "default_client", client)
        monkeypatch.setattr(posthog, "before_send", client.before_send)
        ask("/capture/", is_async=is_async, headers=WHO)
        ask("/fail/value/", is_async=is_async, headers=WHO)
    for captured in (of_first, of_second):
        assert [(event["event"], event["distinct_id"]) for event in captured] == [
            ("seen", "ann"),
            ("$exception", "ann"),
        ]


def test_an_event_that_waits_goes_through_the_client_that_captured_it(events, make_client, monkeypatch):
    (first, of_first), (second, of_second) = make_client(), make_client()

    def view(request):
        posthog.default_client = first
        first.capture("seen")
        posthog.default_client = second
        return HttpResponse("replaced")

    with override_settings(ROOT_URLCONF=Pages(view)):
        ask("/view/")
    assert (len(of_first), len(of_second)) == (1, 0)


def test_an_event_that_waits_when_its_client_is_shut_down_goes_out_before(events, make_client):
    own, of_own = make_client()

    def view(request):
        own.capture("seen")
        own.shutdown()
        return HttpResponse("over")

    with override_settings(ROOT_URLCONF=Pages(view)):
        assert ask("/view/").status_code == 200
    assert of_own.properties()["$request_path"] == "/view/"


def test_sites_in_one_process_keep_apart(events):
    sites = [Client(), Client()]
    meeting = threading.Barrier(2)

    def view(request):
        meeting.wait(60)
        posthog.capture("seen", properties={"expected": request.headers["x-posthog-distinct-id"]})
        return HttpResponse("met")

    with override_settings(ROOT_URLCONF=Pages(view)):
        visits = [
            threading.Thread(target=site.get, args=("/view/",), kwargs={"headers": {"x-posthog-distinct-id": who}})
            for site, who in zip(sites, ("ann", "bob"), strict=True)
        ]
        for visit in visits:
            visit.start()
        for visit in visits:
            visit.join()
    assert {event["distinct_id"] for event in events} == {"ann", "bob"}
    assert all(event["distinct_id"] == event["properties"]["expected"] for event in events)


@BOTH
def test_two_copies_of_the_middleware_give_each_event_its_tags_once(events, user, is_async):
    asked = []
    with override_settings(
        MIDDLEWARE=[OURS, *BARE, OURS], POSTHOG_MW_EXTRA_TAGS=lambda request: asked.append(request) or {"plan": "pro"}
    ):
        ask("/capture/", log_in(user), is_async=is_async)
    assert events.one()["distinct_id"] == str(user.pk)
    assert events.properties()["plan"] == "pro"
    assert len(asked) == 1


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
def test_what_is_no_http_request_is_refused_by_django_as_without_us(events, kind):
    async def connect():
        async def receive():
            return {"type": f"{kind}.startup"}

        async def send(message):
            raise AssertionError(message)

        await ASGIHandler()({"type": kind}, receive, send)

    with pytest.raises(ValueError, match="Django can only handle ASGI/HTTP connections"):
        asyncio.run(connect())
    assert not events
    assert contexts.get_tags() == {}


def test_a_receiver_of_the_start_of_a_request_that_fails_is_none_of_ours(events):
    def fail(**_signal):
        raise ValueError("at the start")

    request_started.connect(fail)
    try:
        with pytest.raises(ValueError, match="at the start"):
            WSGIHandler()(RequestFactory().get("/plain/").environ, lambda *_started: None)
    finally:
        request_started.disconnect(fail)
    assert not events


def test_a_request_that_is_sent_through_the_middleware_twice_is_asked_once(events):
    asked = []

    def get_response(_request):
        posthog.capture("seen")
        return HttpResponse("again")

    with override_settings(POSTHOG_MW_EXTRA_TAGS=asked.append):
        middleware = PosthogContextMiddleware(get_response)
        request = RequestFactory().get("/shop/")
        for _ in range(2):
            middleware(request)
    assert [event["properties"]["$request_path"] for event in events] == ["/shop/", "/shop/"]
    assert len(asked) == 1
