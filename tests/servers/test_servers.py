"""Under every server, forked in whichever way, each event arrives once, with the ids of its own request."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from ..waiting import until
from .recorder import Status
from .serving import SERVERS, Place, ids, serving

# The first run compiles uWSGI.
pytestmark = pytest.mark.timeout(600)

# No multiple of a batch: some events wait when the server is told to end.
VISITS = 230
BATCH = 100


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


def expected(visits=VISITS):
    return Counter((f"visitor {n}", f"session {n}", str(n), str(n)) for n in range(visits))


def alternately(*paths):
    return [paths[number % len(paths)] for number in range(VISITS)]


@pytest.mark.parametrize(
    "server", [name for name in SERVERS if name.startswith("gunicorn") and "impatient" not in name]
)
def test_gunicorn_delivers_every_event_with_its_own_ids_before_it_ends(recorder, place, server):
    with serving(server, place, SITE_CAPTURES_AT_IMPORT="yes") as site:
        # Django runs no async views in greenlets: all of them are one thread to asyncio.
        site.visits(alternately("/capture", *(["/acapture"] if "gevent" not in server else [])), at_once=8)
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


@pytest.mark.parametrize(
    "server", ["uvicorn", "uvicorn uvloop", "uvicorn 2 workers", "hypercorn", "hypercorn 2 workers"]
)
def test_asgi_servers_deliver_every_event_with_its_own_ids(recorder, place, server):
    with serving(server, place, SITE_CAPTURES_AT_IMPORT="yes") as site:
        site.visits(alternately("/capture", "/acapture"), at_once=8)
        until(lambda: seen(recorder) == expected(), "the events of all visits")


@pytest.mark.parametrize("server", ["uvicorn", "uvicorn uvloop"])
def test_uvicorn_delivers_what_waits_before_it_ends_by_ctrl_c(recorder, place, server):
    with serving(server, place) as site:
        site.visits(alternately("/capture", "/acapture"), at_once=8)
        site.stop(signal.SIGINT)
        assert seen(recorder) == expected(), site.said


# Once it has shut down, uvicorn lets the signal do what it does by default: Ctrl-C leaves by an exception, SIGTERM
# kills the process on the spot. With several workers each of them gets SIGTERM, whatever the signal was.
@pytest.mark.parametrize(
    ("server", "how"),
    [
        ("uvicorn", signal.SIGTERM),
        ("uvicorn uvloop", signal.SIGTERM),
        ("uvicorn 2 workers", signal.SIGINT),
        ("uvicorn 2 workers", signal.SIGTERM),
    ],
)
def test_what_waits_when_uvicorn_kills_itself_is_delivered_when_it_is_started_again(recorder, place, server, how):
    with serving(server, place) as site:
        site.visits(alternately("/capture", "/acapture"), at_once=8)
        site.stop(how)
    the_next_one_delivers(recorder, place, server, expected())


def the_next_one_delivers(recorder, place, server, events):
    """Start *server* once more: then every event is there, and none twice but those of a request that was cut off."""
    with serving(server, place, SITE_CAPTURES_AT_IMPORT="yes"):
        until(lambda: seen(recorder).keys() == events.keys(), "the events of the server that is gone")
        assert (seen(recorder) - events).total() <= BATCH


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_hypercorn_delivers_what_waits_before_it_ends(recorder, place, how):
    with serving("hypercorn", place) as site:
        site.visits(alternately("/capture", "/acapture"), at_once=8)
        site.stop(how)
        assert seen(recorder) == expected(), site.said


# Of several workers the first that has ended makes hypercorn kill the others, who may still be sending.
def test_what_waits_when_hypercorn_kills_a_worker_is_delivered_when_it_is_started_again(recorder, place):
    with serving("hypercorn 2 workers", place) as site:
        workers = []

        def both_visited():
            number = len(workers)
            workers.append(site.ask(f"/capture?visit={number}", ids(number)).headers["X-Worker"])
            return len(set(workers)) == 2

        until(both_visited, "both workers to be visited")
        # Whoever comes first is told to come later, and the other ends meanwhile.
        recorder.answers(Status(429, {"Retry-After": "2"}))
        site.stop()
    the_next_one_delivers(recorder, place, "hypercorn 2 workers", expected(len(workers)))
