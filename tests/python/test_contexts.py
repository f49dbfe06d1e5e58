"""Contexts nest, isolate, and reach every event."""

from __future__ import annotations

import asyncio
import threading

import posthog
import pytest
from posthog import contexts
from posthog._native import RequestContexts
from posthog.contexts import ContextScope, get_context_distinct_id, get_context_session_id, get_tags


class Owner:
    """Somebody who answers for requests."""


OWNER = Owner()


def deferred(source, argument):
    """Return a context that asks *source* about *argument*."""
    contexts = RequestContexts(lambda _owner, *asked: source(*asked), lambda *_: True, OWNER)
    return contexts.reopen(argument, True)


def test_an_event_carries_its_contexts_identity_session_and_tags(client, events):
    with posthog.new_context():
        posthog.identify_context("user-7")
        posthog.set_context_session("visit-1")
        posthog.tag("plan", "pro")
        client.capture("order placed", properties={"total": 12})
    event = events[0]
    assert event["distinct_id"] == "user-7"
    assert event["properties"]["$session_id"] == "visit-1"
    assert event["properties"]["plan"] == "pro"
    assert event["properties"]["$context_tags"] == ["plan"]


def test_a_child_inherits_and_its_own_words_win():
    with posthog.new_context():
        posthog.identify_context("outer")
        posthog.set_context_session("visit")
        posthog.tag("side", "outer")
        posthog.tag("plan", "free")
        with posthog.new_context():
            posthog.identify_context("inner")
            posthog.tag("plan", "pro")
            assert get_context_distinct_id() == "inner"
            assert get_context_session_id() == "visit"
            assert get_tags() == {"side": "outer", "plan": "pro"}
        assert get_context_distinct_id() == "outer"
        assert get_tags() == {"side": "outer", "plan": "free"}


def test_a_fresh_context_inherits_nothing():
    with posthog.new_context():
        posthog.identify_context("outer")
        posthog.tag("plan", "free")
        with posthog.new_context(fresh=True):
            assert get_context_distinct_id() is None
            assert get_tags() == {}


def test_an_empty_id_hides_the_outer_one_and_makes_the_event_personless(client, events):
    with posthog.new_context():
        posthog.identify_context("outer")
        with posthog.new_context():
            posthog.identify_context("")
            client.capture("e")
    assert events[0]["properties"]["$process_person_profile"] is False


def test_outside_of_any_context_setters_do_nothing(client, events):
    posthog.identify_context("nobody")
    posthog.set_context_session("visit")
    posthog.tag("plan", "pro")
    assert get_tags() == {}
    client.capture("e", distinct_id="u")
    assert "$context_tags" not in events[0]["properties"]
    assert "$session_id" not in events[0]["properties"]


def test_tags_are_the_very_objects_that_were_given():
    value = {"nested": [1]}
    with posthog.new_context():
        posthog.tag("value", value)
        assert get_tags()["value"] is value
        get_tags()["other"] = 1
        assert "other" not in get_tags()


def test_a_tag_is_read_when_the_event_is_captured(client, events):
    cart = []
    with posthog.new_context():
        posthog.tag("cart", cart)
        cart.append("book")
        client.capture("e")
    assert events[0]["properties"]["cart"] == ["book"]


def test_threads_start_without_a_context():
    seen = []
    with posthog.new_context():
        posthog.tag("plan", "pro")
        thread = threading.Thread(target=lambda: seen.append(get_tags()))
        thread.start()
        thread.join()
    assert seen == [{}]


def test_200_threads_never_see_each_others_context(client, events):
    barrier = threading.Barrier(20)

    def work(number):
        barrier.wait()
        for turn in range(10):
            with posthog.new_context():
                posthog.identify_context(f"user-{number}-{turn}")
                posthog.tag("number", f"{number}-{turn}")
                client.capture("e")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(events) == 200
    assert all(event["distinct_id"] == f"user-{event['properties']['number']}" for event in events)


def test_tasks_with_contexts_of_their_own_never_see_each_others(client, events):
    async def work(number):
        with posthog.new_context():
            posthog.identify_context(f"user-{number}")
            posthog.tag("number", number)
            await asyncio.sleep(0)
            client.capture("e")

    async def main():
        await asyncio.gather(*(work(number) for number in range(200)))

    asyncio.run(main())
    assert len(events) == 200
    assert all(event["distinct_id"] == f"user-{event['properties']['number']}" for event in events)


def test_scoped_gives_functions_and_coroutines_a_context_of_their_own():
    @posthog.scoped()
    def job(number):
        """Do it."""
        posthog.tag("number", number)
        return get_tags()

    @posthog.scoped(fresh=True)
    async def async_job():
        return get_tags()

    assert job(1) == {"number": 1}
    assert job.__doc__ == "Do it."
    with posthog.new_context():
        posthog.tag("outer", True)
        assert asyncio.run(async_job()) == {}
    assert get_tags() == {}


def test_an_exception_that_leaves_the_context_is_captured_once_and_goes_on(client, events):
    with pytest.raises(ZeroDivisionError), client.new_context(capture_exceptions=True):
        posthog.tag("outer", "yes")
        with client.new_context(capture_exceptions=True):
            posthog.tag("inner", "yes")
            1 / 0  # noqa: B018
    assert [event["event"] for event in events] == ["$exception"]
    assert events[0]["properties"]["inner"] == "yes"


def test_capture_exceptions_follows_the_client_unless_it_is_said(client, events):
    for autocapture, said, expected in [(False, None, 0), (True, None, 1), (True, False, 0), (False, True, 1)]:
        events.clear()
        client.enable_exception_autocapture = autocapture
        with pytest.raises(ValueError, match="x"), client.new_context(capture_exceptions=said):
            raise ValueError("x")
        assert len(events) == expected, (autocapture, said)


def test_the_end_of_a_program_is_no_exception_to_capture(client, events):
    for ending in (KeyboardInterrupt, SystemExit, asyncio.CancelledError):
        with pytest.raises(ending), client.new_context(capture_exceptions=True):
            raise ending
    assert events == []


def test_a_deferred_context_is_asked_once_at_the_first_read(client, events):
    asked = []

    def source(argument, scope):
        asked.append(argument)
        assert scope.get_distinct_id() is None
        scope.fill("late", "visit", {"plan": "late", "side": "server"})

    scope = deferred(source, "request")
    token = contexts._current.set(scope)
    try:
        posthog.tag("plan", "the view's")
        assert asked == []
        client.capture("e")
        client.capture("e")
    finally:
        contexts._current.reset(token)
    assert asked == ["request"]
    assert events[0]["distinct_id"] == "late"
    assert events[0]["properties"]["plan"] == "the view's"
    assert events[0]["properties"]["side"] == "server"


def test_a_source_that_fails_costs_what_it_would_have_said(client, events, caplog):
    def source(_argument, scope):
        scope.fill(None, None, {"early": 1})
        raise RuntimeError("no database")

    token = contexts._current.set(deferred(source, None))
    try:
        assert client.capture("e", distinct_id="u")
    finally:
        contexts._current.reset(token)
    assert events[0]["properties"]["early"] == 1
    assert "no database" in caplog.text


def test_a_closed_context_leaves_no_trace_on_events(client, events):
    with posthog.new_context():
        posthog.tag("outer", 1)
        scope = ContextScope(contexts._get_current_context())
        scope.close()
        token = contexts._current.set(scope)
        posthog.tag("inner", 1)
        client.capture("e", distinct_id="u")
        contexts._current.reset(token)
    assert {"outer", "inner", "$context_tags"}.isdisjoint(events[0]["properties"])


def test_a_context_and_its_source_are_collected_when_they_form_a_cycle():
    import gc  # noqa: PLC0415
    import weakref  # noqa: PLC0415

    class Request:
        pass

    request = Request()
    request.scope = deferred(lambda *_: None, request)
    gone = weakref.ref(request)
    del request
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("read", [get_tags, get_context_distinct_id, lambda: posthog.capture("e")])
def test_what_a_source_raises_at_the_thread_reaches_the_thread(read, module):
    module.default_client = posthog.Posthog("k", send=False)

    def source(_argument, _scope):
        raise KeyboardInterrupt

    token = contexts._current.set(deferred(source, None))
    try:
        with pytest.raises(KeyboardInterrupt):
            read()
    finally:
        contexts._current.reset(token)


def test_a_chain_of_contexts_of_any_length_can_be_let_go():
    scope = None
    for _ in range(200_000):
        scope = contexts.ContextScope(scope)
    assert scope.get_parent().get_parent() is not None
    del scope
