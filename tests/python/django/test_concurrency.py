"""No event ever carries the ids of another request."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.request import Request, urlopen
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import Client, override_settings
from site_under_test.asgi import Visit
from site_under_test.visitors import BARE, OURS

VISITORS = 1000
SYNC, ASYNC = "site_under_test.middleware.sync_only", "site_under_test.middleware.async_only"


def who(event):
    return event["distinct_id"], event["properties"]["$session_id"], event["properties"]["$current_url"]


def test_1000_visits_on_20_threads_keep_their_ids_apart(events):
    meeting = threading.Barrier(20)

    def visit(number):
        meeting.wait(60)
        Client().get(f"/capture_thrice/?{number}", headers=browser(number))
        connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(visit, range(VISITORS)))
    expected = {(f"who-{n}", f"visit-{n}", f"http://testserver/capture_thrice/?{n}") for n in range(VISITORS)}
    assert {who(event) for event in events} == expected
    assert len(events) == 3 * VISITORS


def browser(number):
    return {"x-posthog-distinct-id": f"who-{number}", "x-posthog-session-id": f"visit-{number}"}


class Meeting:
    """Lets nobody go on before all have come."""

    def __init__(self, expected):
        self._missing = expected
        self._complete = asyncio.Event()

    async def wait(self):
        self._missing -= 1
        if self._missing == 0:
            self._complete.set()
        await asyncio.wait_for(self._complete.wait(), 60)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_1000_requests_at_once_on_one_event_loop_keep_their_ids_apart(events):
    async def visit_all():
        handler = ASGIHandler()
        meeting = Meeting(VISITORS)
        return await asyncio.gather(
            *(
                Visit(f"/meet_then_capture/?who=who-{number}", browser(number), meeting=meeting).answer(handler)
                for number in range(VISITORS)
            )
        )

    assert asyncio.run(visit_all()) == [(200, b"met")] * VISITORS
    assert len(events) == 2 * VISITORS
    for event in events:
        assert event["distinct_id"] == event["properties"]["expected"]
        assert event["properties"]["$session_id"] == event["distinct_id"].replace("who", "visit")
        assert event["properties"]["$current_url"].endswith(event["distinct_id"])


CHAINS = {
    "alone": [*BARE, OURS],
    "sync inside": [*BARE, OURS, SYNC],
    "sync outside": [SYNC, *BARE, OURS],
    "sync both": [SYNC, *BARE, OURS, SYNC],
    "async inside": [*BARE, OURS, ASYNC],
    "async outside": [ASYNC, *BARE, OURS],
    "mixed": [SYNC, ASYNC, *BARE, OURS, ASYNC, SYNC],
}


@pytest.mark.parametrize("server", ["wsgi", "asgi"])
@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize(
    ("path", "event"),
    [
        ("/capture/", "seen"),
        ("/acapture/", "seen"),
        ("/stream/", "seen"),
        ("/fail/value/", "$exception"),
        ("/afail/value/", "$exception"),
    ],
)
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_every_mix_of_sync_and_async_keeps_the_context(events, server, chain, path, event):
    with override_settings(MIDDLEWARE=CHAINS[chain]):
        if server == "asgi":
            asyncio.run(answer_of(path, browser(1)))
        else:
            with wsgi_server() as address:
                visit(address + path, browser(1))
    assert len(events.named(event)) == 1
    assert who(events.one(event))[:2] == ("who-1", "visit-1")


async def answer_of(path, headers):
    return await Visit(path, headers).answer(ASGIHandler())


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments):
        """Say nothing."""


@contextmanager
def wsgi_server():
    """Serve the site for real on a free port."""
    with make_server("127.0.0.1", 0, WSGIHandler(), handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(60)


def visit(url, headers):
    try:
        with urlopen(Request(url, headers=headers), timeout=60) as response:  # noqa: S310 - our own server
            return response.read()
    except OSError as error:  # a status of 500 is raised
        with error:
            return error.read()
