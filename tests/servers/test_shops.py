"""Applications on ASGI and Flask under real servers: contexts end with their requests, also where visitors go away."""

from __future__ import annotations

import contextlib
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from ..waiting import DEADLINE, until
from .serving import SERVERS, SITE, Place, ids, serving

ASGI = "asgi shop on uvicorn"
FLASK = [name for name in SERVERS if name.startswith("flask shop")]
# The first run installs gevent.
pytestmark = pytest.mark.timeout(300)

VISITS = 100
LEFT = {"began", "ended"}


@pytest.fixture
def shop(recorder, tmp_path):
    """Return what runs a shop."""
    return lambda server: serving(server, Place(recorder.url, tmp_path))


def go_away(site, method="GET", path="/endless", body=b"", **headers):
    """Make a request of visitor 7, read the begin of an answer if there is one, and break off."""
    where = urlsplit(site.url)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {where.netloc}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in {**ids(7), **headers}.items()]
    with socket.create_connection((where.hostname, where.port), timeout=DEADLINE) as visitor:
        visitor.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        if method == "GET":
            assert visitor.recv(5_000)


def is_visitor(event, number):
    return (event["distinct_id"], event["properties"]["$session_id"]) == (f"visitor {number}", f"session {number}")


@pytest.mark.parametrize("server", [ASGI, *FLASK])
def test_every_event_is_delivered_with_its_own_ids(recorder, shop, server):
    second = "mail sent" if server == ASGI else "body seen"
    with shop(server) as site:
        site.visits(["/seen"] * VISITS, at_once=8)
        until(lambda: len(recorder.accepted) == 2 * VISITS, "the events of all visits")
    for name in ("seen", second):
        assert recorder.counted("event", "distinct_id", "$session_id") >= Counter(
            {(name, f"visitor {number}", f"session {number}"): 1 for number in range(VISITS)}
        )
    for event in recorder.accepted:
        assert event["properties"]["$request_path"] == "/seen"
        assert event["properties"]["$ip"] == "127.0.0.1"


@pytest.mark.parametrize("server", [ASGI, *FLASK])
def test_a_visitor_who_leaves_a_stream_ends_it_in_the_context_and_is_no_failure(recorder, shop, server):
    with shop(server) as site:
        go_away(site)
        until(lambda: {event["event"] for event in recorder.accepted} >= LEFT, "the stream to end")
        # The next visitor on the same thread is nobody.
        site.ask("/seen")
        until(lambda: len(recorder.accepted) == 4, "the events of the next visitor")
    for event in recorder.accepted:
        if event["event"] in LEFT:
            assert is_visitor(event, 7)
        else:
            assert event["event"] in {"seen", "body seen", "mail sent"}
            assert event["properties"]["$process_person_profile"] is False


@pytest.mark.parametrize("server", [ASGI, *FLASK])
def test_a_failure_is_reported_once_as_the_visitors(recorder, shop, server):
    with shop(server) as site:
        assert site.ask("/failing", ids(7)).status == 500
        site.ask("/seen")
        until(lambda: len(recorder.accepted) == 3, "the events")
    (failure,) = [event for event in recorder.accepted if event["event"] == "$exception"]
    assert is_visitor(failure, 7)


@pytest.mark.parametrize("server", FLASK)
def test_a_file_is_sent(recorder, shop, server):
    with shop(server) as site:
        assert site.ask("/file").text == (SITE / "flask_shop.py").read_text()


def test_a_visitor_who_breaks_off_an_upload_is_no_failure(recorder, shop):
    with shop(ASGI) as site:
        go_away(site, "POST", "/upload", b"part of it", Content_Length="1000000")
        until(lambda: recorder.accepted, "the upload to begin")
        until(lambda: "ClientDisconnect" in site.said, "the application to fail of it")
        site.ask("/failing", ids(8))
        until(lambda: len(recorder.accepted) == 2, "the next failure")
    assert recorder.counted("event", "distinct_id") == {("began", "visitor 7"): 1, ("$exception", "visitor 8"): 1}


def test_websockets_that_are_open_at_the_same_time_keep_their_own_ids_and_end_without_failures(recorder, shop):
    with shop(ASGI) as site, contextlib.ExitStack() as open_ones:

        def join(number):
            return connect(site.url.replace("http", "ws", 1) + "/chat", additional_headers=ids(number))

        with ThreadPoolExecutor(8) as visitors:
            chats = [open_ones.enter_context(chat) for chat in visitors.map(join, range(20))]
        for word in ("hello", "bye"):
            for number, chat in enumerate(chats):
                chat.send(f"{word} {number}")
                assert chat.recv(timeout=DEADLINE) == "ok"
        for number, chat in enumerate(chats):
            # One half says goodbye, the other half's connections break.
            chat.close() if number % 2 else chat.socket.shutdown(socket.SHUT_RDWR)
        until(lambda: len(recorder.accepted) == 20 * 4, "all events")
    expected = Counter()
    for number in range(20):
        words = [("joined", None), ("said", f"hello {number}"), ("said", f"bye {number}"), ("left", None)]
        expected.update((name, f"visitor {number}", f"session {number}", word) for name, word in words)
    assert recorder.counted("event", "distinct_id", "$session_id", "word") == expected
