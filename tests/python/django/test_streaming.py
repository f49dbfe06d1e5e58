"""Bodies that are made while they are sent."""

import asyncio
from wsgiref.util import FileWrapper

import posthog
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory, override_settings
from posthog import contexts
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.served import served
from site_under_test.visitors import BARE, OURS, ask, log_in

GZIP = "django.middleware.gzip.GZipMiddleware"
CONDITIONAL = "django.middleware.http.ConditionalGetMiddleware"
WHO = {"x-posthog-distinct-id": "ann", "x-posthog-session-id": "visit"}


def streaming(parts, path="/"):
    """Return the response of a site that answers with *parts*, through the middleware."""
    middleware = PosthogContextMiddleware(lambda _request: StreamingHttpResponse(parts))
    return middleware(RequestFactory().get(path, HTTP_X_POSTHOG_DISTINCT_ID=path))


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("path", ["/stream/", "/astream/"])
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_events_of_the_body_have_the_context_of_the_request(events, path, is_async):
    response = ask(path, is_async=is_async, headers=WHO)
    if is_async:

        async def body():
            return b"".join([part async for part in response])

        content = asyncio.run(body())
    else:
        content = b"".join(response)
    assert content == b"one,two"
    for name in ("seen", "seen again"):
        assert events.one(name)["distinct_id"] == "ann"
        assert events.properties(name)["$session_id"] == "visit"
        assert events.properties(name)["$request_path"] == path
    assert contexts.get_tags() == {}


@pytest.mark.parametrize("middleware", [[GZIP, CONDITIONAL, *BARE, OURS], [*BARE, OURS, CONDITIONAL, GZIP]])
def test_other_middleware_may_wrap_the_body(events, middleware):
    with override_settings(MIDDLEWARE=middleware):
        response = ask("/stream/", headers={**WHO, "accept-encoding": "gzip"})
        assert b"".join(response)
    assert events.one()["distinct_id"] == "ann"


def test_the_user_is_found_from_within_the_body(events, user):
    b"".join(ask("/stream/", log_in(user)))
    assert events.one()["distinct_id"] == str(user.pk)


@pytest.mark.parametrize("path", ["/stream/", "/astream/"])
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_under_asgi_too_though_the_event_loop_is_not_blocked(events, user, path):
    asyncio.run(served(ASGIHandler(), path, cookie=log_in(user)))
    assert {event["distinct_id"] for event in events} == {str(user.pk)}
    assert len(events) == (3 if path == "/stream/" else 2)


def test_a_body_of_a_stranger_is_one_strangers(events):
    asyncio.run(served(ASGIHandler(), "/astream/"))
    first, second = events
    assert first["distinct_id"] == second["distinct_id"]


def test_nothing_is_made_before_it_is_asked_for(events):
    made = []

    def parts():
        for number in range(3):
            made.append(number)
            yield str(number)

    response = streaming(parts())
    assert made == []
    body = iter(response)
    assert next(body) == b"0"
    assert made == [0]


def test_two_streams_on_one_thread_do_not_mix(events):
    def parts():
        for _ in range(3):
            posthog.capture("part")
            yield "x"

    bodies = [iter(streaming(parts(), path)) for path in ("/a", "/b")]
    for _ in range(3):
        for body in bodies:
            next(body)
            assert contexts.get_context_distinct_id() is None
    assert [event["distinct_id"] for event in events] == ["/a", "/b"] * 3


def test_closing_early_runs_the_end_of_the_body_in_its_context(events):
    response = ask("/stream/", headers=WHO)
    next(iter(response.streaming_content))
    response.close()
    assert events.one("closed")["distinct_id"] == "ann"


def test_a_body_that_was_never_started_may_be_closed(events):
    ask("/stream/", headers=WHO).close()
    assert not events


def test_closing_is_forwarded_once():
    closed = []

    class Parts:
        def __iter__(self):
            return iter(["x"])

        def close(self):
            closed.append(self)

    streaming(Parts()).close()
    assert len(closed) == 1


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_an_exception_in_the_body_is_reported_once_and_raised_unchanged(events, is_async):
    response = ask("/astream_fails/" if is_async else "/stream_fails/", is_async=is_async, headers=WHO)

    async def body():
        return [part async for part in response]

    with pytest.raises(ValueError, match="half way"):
        asyncio.run(body()) if is_async else list(response)
    assert events.exceptions == [("ValueError", "half way")]
    assert events.one("$exception")["distinct_id"] == "ann"
    assert events.mechanisms[0]["handled"] is False


@pytest.mark.parametrize("error", [GeneratorExit, SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_an_end_that_comes_from_outside_is_no_failure(events, error):
    def parts():
        yield "x"
        raise error

    with pytest.raises(error):
        list(streaming(parts()))
    assert not events


def test_a_cancelled_async_body_is_no_failure_and_leaves_no_context(events):
    async def visit():
        async def parts():
            yield "x"
            await asyncio.Event().wait()

        async def get_response(_request):
            return StreamingHttpResponse(parts())

        response = await PosthogContextMiddleware(get_response)(RequestFactory().get("/"))
        body = aiter(response)
        await anext(body)
        waiting = asyncio.ensure_future(anext(body))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert contexts.get_tags() == {}

    asyncio.run(visit())
    assert not events


def test_a_body_may_be_exhausted_twice(events):
    response = ask("/stream/")
    assert list(response) == [b"one,", b"two"]
    assert list(response) == []


def test_a_filtered_stream_has_no_context(events):
    with override_settings(POSTHOG_MW_REQUEST_FILTER=lambda _: False):
        list(ask("/stream/", headers=WHO))
        with pytest.raises(ValueError, match="half way"):
            list(ask("/stream_fails/", headers=WHO))
    assert events.one()["distinct_id"] != "ann"
    assert not events.exceptions


def test_a_file_keeps_the_fast_path_of_its_server(events):
    environ = RequestFactory().get("/download/").environ | {"wsgi.file_wrapper": FileWrapper}
    body = WSGIHandler()(environ, lambda *_arguments: None)
    assert isinstance(body, FileWrapper)
    body.close()


def test_a_response_that_only_looks_like_a_stream_is_left_alone():
    response = HttpResponse("x")
    response.streaming = True
    assert PosthogContextMiddleware(lambda _request: response)(RequestFactory().get("/")) is response
