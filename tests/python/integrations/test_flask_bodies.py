"""The body of a Flask answer is made in the context of its request, which ends with it."""

from __future__ import annotations

import io

import posthog
import pytest
from posthog import contexts
from posthog.integrations._streaming import Parts
from werkzeug.test import EnvironBuilder

from .flask_site import application


@pytest.fixture
def ask(sent):
    """Return a function that makes a request as a server does, and returns the body of the answer."""

    def ask(path, **environment):
        environ = EnvironBuilder(path, headers=sent).get_environ()
        return application(capture_exceptions=True)(environ | environment, lambda *_answer: None)

    return ask


@pytest.mark.parametrize("path", ["/streaming", "/streaming_with_context"])
def test_generators_have_the_context(events, ask, path):
    body = ask(path)
    assert b"".join(body) == b"xy"
    body.close()
    route = {"$request_route": path, "$session_id": "visit-1"}
    events.assert_event("part", distinct_id="user-7", properties=route)


def test_between_the_parts_the_context_is_the_servers(events, ask):
    body = ask("/streaming")
    with posthog.new_context():
        posthog.tag("server", 1)
        for _part in body:
            assert contexts.get_tags() == {"server": 1}
    assert "server" not in events[0]["properties"]
    body.close()


def test_a_context_that_the_body_opens_lasts_beyond_a_part_and_stays_inside(events, ask):
    body = ask("/streaming_in_a_context")
    next(body)
    assert contexts.get_tags() == {}
    next(body)
    events.assert_event("part", distinct_id="user-7", properties={"inner": 1})
    body.close()
    assert contexts.get_tags() == {}


def test_two_bodies_taken_in_turns_keep_their_own_contexts(events, ask, sent):
    first = ask("/streaming")
    sent["X-POSTHOG-DISTINCT-ID"] = "user-8"
    second = ask("/streaming")
    for first_part, second_part in zip(first, second, strict=True):
        assert first_part == second_part
    assert [event["distinct_id"] for event in events] == ["user-7", "user-8"]
    first.close()
    second.close()


def test_what_a_body_raises_is_reported_with_the_context(events, ask):
    body = ask("/streaming_failure")
    next(body)
    with pytest.raises(ZeroDivisionError):
        next(body)
    body.close()
    events.assert_event("$exception", distinct_id="user-7", properties={"$exception_source": "flask.wsgi_app"})
    assert len(events.exceptions) == 1


def test_a_body_that_the_visitor_abandons_is_closed_in_the_context(events, ask):
    body = ask("/endless")
    next(body)
    body.close()
    assert [(event["event"], event["distinct_id"]) for event in events] == [
        ("closed", "user-7"),
        ("answer closed", "user-7"),
    ]
    assert contexts.get_tags() == {}


def test_a_body_that_is_never_taken_leaves_no_context_behind(events, ask):
    body = ask("/endless")
    assert contexts._get_current_context() is None
    body.close()


@pytest.mark.parametrize("server", ["has a class", "has a function"])
def test_a_file_is_left_to_the_server(ask, server):
    class FileWrapper:
        def __init__(self, file, size):
            self.file = file

    wrapper = FileWrapper if server == "has a class" else lambda file, size: file
    body = ask("/file", **{"wsgi.file_wrapper": wrapper})
    assert isinstance(body, FileWrapper if server == "has a class" else io.BytesIO)
    assert isinstance(ask("/silent", **{"wsgi.file_wrapper": wrapper}), Parts)
