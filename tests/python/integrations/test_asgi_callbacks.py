"""Functions that an ASGI application gives the middleware are asked at most once per request, and cannot harm it."""

from __future__ import annotations

import asyncio
import functools
import threading

import posthog
import pytest
from posthog import contexts
from posthog.integrations.asgi import PosthogASGIMiddleware
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from .asgi_site import application


@pytest.fixture
def visit():
    """Return a function that makes a request and returns the status of the answer."""

    def visit(path="/seen/1", **options):
        middleware = PosthogASGIMiddleware(application(), capture_exceptions=True, **options)
        return TestClient(middleware, raise_server_exceptions=False).get(path).status_code

    return visit


def ordinary(answer):
    return answer


def asynchronous(answer):
    async def callback(scope):
        return answer(scope)

    return callback


def partial(answer):
    async def callback(_first, scope):
        return answer(scope)

    return functools.partial(callback, 1)


def an_object(answer):
    class Callback:
        async def __call__(self, scope):
            return answer(scope)

    return Callback()


KINDS = [ordinary, asynchronous, partial, an_object]


@pytest.mark.parametrize("kind", KINDS)
def test_extra_properties_are_tags_and_win(events, visit, kind):
    visit(extra_properties=kind(lambda scope: {"asked_for": scope["path"], "$request_method": "hidden"}))
    events.assert_event("seen", properties={"asked_for": "/seen/1", "$request_method": "hidden"})


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_that_the_filter_turns_away_has_no_context(events, visit, kind):
    visit(request_filter=kind(lambda scope: False), extra_properties=lambda scope: {"more": 1})
    assert "$request_path" not in events[0]["properties"]
    assert "more" not in events[0]["properties"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_that_is_turned_away_has_no_tags_of_its_own_or_from_outside(events, kind):
    async def tagging(scope, receive, send):
        posthog.identify_context("somebody")
        posthog.tag("inside", 1)
        posthog.capture("seen")

    with posthog.new_context():
        posthog.tag("outside", 1)
        asyncio.run(
            PosthogASGIMiddleware(tagging, request_filter=kind(lambda scope: False))({"type": "http"}, None, None)
        )
    (event,) = events
    assert event["distinct_id"] != "somebody"
    assert {"inside", "outside"}.isdisjoint(event["properties"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_failure_of_a_request_that_the_filter_turns_away_is_not_reported(events, visit, kind):
    assert visit("/failing", request_filter=kind(lambda scope: False)) == 500
    events.assert_no_events()


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_that_fails_lets_requests_pass(events, visit, told, kind):
    assert visit(request_filter=kind(lambda scope: 1 / 0)) == 200
    events.assert_event("seen", properties={"$request_path": "/seen/1"})
    assert len(told("request_filter")) == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("answer", [lambda scope: 1 / 0, lambda scope: ["a"], lambda scope: "text"])
def test_extra_properties_that_fail_or_are_none_cost_only_themselves(events, visit, told, kind, answer):
    assert visit(extra_properties=kind(answer)) == 200
    events.assert_event("seen", properties={"$request_path": "/seen/1"})
    assert len(told("extra_properties")) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_no_extra_properties_are_an_answer_too(events, visit, told, kind):
    visit(extra_properties=kind(lambda scope: None))
    events.assert_event("seen")
    assert told("extra_properties") == []


def test_ordinary_callbacks_are_asked_once_and_not_without_an_event(events, visit):
    asked = []

    def ask(scope):
        asked.append(scope["path"])
        return {}

    visit("/silent", request_filter=ask, extra_properties=ask)
    assert asked == []
    visit("/streaming", extra_properties=ask)
    assert asked == ["/streaming"]


def test_ordinary_callbacks_see_what_inner_middleware_has_found_out(events, visit):
    visit(extra_properties=lambda scope: {"endpoint": scope["endpoint"].__name__})
    events.assert_event("seen", properties={"endpoint": "seen"})


def test_a_callback_that_turns_out_to_be_asynchronous_is_awaited_from_then_on(events, told):
    async def more(scope, number):
        return {"more": number}

    client = TestClient(PosthogASGIMiddleware(application(), extra_properties=lambda scope: more(scope, 1)))
    client.get("/seen/1")
    client.get("/seen/2")
    assert [event["properties"].get("more") for event in events] == [None, 1]
    assert len(told("extra_properties")) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_callback_may_capture(events, visit, kind):
    def ask(scope):
        posthog.capture("asked")
        return {"more": 1}

    visit(request_filter=kind(ask), extra_properties=kind(ask))
    assert len(events.named("asked")) == 2
    events.assert_event("seen", properties={"more": 1})


@pytest.mark.parametrize("kind", KINDS)
def test_callbacks_see_the_path_as_it_came(events, kind):
    async def router(scope, receive, send):
        scope["path"] = "/rewritten"
        posthog.capture("seen")
        await PlainTextResponse("ok")(scope, receive, send)

    tags = kind(lambda scope: {"path": scope["path"]})
    TestClient(PosthogASGIMiddleware(router, extra_properties=tags)).get("/as/it/came")
    events.assert_event("seen", properties={"path": "/as/it/came", "$request_path": "/as/it/came"})


def test_an_event_of_another_thread_waits_for_what_a_callback_is_finding_out(events):
    asked, captured = threading.Event(), threading.Event()

    def tags(scope):
        asked.set()
        captured.wait(10)
        return {"plan": "pro"}

    async def shop(scope, receive, send):
        def capture_other():
            asked.wait(10)
            posthog.capture("other")
            captured.set()

        other = asyncio.get_running_loop().run_in_executor(None, contexts.propagate(capture_other))
        await asyncio.to_thread(posthog.capture, "one")
        await other
        await PlainTextResponse("ok")(scope, receive, send)

    headers = {"x-posthog-distinct-id": "user-7"}
    TestClient(PosthogASGIMiddleware(shop, extra_properties=tags)).get("/path", headers=headers)
    for name in ("one", "other"):
        events.assert_event(name, distinct_id="user-7", properties={"plan": "pro", "$request_path": "/path"})
