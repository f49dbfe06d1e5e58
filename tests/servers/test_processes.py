"""Requests and programs in processes that fork, end or become cooperative at an unusual moment."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from ..waiting import until
from .environments import gevent_packages
from .serving import Place, serving

GREENLETS = 50
VISITS = 60


@pytest.mark.parametrize("end", ["exit", "leave"])
def test_a_child_forked_by_a_view_has_nothing_of_the_request_and_the_parent_all(recorder, run_program, end):
    ended = run_program("visits.fork_known", recorder.url, end)

    assert (ended.code, ended.said) == (0, "0\n")
    events = {event["properties"]["by"]: event for event in recorder.accepted}
    assert len(events) == len(recorder.accepted) == 3
    for moment in ("parent, before", "parent, after"):
        assert events[moment]["distinct_id"] == "ann"
        assert events[moment]["properties"]["$request_path"] == f"/fork-and-{end}/"
    assert events["child"]["distinct_id"] != "ann"
    assert "$request_path" not in events["child"]["properties"]


@pytest.mark.parametrize("end", ["exit", "leave"])
def test_events_that_wait_in_a_request_that_forks_are_the_parents_alone(recorder, run_program, end):
    ended = run_program("visits.fork_unknown", recorder.url, end)

    assert (ended.code, ended.said) == (0, "0\n")
    assert recorder.counted("by") == {("parent, before",): 1, ("parent, after",): 1, ("child",): 1}
    ids = {event["properties"]["by"]: event["distinct_id"] for event in recorder.accepted}
    assert ids["parent, before"] == ids["parent, after"] != ids["child"]


def test_a_thread_that_outlives_the_request_it_was_handed_keeps_its_context(recorder, run_program):
    ended = run_program("visits.thread_goes_on", recorder.url)

    assert (ended.code, ended.said) == (0, "answered\n")
    assert recorder.counted("by", "distinct_id", "$request_path") == {
        ("view", "ann", "/hand-on/"): 1,
        ("late", "ann", "/hand-on/"): 1,
    }


def test_a_program_that_ends_without_handlers_ends_at_once_and_has_sent_what_it_flushed(recorder, run_program):
    ended = run_program("ends.at_once", recorder.url)

    assert (ended.code, ended.said) == (7, "")
    assert recorder.counted("distinct_id")["flushed",] == 250


@pytest.mark.parametrize("how", ["flush", "shutdown", "join"])
def test_who_waits_for_events_in_a_greenlet_lets_the_others_run(recorder, run_program, how):
    ended = run_program("greenlets.that_serve_themselves", recorder.url, gevent_packages(), how)
    assert (ended.code, ended.said) == (0, "1 1\n")


def test_a_program_that_becomes_cooperative_late_delivers_the_events_of_its_greenlets(recorder, run_program):
    ended = run_program("greenlets.patched_late", recorder.url, gevent_packages())

    assert (ended.code, ended.said) == (0, "")
    moments = {(f"greenlet {number}", moment): 1 for number in range(GREENLETS) for moment in ("first", "second")}
    assert recorder.counted("distinct_id", "moment") == {("before", None): 5, **moments}


def seen(recorder):
    return Counter(
        (event["distinct_id"], event["properties"]["visit"]) for event in recorder.accepted if event["event"] == "seen"
    )


@pytest.mark.parametrize("server", ["gunicorn", "gunicorn gthread", "gunicorn preload"])
def test_a_server_that_reloads_while_events_wait_loses_none(recorder, tmp_path, server):
    with serving(server, Place(recorder.url, tmp_path)) as site:
        site.visits(["/capture"] * VISITS, at_once=4)
        site.process.send_signal(signal.SIGHUP)
        until(lambda: site.said.count("Booting worker") >= 4, "the workers to be replaced")
        site.visits(["/capture"] * VISITS, at_once=4)
        site.stop()
        assert seen(recorder) == {(f"visitor {n}", str(n)): 2 for n in range(VISITS)}, site.said
