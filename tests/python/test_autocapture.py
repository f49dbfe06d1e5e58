"""Exceptions that nobody catches are captured, and the hooks that were there before are called and come back."""

import asyncio
import functools
import gc
import os
import sys
import threading
import time
from unittest import mock

import posthog
import pytest
from posthog import Posthog
from posthog.bucketed_rate_limiter import BucketedRateLimiter
from posthog.exception_capture import ExceptionCapture


@pytest.fixture
def said():
    """Return what the hooks that were there before have been told."""
    return []


@pytest.fixture(autouse=True)
def _hooks_of_the_test(said, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", lambda *raised: said.append(raised[1]))
    monkeypatch.setattr(threading, "excepthook", lambda args: said.append(args.exc_value))


class Capturing:
    """A client whose events are kept here."""

    def __init__(self, **options):
        self.events = []
        options = {"enable_exception_autocapture": True, **options}
        self.client = Posthog("phc_test", send=False, before_send=self._keep, **options)

    def _keep(self, event):
        self.events.append(event)
        return event

    def properties(self):
        return [event["properties"] for event in self.events]

    def messages(self):
        return [properties["$exception_list"][0]["value"] for properties in self.properties()]


@pytest.fixture
def capturing():
    made = []

    def make(**options):
        made.append(Capturing(**options))
        return made[-1]

    yield make
    for each in reversed(made):
        each.client.shutdown()


def raised(error):
    try:
        raise error
    except BaseException:
        return sys.exc_info()


def fail_in_a_thread(error):
    def fail():
        raise error

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def test_what_ends_the_program_is_fatal_and_the_hook_before_is_called(capturing, said):
    ours = capturing()
    sys.excepthook(*raised(ValueError("the end")))
    (properties,) = ours.properties()
    assert properties["$exception_level"] == "fatal"
    assert properties["$exception_source"] == "python.sys_excepthook"
    mechanism = properties["$exception_list"][0]["mechanism"]
    assert (mechanism["type"], mechanism["handled"]) == ("onuncaughtexception", False)
    assert [str(error) for error in said] == ["the end"]


def test_what_ends_a_thread_is_an_error_and_the_hook_before_is_called(capturing, said):
    ours = capturing()
    fail_in_a_thread(ValueError("a thread"))
    (properties,) = ours.properties()
    assert properties["$exception_level"] == "error"
    assert properties["$exception_source"] == "python.threading_excepthook"
    assert [str(error) for error in said] == ["a thread"]


def test_a_task_that_nobody_awaits_is_captured_and_the_loops_own_handler_is_called(capturing):
    ours, told = capturing(), []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context["exception"]))

        async def fail():
            raise ValueError("a task")

        task = asyncio.ensure_future(fail())
        await asyncio.wait([task])
        del task
        gc.collect()

    asyncio.run(main())
    (properties,) = ours.properties()
    assert properties["$exception_source"] == "asyncio.exception_handler"
    assert [str(error) for error in told] == ["a task"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a task tells its context since Python 3.12")
def test_a_task_that_nobody_awaits_is_captured_with_its_own_context(capturing):
    ours = capturing()

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)

        async def fail():
            with posthog.new_context(capture_exceptions=False):
                posthog.identify_context("user-7")
                raise ValueError("a task")

        async def start():
            with posthog.new_context():
                posthog.identify_context("user-7")
                return asyncio.ensure_future(fail())

        task = await start()
        await asyncio.wait([task])
        del task
        gc.collect()

    asyncio.run(main())
    assert [event["distinct_id"] for event in ours.events] == ["user-7"]


def test_a_callback_of_a_loop_that_fails_is_captured(capturing):
    ours = capturing()

    async def main():
        loop = asyncio.get_running_loop()
        failed = loop.create_future()
        loop.set_exception_handler(lambda *_: failed.set_result(None))

        def fail():
            raise ValueError("a callback")

        loop.call_soon(fail)
        await failed

    asyncio.run(main())
    assert ours.messages() == ["a callback"]


def test_a_client_that_is_shut_down_gives_everything_back(capturing):
    hooks, method = (sys.excepthook, threading.excepthook), asyncio.BaseEventLoop.call_exception_handler
    ours = capturing()
    assert (sys.excepthook, threading.excepthook) != hooks
    assert asyncio.BaseEventLoop.call_exception_handler is not method
    ours.client.shutdown()
    assert (sys.excepthook, threading.excepthook) == hooks
    assert asyncio.BaseEventLoop.call_exception_handler is method


def test_a_hook_over_ours_stays_and_ours_below_it_only_hands_on(capturing, said):
    ours = capturing()
    below = sys.excepthook
    above = []

    def over(*arguments):
        above.append(arguments[1])
        below(*arguments)

    sys.excepthook = over
    ours.client.shutdown()
    assert sys.excepthook is over
    sys.excepthook(*raised(ValueError("late")))
    assert (len(above), len(said), ours.events) == (1, 1, [])


def test_clients_may_end_in_any_order(capturing, said):
    hooks = sys.excepthook, threading.excepthook
    first, second, third = capturing(), capturing(), capturing()
    second.client.shutdown()
    sys.excepthook(*raised(ValueError("one")))
    assert [len(each.events) for each in (first, second, third)] == [0, 0, 1]  # an exception is captured once
    first.client.shutdown()
    third.client.shutdown()
    assert (sys.excepthook, threading.excepthook) == hooks
    assert len(said) == 1


def test_an_exception_that_was_captured_already_is_not_captured_again(capturing):
    ours = capturing()
    kind, error, where = raised(ValueError("once"))
    ours.client.capture_exception(error)
    sys.excepthook(kind, error, where)
    assert ours.messages() == ["once"]


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(1)])
def test_an_end_on_purpose_is_no_error(capturing, said, end):
    ours = capturing()
    sys.excepthook(*raised(end))
    assert (ours.events, said) == ([], [end])


def test_a_capture_that_fails_does_not_keep_the_hook_before_from_being_called(capturing, said, monkeypatch):
    ours = capturing()

    def fail(*_, **__):
        raise RuntimeError("no capture today")

    monkeypatch.setattr(ours.client, "capture_exception", fail)
    sys.excepthook(*raised(ValueError("the end")))
    assert [str(error) for error in said] == ["the end"]


def test_a_class_that_comes_too_often_is_limited_and_others_are_not(capturing):
    ours = capturing(
        enable_exception_autocapture_rate_limiting=True,
        exception_autocapture_bucket_size=3,
        exception_autocapture_refill_interval_seconds=86400,
    )
    for number in range(5):
        sys.excepthook(*raised(ValueError(f"value {number}")))
    sys.excepthook(*raised(KeyError("key")))
    assert ours.messages() == ["value 0", "value 1", "'key'"]


def test_the_whole_bucket_is_let_through_when_asked_for(capturing):
    ours = capturing(
        enable_exception_autocapture_rate_limiting=True,
        exception_autocapture_bucket_size=3,
        exception_autocapture_refill_interval_seconds=86400,
        exception_autocapture_full_bucket=True,
    )
    for number in range(5):
        sys.excepthook(*raised(ValueError(f"value {number}")))
    assert len(ours.events) == 3


def test_what_other_hooks_catch_may_be_handed_over(capturing):
    ours = capturing()
    assert isinstance(ours.client.exception_capture, ExceptionCapture)
    ours.client.exception_capture.exception_receiver(raised(ValueError("other")), {"distinct_id": "user-7"})
    (event,) = ours.events
    assert event["distinct_id"] == "user-7"
    assert ours.messages() == ["other"]


def test_a_client_that_does_not_ask_for_it_installs_nothing():
    hooks = sys.excepthook, threading.excepthook
    client = Posthog("phc_test", send=False)
    assert client.exception_capture is None
    assert (sys.excepthook, threading.excepthook) == hooks


def report_to_a_loop(error, kind=asyncio.SelectorEventLoop):
    loop = kind()
    loop.set_exception_handler(lambda *_: None)
    loop.call_exception_handler({"message": "failed", "exception": error})
    loop.close()


def test_a_mock_that_was_there_when_a_client_was_made_keeps_no_later_client_from_hearing(capturing):
    with mock.patch.object(asyncio.BaseEventLoop, "call_exception_handler"):
        first = capturing()
    first.client.shutdown()
    second = capturing()
    report_to_a_loop(ValueError("a loop"))
    assert (first.events, second.messages()) == ([], ["a loop"])


def test_a_wrapper_over_ours_stays_and_an_exception_is_heard_of_once(capturing):
    original = asyncio.BaseEventLoop.call_exception_handler
    first, above = capturing(), []
    ours = asyncio.BaseEventLoop.call_exception_handler

    @functools.wraps(ours)
    def over(loop, context):
        above.append(context)
        return ours(loop, context)

    asyncio.BaseEventLoop.call_exception_handler = over
    first.client.shutdown()
    second = capturing()
    report_to_a_loop(ValueError("a loop"))
    assert (len(above), first.events, second.messages()) == (1, [], ["a loop"])
    asyncio.BaseEventLoop.call_exception_handler = original


def test_hooks_that_cannot_be_taken_away_do_not_keep_a_client_from_ending(capturing, monkeypatch):
    ours = capturing()

    def fail():
        raise RuntimeError("the hooks stay")

    monkeypatch.setattr(ours.client.exception_capture, "close", fail)
    ours.client.shutdown()
    ours.client.before_send = None
    assert ours.client.capture("e", distinct_id="u") is None
    monkeypatch.undo()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_child_that_is_forked_while_the_limiter_works_captures_on(capturing):
    ours = capturing(enable_exception_autocapture_rate_limiting=True)
    limiter = ours.client.exception_capture._limiter
    with limiter._lock:
        held, forked = threading.Event(), threading.Event()

    def hold():
        with limiter._lock:
            held.set()
            forked.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if not child:
        limiter.consume_rate_limit("ValueError")
        os._exit(7)
    forked.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_an_exception_that_the_garbage_collector_finds_while_another_is_counted_is_counted_too():
    limiter = BucketedRateLimiter(10, 1, 10)

    def consume_again():
        return limiter.consume_rate_limit("found")

    limiter._clock = lambda: (setattr(limiter, "_clock", time.monotonic), consume_again(), 0.0)[-1]
    assert limiter.consume_rate_limit("ValueError") is False
