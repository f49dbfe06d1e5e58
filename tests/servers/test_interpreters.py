"""Several interpreters in one process, as mod_wsgi has them."""

from __future__ import annotations

import sys

import pytest


def test_interpreters_that_share_their_lock_deliver_each_its_own_events(recorder, run_program):
    ended = run_program("interpreters.side_by_side", recorder.url)

    assert (ended.code, ended.said) == (0, "")
    assert recorder.counted("distinct_id", "interpreter") == {
        ("main, before", None): 5,
        ("main, between", None): 20,
        ("one", "one"): 10,
        ("two", "two"): 10,
    }


def test_an_interpreter_that_ends_takes_nobody_elses_events_with_it(recorder, run_program):
    ended = run_program("interpreters.outlived", recorder.url)

    assert (ended.code, ended.said) == (0, "")
    assert recorder.counted("distinct_id") == {("main, before",): 5, ("other",): 5, ("main, after",): 5}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="interpreters have locks of their own since Python 3.12")
def test_an_interpreter_with_a_lock_of_its_own_cannot_import_and_says_so(recorder, run_program):
    ended = run_program("interpreters.isolated", recorder.url)

    assert (ended.code, ended.said) == (0, "module posthog._native does not support loading in subinterpreters\n")
    assert recorder.counted("distinct_id") == {("main",): 5}
