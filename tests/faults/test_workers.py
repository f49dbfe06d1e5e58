"""A server that kills its workers: the events of the requests that hung arrive."""

from __future__ import annotations

import contextlib
import http.client

import pytest

from ..servers.serving import Place, ids, serving
from ..waiting import until


@pytest.mark.parametrize("hang", ["in Python", "in_c"])
def test_what_a_worker_has_captured_that_gunicorn_kills_arrives(recorder, tmp_path, journal, hang):
    """Row 33."""
    with serving("gunicorn impatient", Place(recorder.url, tmp_path), POSTHOG_JOURNAL=str(journal)) as site:
        path = f"/hang?visit=hung{'&in_c' if hang == 'in_c' else ''}"
        with contextlib.suppress(http.client.HTTPException, OSError):
            # One whose user is not known yet would wait in its request, and die with it.
            site.ask(path, ids(1))
        until(lambda: "WORKER TIMEOUT" in site.said, "gunicorn to kill the worker")

        def has_arrived():
            site.ask("/capture?visit=next")
            return recorder.counted("visit")["hung",] == 1

        until(has_arrived, "the event of the request that hung", 60)
        site.stop()
        assert recorder.counted("visit")["hung",] == 1
