"""Captures while the interpreter ends: it ends in time and in order, whoever captures."""

from __future__ import annotations

from ..waiting import until
from .events import arrived

GENEROUS = 15


def test_objects_that_capture_when_they_are_freed_at_the_end_break_nothing(recorder, start):
    """Row 46."""
    with start("lives.by_finalizers") as program:
        lines = program.ends(seconds=GENEROUS)
    assert lines == program.ids
    assert arrived(recorder).keys() >= set(program.ids)


def test_threads_and_exit_handlers_that_capture_at_the_end_lose_nothing(recorder, start):
    """Row 46."""
    with start("lives.by_threads_of_all_kinds") as program:
        program.ends(seconds=GENEROUS)
    assert "Traceback" not in program.said
    with start("lives.stays"):
        until(lambda: arrived(recorder).keys() >= set(program.ids), "every event")
    assert recorder.counted("distinct_id")["thread",] == 1
    assert recorder.counted("distinct_id")["at exit",] == 1
