"""Under every server, forked in whichever way, each event arrives once, with the ids of its own request."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from ..waiting import until
from .serving import SERVERS, Place, serving

# The first run compiles uWSGI.
pytestmark = pytest.mark.timeout(600)

# No multiple of a batch: some events wait when the server is told to end.
VISITS = 230


@pytest.fixture
def place(recorder, tmp_path):
    return Place(recorder.url, tmp_path)


def seen(recorder):
    """Return who was seen, by all the marks that the event of a visit has."""
    return Counter(
        (
            event["distinct_id"],
            event["properties"]["$session_id"],
            event["properties"]["visit"],
            event["properties"]["$current_url"].partition("visit=")[2],
        )
        for event in recorder.accepted
        if event["event"] == "seen"
    )


def expected():
    return Counter((f"visitor {n}", f"session {n}", str(n), str(n)) for n in range(VISITS))


def alternately(*paths):
    return [paths[number % len(paths)] for number in range(VISITS)]


@pytest.mark.parametrize("server", [name for name in SERVERS if name.startswith("gunicorn")])
def test_gunicorn_delivers_every_event_with_its_own_ids_before_it_ends(recorder, place, server):
    with serving(server, place, SITE_CAPTURES_AT_IMPORT="yes") as site:
        site.visits(alternately("/capture"), at_once=8)
        site.stop()
        assert seen(recorder) == expected(), site.said


@pytest.mark.parametrize("server", ["uwsgi", "uwsgi with threads"])
def test_uwsgi_delivers_every_event_though_the_client_was_made_before_the_fork(recorder, place, server):
    with serving(server, place, SITE_CAPTURES_AT_IMPORT="yes") as site:
        assert ("threads support is disabled" in site.said) == (server == "uwsgi")
        site.visits(alternately("/capture"), at_once=8)
        # Not by stopping it: uWSGI runs no atexit handlers in a worker that has not quite finished a request.
        until(lambda: seen(recorder) == expected(), "the events of all visits")
        assert recorder.counted("event")["imported",] == 1


@pytest.mark.parametrize("server", ["uvicorn", "uvicorn 2 workers", "uvicorn uvloop"])
def test_uvicorn_delivers_every_event_with_its_own_ids(recorder, place, server):
    with serving(server, place, SITE_CAPTURES_AT_IMPORT="yes") as site:
        site.visits(alternately("/capture", "/acapture"), at_once=8)
        until(lambda: seen(recorder) == expected(), "the events of all visits")


# Once it has shut down, uvicorn lets the signal do what it does by default: Ctrl-C leaves by an exception, SIGTERM
# kills the process on the spot.
@pytest.mark.parametrize(
    "how",
    [
        signal.SIGINT,
        pytest.param(
            signal.SIGTERM,
            marks=pytest.mark.xfail(strict=True, reason="what waits in memory dies: this needs the journal"),
        ),
    ],
)
def test_uvicorn_delivers_what_waits_before_it_ends(recorder, place, how):
    with serving("uvicorn", place) as site:
        site.visits(alternately("/capture", "/acapture"), at_once=8)
        site.stop(how)
        assert seen(recorder) == expected(), site.said
