"""Forks of every kind, with a journal: parents and children deliver their own events, each of them once."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from ..servers.recorder import Status
from ..soak import scaled
from ..waiting import until
from .events import arrived


@pytest.mark.parametrize(
    ("fork", "arguments", "counts"),
    [
        ("parent_and_child", (), {"parent, before": 550, "child": 550, "parent, after": 550}),
        ("in_c", (), {"parent, before": 550, "child": 550, "parent, after": 550}),
        ("fork_of_a_fork", (), {f"generation {number}": 20 for number in range(4)} | {"last": 20}),
        *(
            ("processes", (method,), {"parent": 50} | {f"child {number}": 550 for number in range(4)})
            for method in ("fork", "spawn", "forkserver")
        ),
        ("pool", (), {"parent": 1} | {f"task {number}": 5 for number in range(40)}),
    ],
)
def test_parents_and_children_with_a_journal_deliver_their_own_events_once(recorder, start, fork, arguments, counts):
    """Row 31."""
    with start(f"forks.{fork}", *arguments) as program:
        assert [line for line in program.ends(seconds=60) if "the disk is slow" not in line] == []
    expected = {(who, number): 1 for who, count in counts.items() for number in range(count)}
    until(lambda: recorder.counted("distinct_id", "number") == expected, "each event once")


def test_children_with_a_journal_forked_while_others_capture_and_send_deliver(recorder, start):
    """Row 31: whatever locks are held at that moment."""
    children = scaled(40, 400)
    with start("forks.while_busy", children, flush_at=3) as program:
        program.ends(seconds=scaled(60, 600))
    (captured,) = (int(line) for line in program.lines if line.isdigit())
    of_children = {(f"child {child}", number): 1 for child in range(children) for number in range(5)}
    expected = of_children | {("thread", number): 1 for number in range(captured)}
    assert recorder.counted("distinct_id", "number") == expected


def test_a_storm_of_forks_delivers_the_events_of_every_generation(recorder, start):
    """Row 31."""
    depth = 100
    with start("lives.storm", depth) as program:
        program.ends(seconds=60)
    expected = {(f"generation {generation}", number): 1 for generation in range(depth) for number in range(2)}
    assert recorder.counted("distinct_id", "number") == expected | {("last", 0): 1}


def test_a_child_made_by_the_bare_system_call_delivers_its_events_and_not_its_parents(recorder, start):
    """Row 31."""
    with start("lives.clones") as program:
        program.ends()
    assert len(program.ids) == 300
    assert arrived(recorder) == Counter(program.ids)


def test_another_program_that_outlives_its_parent_does_not_keep_the_parents_events(recorder, start):
    """Row 31: vfork and exec, as `subprocess` does."""
    recorder.answers(then=Status(503))
    with start("lives.executes") as program:
        program.ends(-signal.SIGKILL)
        recorder.answers()
        with start("lives.stays"):
            until(lambda: arrived(recorder).keys() >= set(program.ids), "the parent's events")
