"""What leaves an ASGI application as an exception is reported once; that a visitor has gone is no failure."""

from __future__ import annotations

import asyncio
import sys

import posthog
import pytest
from posthog import Posthog, contexts
from posthog.integrations.asgi import PosthogASGIMiddleware, is_disconnect
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from .asgi_site import application

FAILURE = {"$exception_source": "asgi.middleware", "$exception_level": "error", "$exception_handled": False}


def around(inner=None, *, capture_exceptions=True, **options):
    return PosthogASGIMiddleware(inner or application(), capture_exceptions=capture_exceptions, **options)


def test_an_exception_is_reported_with_the_context_and_raised_again(events, sent):
    with pytest.raises(ValueError, match="broken"):
        TestClient(around()).get("/failing", headers=sent)
    (failure,) = events
    assert failure["distinct_id"] == "user-7"
    assert failure["properties"].items() >= {**FAILURE, "$request_path": "/failing", "step": "pay"}.items()
    (error,) = failure["properties"]["$exception_list"]
    assert (error["type"], error["mechanism"]["type"]) == ("ValueError", "middleware")
    assert error["mechanism"]["handled"] is False


def test_the_visitor_gets_the_answer_of_the_framework(events):
    answer = TestClient(around(), raise_server_exceptions=False).get("/failing")
    assert answer.status_code == 500
    assert len(events.exceptions) == 1


def test_an_exception_that_passes_two_of_our_middlewares_is_reported_once(events):
    site = application(middleware=[Middleware(PosthogASGIMiddleware, capture_exceptions=True)])
    with pytest.raises(ValueError, match="broken"):
        TestClient(around(site)).get("/failing")
    assert len(events.exceptions) == 1


def test_an_exception_that_the_application_has_reported_itself_is_not_reported_again(events):
    async def reporting(scope, receive, send):
        try:
            raise ValueError("broken")
        except ValueError as error:
            posthog.capture_exception(error)
            raise

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(around(reporting)({"type": "http"}, None, None))
    assert len(events.exceptions) == 1


def test_a_later_request_that_fails_with_the_same_object_is_reported_too(events):
    error = ValueError("kept")

    async def failing(scope, receive, send):
        raise error

    for _ in range(2):
        with pytest.raises(ValueError, match="kept"):
            asyncio.run(around(failing)({"type": "http"}, None, None))
    assert len(events.exceptions) == 2


def test_what_the_framework_answers_is_not_reported(events):
    assert TestClient(around()).get("/unavailable").status_code == 503
    assert TestClient(around()).get("/nowhere").status_code == 404
    events.assert_no_events()


@pytest.mark.parametrize(("autocapture", "reports"), [(True, 1), (False, 0)])
def test_without_the_option_the_client_decides(events, autocapture, reports):
    client = Posthog("phc_of_the_client", enable_exception_autocapture=autocapture)
    with pytest.raises(ValueError, match="broken"):
        TestClient(around(capture_exceptions=None, client=client)).get("/failing")
    client.shutdown()
    assert len(events.exceptions) == reports


def test_exceptions_go_to_the_given_client(events, client, module):
    seen = []
    client.before_send = lambda event: seen.append(event["event"])
    with pytest.raises(ValueError, match="broken"):
        TestClient(around(client=client)).get("/failing")
    assert seen == ["$exception"]


def test_a_client_that_fails_changes_nothing(events, told):
    class Broken:
        enable_exception_autocapture = True

        def capture_exception(self, *args, **kwargs):
            raise RuntimeError("broken client")

    with pytest.raises(ValueError, match="broken"):
        TestClient(around(client=Broken())).get("/failing")
    assert len(told("could not be captured")) == 1


def test_a_websockets_exception_is_reported(events, sent):
    with (
        pytest.raises(KeyError, match="room"),
        TestClient(around()).websocket_connect("/broken_chat", headers=sent) as chat,
    ):
        chat.receive_text()
    events.assert_event("$exception", distinct_id="user-7", properties=FAILURE)


def test_a_visitor_who_leaves_a_websocket_is_no_failure(events):
    with pytest.raises(WebSocketDisconnect), TestClient(around()).websocket_connect("/chat"):
        pass
    assert events.exceptions == []
    events.assert_event("joined")


def test_a_cancelled_request_is_no_failure_and_leaves_no_context(events):
    async def endless(scope, receive, send):
        posthog.tag("inside", 1)
        await asyncio.Event().wait()

    async def visit():
        running = asyncio.create_task(around(endless)({"type": "http"}, None, None))
        await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return contexts.get_tags()

    assert asyncio.run(visit()) == {}
    events.assert_no_events()


def test_a_request_that_is_destroyed_from_outside_its_task_ends_quietly(events):
    class Forever:
        def __await__(self):
            yield

    async def endless(scope, receive, send):
        await Forever()

    call = around(endless)({"type": "http"}, None, None)

    async def start():
        call.send(None)

    asyncio.run(start())
    call.close()
    assert contexts.get_tags() == {}
    assert contexts._get_current_context() is None


@pytest.mark.parametrize("error", [ClientDisconnect(), WebSocketDisconnect(1001)])
def test_who_has_gone_is_known_by_the_exception(error):
    assert is_disconnect(error)
    assert is_disconnect(type("OfTheSite", (type(error),), {})())
    assert not is_disconnect(ConnectionResetError())


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there are no exception groups before Python 3.11")
def test_a_group_is_no_failure_if_each_of_its_exceptions_says_that_the_visitor_has_gone():
    group = ExceptionGroup  # noqa: F821 - not in Python 3.10
    assert is_disconnect(group("x", [ClientDisconnect(), group("y", [WebSocketDisconnect()])]))
    assert not is_disconnect(group("x", [ClientDisconnect(), ValueError()]))
