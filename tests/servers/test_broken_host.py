"""A site whose events go nowhere answers its visitors, ends when it is told to, and loses none of them."""

from __future__ import annotations

import signal

import pytest
from posthog import journal

from .recorder import Hang
from .serving import Place, serving

VISITS = 230


@pytest.fixture(params=["refuses connections", "never answers a connection", "never answers a request"])
def broken_host(request, recorder, dead_server, black_hole):
    if request.param == "refuses connections":
        return dead_server
    if request.param == "never answers a connection":
        return black_hole
    recorder.answers(then=Hang())
    return recorder.url


@pytest.mark.parametrize(
    ("server", "how"),
    [
        ("gunicorn", signal.SIGTERM),
        ("gunicorn gthread", signal.SIGTERM),
        ("uvicorn", signal.SIGTERM),
        ("uvicorn", signal.SIGINT),
    ],
)
def test_a_site_answers_and_ends_when_its_events_go_nowhere(tmp_path, broken_host, server, how):
    with serving(server, Place(broken_host, tmp_path)) as site:
        site.visits(["/capture", "/acapture"] * (VISITS // 2), at_once=8)
        site.stop(how)
    left = journal.survey(str(tmp_path / "journal")).journals
    assert sum(process.events for process in left) == VISITS
    assert not any(process.lives for process in left)
