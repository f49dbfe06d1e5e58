"""Parents and children each deliver their own events, each of them once."""

from __future__ import annotations

from collections import Counter

import pytest

from .recorder import Hang

CHILDREN = 20


def numbered(**counts):
    return Counter((who.replace("_", " "), number) for who, count in counts.items() for number in range(count))


def told(recorder):
    return recorder.counted("distinct_id", "number")


@pytest.mark.parametrize("fork", ["parent_and_child", "in_c"])
def test_parent_and_child_deliver_their_own_events(recorder, run_program, fork):
    ended = run_program(f"forks.{fork}", recorder.url)

    assert (ended.code, ended.said) == (0, "")
    expected = {"parent, before": 550, "child": 550, "parent, after": 550}
    assert told(recorder) == numbered(**expected)


def test_a_child_forked_while_a_thread_captures_its_first_event_captures_too(recorder, run_program):
    rounds = [0, 50, 100, 400] * 6
    for turns in rounds:
        ended = run_program("forks.at_the_first_capture", recorder.url, turns)
        assert ended.code == 0, ended.said
    expected = {"thread": 1, **{f"child {number}": 1 for number in range(5)}}
    assert told(recorder) == Counter({who: count * len(rounds) for who, count in numbered(**expected).items()})


def test_children_forked_while_others_capture_and_send_deliver(recorder, run_program):
    ended = run_program("forks.while_busy", recorder.url, CHILDREN, options={"flush_at": 3})

    assert ended.code == 0, ended.said
    children = {f"child {number}": 5 for number in range(CHILDREN)}
    assert told(recorder) == numbered(thread=int(ended.said), **children)


def test_a_child_that_shuts_the_client_down_neither_sends_nor_stops_the_parents_events(recorder, run_program):
    ended = run_program("forks.child_without_events", recorder.url)

    assert (ended.code, ended.said) == (0, "")
    assert told(recorder) == numbered(**{"parent, before": 50, "parent, after": 50})


def test_a_fork_of_a_fork_delivers(recorder, run_program):
    ended = run_program("forks.fork_of_a_fork", recorder.url)

    assert (ended.code, ended.said) == (0, "")
    generations = {f"generation {number}": 20 for number in range(4)}
    assert told(recorder) == numbered(last=20, **generations)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_deliver(recorder, run_program, method):
    ended = run_program("forks.processes", recorder.url, method)

    assert (ended.code, ended.said) == (0, "")
    children = {f"child {number}": 550 for number in range(4)}
    assert told(recorder) == numbered(parent=50, **children)


def test_workers_of_a_pool_deliver(recorder, run_program):
    ended = run_program("forks.pool", recorder.url)

    assert (ended.code, ended.said) == (0, "")
    assert told(recorder) == numbered(parent=1, **{f"task {number}": 5 for number in range(40)})


def test_a_context_opened_before_the_fork_is_not_the_childs(recorder, run_program):
    ended = run_program("forks.context", recorder.url)

    assert (ended.code, ended.said) == (0, "")
    events = {event["properties"]["by"]: event for event in recorder.accepted}
    assert len(events) == len(recorder.accepted) == 3
    assert events["parent"]["distinct_id"] == "of the parent"
    assert events["parent"]["properties"]["opened"] == "in the parent"
    assert events["child"]["distinct_id"] != "of the parent"
    assert "opened" not in events["child"]["properties"]
    assert events["child, in its own"]["distinct_id"] == "of the child"
    assert "opened" not in events["child, in its own"]["properties"]


def test_a_child_forked_during_a_request_does_not_wait_for_it(recorder, run_program):
    recorder.answers(Hang())

    ended = run_program(
        "forks.during_a_request", recorder.url, options={"flush_at": 1, "timeout": 3, "journal_dir": "off"}
    )

    assert ended.code == 0, ended.said
    assert told(recorder) == numbered(parent=1, child=5)
