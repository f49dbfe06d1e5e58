"""What nobody catches in a real process arrives, once, and the process ends as it would without us."""

import sys

import pytest

from .environments import uvloop_packages


def failures(recorder):
    return sorted(
        (event["properties"]["$exception_list"][0]["value"], event["properties"]["$exception_source"])
        for event in recorder.accepted
        if event["event"] == "$exception"
    )


def test_an_exception_that_ends_the_program_is_delivered_before_it_is_gone(recorder, run_program):
    ended = run_program("uncaught.at_the_end", recorder.url)
    assert ended.code == 1
    assert "ValueError: the end" in ended.said
    assert failures(recorder) == [("the end", "python.sys_excepthook")]


def test_an_exception_that_ends_a_thread_is_delivered_and_the_program_goes_on(recorder, run_program):
    ended = run_program("uncaught.in_a_thread", recorder.url)
    assert ended.code == 0
    assert "ValueError: a thread" in ended.said
    assert failures(recorder) == [("a thread", "python.threading_excepthook")]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="uvloop.install is gone")
def test_exceptions_of_uvloops_loops_are_delivered_once_however_many_clients_listen(recorder, run_program):
    ended = run_program("uncaught.in_a_loop", recorder.url, uvloop_packages())
    assert ended.code == 0
    assert failures(recorder) == [
        ("a callback", "asyncio.exception_handler"),
        ("a task", "asyncio.exception_handler"),
    ]
