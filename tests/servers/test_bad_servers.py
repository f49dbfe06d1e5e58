"""Servers that fail in every way: capturing does not wait for them, and every event is accounted for.

Clients and programs here have no journal, but for those that say so: see `test_journal.py` and `test_broken_host.py`.
"""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest
from posthog import Posthog
from posthog.request import APIError

from ..waiting import until
from .recorder import OK, Hang, Reset, Status, Trickle

BUSY = Status(503)
EVENTS = 250
GENEROUS = 15

IN_MEMORY = {"journal_dir": "off"}


@pytest.fixture
def make_client(recorder):
    """Return a function that makes a client of the recorder, to be shut down in the end."""
    clients = []

    def make(host=recorder.url, **options):
        clients.append(Posthog("phc_of_the_tests", host=host, journal_dir="off", **options))
        return clients[-1]

    yield make
    recorder.release()
    for client in clients:
        client.shutdown()


def tell(client, count, **properties):
    return [client.capture("told", distinct_id="me", properties={"number": n, **properties}) for n in range(count)]


def accounted(client):
    """Return the client's figures, which must add up."""
    stats = client.stats()
    assert stats["captured"] == stats["delivered"] + stats["waiting"] + sum(stats["lost"].values()), stats
    return stats


def lost(client):
    """Return the losses that there were."""
    return {reason: count for reason, count in accounted(client)["lost"].items() if count}


@pytest.mark.parametrize("answer", [Hang(), Trickle()])
def test_capture_returns_while_the_server_has_answered_nothing(recorder, make_client, answer):
    recorder.answers(then=answer)
    client = make_client(flush_at=10)
    tell(client, 10)
    recorder.wait_for_requests(1)

    uuids = tell(client, 1000)

    assert None not in uuids
    assert len(recorder.requests) == 1
    assert recorder.accepted == []
    assert accounted(client)["waiting"] == 1010


@pytest.mark.parametrize("answer", [Reset(), Status(500)])
def test_capture_returns_while_every_request_fails(recorder, make_client, answer):
    recorder.answers(then=answer)
    client = make_client(flush_at=10, max_retries=1000000)
    tell(client, 10)
    recorder.wait_for_requests(2)

    assert None not in tell(client, 1000)
    assert accounted(client)["waiting"] == 1010


def test_capture_returns_while_nobody_listens(make_client, dead_server):
    client = make_client(dead_server, flush_at=10, max_retries=0)
    assert None not in tell(client, 1000)
    until(lambda: accounted(client)["lost"]["undelivered"] > 0, "a batch to be given up")


@pytest.mark.parametrize("answer", [BUSY, Status(500), Status(429), Status(408), Reset()])
def test_events_arrive_once_the_server_has_recovered(recorder, make_client, answer):
    recorder.answers(answer, answer)
    client = make_client()
    uuids = tell(client, 5)

    client.flush()

    assert Counter(event["uuid"] for event in recorder.accepted) == Counter(uuids)
    assert accounted(client)["delivered"] == 5
    assert len(recorder.requests) == 3


def test_every_attempt_has_the_same_events(recorder, make_client):
    recorder.answers(BUSY, Status(500), BUSY)
    client = make_client(gzip=True)
    tell(client, 3)

    client.flush()

    attempts = [request.body["batch"] for request in recorder.requests]
    assert len(attempts) == 4
    assert attempts[1:] == attempts[:1] * 3
    assert all(event["uuid"] and event["timestamp"] for event in attempts[0])
    times = [request.body["sent_at"] for request in recorder.requests]
    assert len(set(times)) == 4


def test_there_is_one_try_and_max_retries_more(recorder, make_client):
    recorder.answers(then=BUSY)
    client = make_client(max_retries=3)
    tell(client, 5)

    client.flush()
    client.shutdown()

    requests = recorder.requests
    assert len(requests) == 4
    # The first retry leaves the server the time to breathe.
    assert requests[1].at - requests[0].at >= 0.1
    assert lost(client) == {"undelivered": 5}


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_what_the_server_refuses_is_not_sent_again(recorder, make_client, status):
    recorder.answers(then=Status(status))
    client = make_client()
    tell(client, 1)

    client.flush()
    client.shutdown()

    assert len(recorder.requests) == 1
    assert lost(client) == {"rejected": 1}


def test_a_batch_that_the_server_cannot_read_is_sent_in_parts(recorder, make_client):
    recorder.answers(Status(400), OK, Status(400))  # five; the first two; the others
    client = make_client()
    uuids = tell(client, 5)

    client.flush()

    assert accounted(client)["delivered"] == 5
    assert sorted(event["uuid"] for event in recorder.accepted) == sorted(uuids)


def test_the_server_decides_when_it_is_asked_again(recorder, make_client):
    recorder.answers(Status(429, {"Retry-After": "2"}))
    client = make_client()
    tell(client, 5)

    client.flush()

    first, second = recorder.requests
    assert second.at - first.at >= 2
    assert accounted(client)["delivered"] == 5


def test_a_server_that_never_finishes_its_answer_is_given_up(recorder, make_client):
    recorder.answers(then=Trickle())
    client = make_client(timeout=1, max_retries=0)
    tell(client, 5)

    client.flush()

    assert lost(client) == {"undelivered": 5}


def test_a_full_queue_refuses_and_counts(recorder, make_client):
    recorder.answers(then=Hang())
    client = make_client(max_queue_size=100, flush_at=10)

    uuids = tell(client, 130)

    assert uuids.count(None) == 30
    assert lost(client) == {"queue_full": 30}
    recorder.release()
    client.flush()
    assert accounted(client)["delivered"] == 100
    assert Counter(event["uuid"] for event in recorder.accepted) == Counter(filter(None, uuids))


@pytest.mark.parametrize("then", ["capture", "flush"])
def test_on_error_hears_of_a_lost_batch_from_the_next_call(recorder, make_client, then):
    heard = []
    recorder.answers(Status(415))
    client = make_client(on_error=lambda error, events: heard.append((error, events)), flush_at=5)
    uuids = tell(client, 5)
    until(lambda: lost(client) == {"rejected": 5}, "the batch to be refused")
    assert heard == []

    if then == "capture":
        client.capture("told", distinct_id="me")
    else:
        client.flush()

    ((error, events),) = heard
    assert isinstance(error, APIError)
    assert (error.status, error.message) == (415, "by script")
    assert [event["uuid"] for event in events] == uuids
    assert events == recorder.requests[0].events


def test_shutdown_gives_a_server_that_is_down_the_retries_once(recorder, make_client):
    recorder.answers(then=BUSY)
    client = make_client()
    tell(client, EVENTS)

    client.shutdown()

    assert len(recorder.requests) == 4
    assert sum(lost(client).values()) == EVENTS


def test_a_client_that_is_shut_down_counts_what_comes_later(recorder, make_client):
    client = make_client()
    tell(client, 5)
    client.shutdown()

    assert tell(client, 2) == [None, None]

    assert lost(client) == {"closed": 2}
    assert len(recorder.accepted) == 5


def test_large_events_take_no_more_memory_than_the_queue_may(run_program, dead_server):
    # 200 MB: without a bound they would all be there.
    count = 400
    ended = run_program("ends.full_of_memory", dead_server, count, options={"max_retries": 1000000, **IN_MEMORY})

    memory, waiting = map(int, ended.said.splitlines()[-1].split())
    assert memory < 64 * 1024 * 1024
    assert 0 < waiting < count


@pytest.mark.parametrize(("end", "code"), [("normally", 0), ("by_exit", 3), ("by_exception", 1), ("by_shutdown", 0)])
def test_the_end_of_a_program_sends_what_waits(recorder, run_program, end, code):
    assert run_program(f"ends.{end}", recorder.url).code == code
    assert recorder.counted("number") == Counter((number,) for number in range(EVENTS))


@pytest.mark.parametrize("end", ["in_an_exit_handler", "in_an_exit_handler_too"])
def test_what_an_exit_handler_captures_is_sent(recorder, run_program, end):
    assert run_program(f"ends.{end}", recorder.url).code == 0
    assert Counter(event["event"] for event in recorder.accepted)["told"] == EVENTS


def test_daemon_threads_that_capture_on_do_not_break_the_end(recorder, run_program):
    ended = run_program("ends.under_daemon_threads", recorder.url, seconds=GENEROUS)
    assert ended.code == 0, ended.said
    assert recorder.accepted


def test_a_program_ends_and_says_what_it_lost_when_the_server_is_dead(run_program, dead_server):
    ended = run_program("ends.normally", dead_server, options=IN_MEMORY, seconds=GENEROUS)

    assert ended.code == 0
    assert sum(map(int, re.findall(r"(\d+) events are lost", ended.said))) == EVENTS


def test_a_program_ends_and_says_what_it_lost_when_the_server_hangs(recorder, run_program):
    recorder.answers(then=Hang())

    ended = run_program("ends.normally", recorder.url, options=IN_MEMORY, seconds=GENEROUS)

    assert ended.code == 0
    assert f"{EVENTS} events are lost unsent" in ended.said


def test_shutdown_ends_when_the_server_is_dead(run_program, dead_server):
    ended = run_program("ends.by_shutdown", dead_server, options=IN_MEMORY, seconds=GENEROUS)

    stats = ast.literal_eval(ended.said.splitlines()[-1])
    assert stats["captured"] == EVENTS == sum(stats["lost"].values())


def test_on_error_hears_of_batches_lost_at_the_very_end(recorder, run_program):
    recorder.answers(then=Status(400))

    said = run_program("ends.with_on_error", recorder.url, options=IN_MEMORY).said

    assert [line for line in said.splitlines() if not line.startswith("[PostHog]")] == ["400 100", "400 100", "400 50"]
