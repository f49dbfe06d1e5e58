"""Requests that run at the same time never get each other's ids."""

from __future__ import annotations

from collections import Counter

import pytest

from .serving import Place, serving

AT_ONCE = 200


def seen(recorder):
    return Counter(
        (
            event["distinct_id"],
            event["properties"]["$session_id"],
            event["properties"]["$current_url"].rpartition("visit=")[2],
            event["properties"]["visit"],
            event["properties"]["moment"],
        )
        for event in recorder.accepted
    )


@pytest.mark.parametrize(
    ("server", "path"), [("uvicorn", "/ameet"), ("uvicorn uvloop", "/ameet"), ("gunicorn 200 threads", "/meet")]
)
def test_requests_that_are_all_inside_their_views_keep_their_own_ids(recorder, tmp_path, server, path):
    with serving(server, Place(recorder.url, tmp_path)) as site:
        site.visits([f"{path}?expected={AT_ONCE}"] * AT_ONCE, at_once=AT_ONCE)
        recorder.wait_for_events(2 * AT_ONCE)

    expected = [(f"visitor {n}", f"session {n}", str(n), str(n)) for n in range(AT_ONCE)]
    assert seen(recorder) == Counter((*ids, moment) for ids in expected for moment in ("before", "after"))


def test_threads_with_contexts_of_their_own_keep_their_own_ids(recorder, run_program):
    ended = run_program("threads.all_at_once", recorder.url, AT_ONCE)

    assert (ended.code, ended.said) == (0, "")
    moments = [("before", "outer"), ("inside", "inner"), ("after", "outer")]
    assert recorder.counted("distinct_id", "$session_id", "owner", "moment", "depth") == Counter(
        (f"visitor {n}", f"session {n}", n, *moment) for n in range(AT_ONCE) for moment in moments
    )
