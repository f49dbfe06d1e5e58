"""Connections that break in every way: every event arrives, and once, unless the server's answer was lost."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from collections import Counter
from pathlib import Path

import pytest

from ..servers.processes import running
from ..servers.recorder import Endless, Hang, Recorder, Reset, Status, Trickle
from ..soak import scaled
from ..waiting import until
from .cable import Cable, Cut
from .events import all_arrive, said, tell

RELAY = Path(__file__).parent / "programs/relay.py"
BATCH = 10


@pytest.fixture
def cable(recorder):
    """Return a function that lays a cable to the recorder."""
    with contextlib.ExitStack() as cables:
        yield lambda *cuts: cables.enter_context(contextlib.closing(Cable(recorder.port, *cuts)))


@pytest.mark.parametrize("outage", ["refuses", "answers 500", "hangs"])
def test_an_outage_costs_no_event_and_few_lines(recorder, make_client, caplog, outage):
    """Rows 1 and 2, in real time; an outage of any length is in the core's tests, by a clock moved by hand."""
    port = recorder.port
    if outage == "refuses":
        recorder.close()
    recorder.answers(then=Status(500) if outage == "answers 500" else Hang())
    # With that many tries the longest pause is reached in no test of a minute.
    client = make_client(f"http://127.0.0.1:{port}", timeout=1, flush_at=100)

    uuids = []
    for _ in range(scaled(20, 600)):
        uuids += tell(client, scaled(50, 100))
        client.flush(0.1)
    if outage == "refuses":
        recorder = Recorder(port)
    recorder.release()

    with contextlib.closing(recorder):
        assert all_arrive(recorder, uuids, scaled(60, 120)) == 0
        assert client.stats()["lost"] == dict.fromkeys(client.stats()["lost"], 0)
        assert len([line for line in said(caplog) if "flush:" not in line]) <= 5
        client.flush()


def test_a_server_that_fails_every_other_time_gets_every_event_once(recorder, make_client):
    """Row 5."""
    rounds = 6
    recorder.answers(*[Status(503), Status(200)] * rounds)
    client = make_client(flush_at=BATCH)
    uuids = tell(client, BATCH * rounds)
    assert all_arrive(recorder, uuids) == 0


def test_a_server_that_takes_no_connections_is_given_up_after_the_time_to_connect(make_client, caplog, black_hole):
    """Row 3. The request as a whole might take a minute."""
    client = make_client(black_hole, timeout=60, max_retries=0)
    tell(client, 5)
    client.flush(30)
    (line,) = (line for line in said(caplog) if "error uploading" in line)
    assert "connect" in line
    assert client.stats()["waiting"] == 5


def test_events_arrive_once_a_server_takes_connections_again(make_client):
    """Row 3: a SYN that is dropped is what a full backlog makes of it."""
    with contextlib.ExitStack() as sockets:
        full = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1))
        port = full.getsockname()[1]
        for _ in range(16):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        client = make_client(f"http://127.0.0.1:{port}", timeout=1)
        uuids = tell(client, 25)
        client.flush(2)
        assert client.stats()["waiting"] == 25
    with contextlib.closing(Recorder(port)) as back:
        assert all_arrive(back, uuids) == 0
        client.flush()


def test_an_answer_of_a_byte_a_second_costs_no_event(recorder, make_client):
    """Row 9."""
    recorder.answers(Trickle())
    uuids = tell(make_client(timeout=1), 25)
    assert all_arrive(recorder, uuids) == 0


def test_an_answer_without_end_is_an_answer(recorder, make_client):
    """Row 9: its first 64 KiB are read, and the next request has a connection of its own."""
    recorder.answers(Endless(), Endless())
    client = make_client(flush_at=BATCH)
    uuids = tell(client, BATCH * 3)
    client.flush()
    assert all_arrive(recorder, uuids) == 0
    assert client.stats()["delivered"] == BATCH * 3
    # Not read, but taken in by the sockets on both sides.
    assert recorder.bytes_in_vain < 64 * 1024 * 1024


def test_a_reset_in_the_middle_of_a_request_costs_no_event(recorder, make_client, cable):
    """Row 10."""
    broken = cable(*[Cut(after_sent=sent) for sent in (1, 100, 5_000, 50_000)])
    client = make_client(broken.url, flush_at=100, flush_interval=10)
    uuids = tell(client, 100, text="x" * 1_000)
    assert all_arrive(recorder, uuids) == 0
    assert broken.cuts_to_come == 0


@pytest.mark.parametrize("answered", [0, 9])
def test_a_lost_answer_repeats_one_batch_as_it_was(recorder, make_client, cable, answered):
    """Row 11: lost as a whole, or but for its first bytes."""
    cuts = 3
    broken = cable(*[Cut(after_answered=answered)] * cuts)
    client = make_client(broken.url, flush_at=BATCH)
    uuids = tell(client, BATCH * 4)

    repeated = all_arrive(recorder, uuids)

    assert 0 < repeated <= BATCH * cuts
    marks = {(event["uuid"], event["timestamp"], event["event"], event["distinct_id"]) for event in recorder.accepted}
    assert len(marks) == len(uuids)


def test_a_reset_after_the_events_are_taken_in_repeats_one_batch(recorder, make_client):
    """Row 11, by the server itself."""
    recorder.answers(Reset(accepts=True))
    client = make_client(flush_at=BATCH)
    uuids = tell(client, BATCH * 3)
    assert all_arrive(recorder, uuids) == BATCH


def test_a_kept_connection_whose_other_end_is_gone_without_a_word_costs_no_event(recorder, make_client, cable):
    """Row 12."""
    dumb = cable()
    client = make_client(dumb.url, timeout=1)
    uuids = tell(client, 5)
    client.flush()
    dumb.pull()
    uuids += tell(client, 5)
    assert all_arrive(recorder, uuids) == 0


def test_a_kept_connection_that_breaks_is_replaced_at_once(recorder, make_client):
    """Row 12: before any answer, that says nothing about the server; it is not one of the tries."""
    client = make_client(journal_dir="off", max_retries=0)
    tell(client, 5)
    client.flush()
    recorder.answers(Reset())
    tell(client, 5)
    client.flush()
    assert client.stats()["delivered"] == 10


def test_a_server_that_stops_and_goes_on_gets_every_event(recorder, make_client, tmp_path):
    """Row 12, by SIGSTOP: what was sent meanwhile is still read, though nobody waits for the answer any more."""
    output = tmp_path / "relay.log"
    with running([sys.executable, str(RELAY), str(recorder.port)], {}, output) as relay:
        port = until(lambda: output.read_text().strip(), "the relay's port")
        client = make_client(f"http://127.0.0.1:{port}", timeout=1, flush_at=BATCH)
        uuids = tell(client, BATCH)
        client.flush()
        relay.send_signal(signal.SIGSTOP)
        uuids += tell(client, BATCH * 2)
        client.flush(scaled(2, 60))
        assert client.stats()["delivered"] == BATCH
        relay.send_signal(signal.SIGCONT)
        repeated = all_arrive(recorder, uuids)
        client.flush()
        attempts = Counter(request.events[0]["uuid"] for request in recorder.requests)
        assert repeated <= BATCH * (sum(attempts.values()) - 3)
        assert client.stats()["delivered"] == BATCH * 3


def test_a_server_that_closes_idle_connections_gets_every_event_once_and_no_request_twice(make_client):
    """Row 13."""
    rounds = 5
    with contextlib.closing(Recorder(idle=0.2)) as hasty:
        client = make_client(hasty.url, flush_at=BATCH)
        uuids = []
        for number in range(rounds):
            uuids += tell(client, BATCH)
            client.flush()
            until(lambda: hasty.connections_closed > number, "the server to close the connection")  # noqa: B023
        assert all_arrive(hasty, uuids) == 0
        assert len(hasty.requests) == rounds
