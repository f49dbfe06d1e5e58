"""Callbacks that raise, hang or come back to the client harm no event but their own."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from ..servers.recorder import OK, Status
from ..waiting import until
from .events import all_arrive, arrived, said, tell

# Lost for good after one try, so that `on_error` hears of them.
MEMORY_ONLY = {"journal_dir": "off", "max_retries": 0}


def accounted(client):
    stats = client.stats()
    assert stats["captured"] == stats["delivered"] + stats["waiting"] + sum(stats["lost"].values())
    return stats


def test_an_on_error_that_raises_is_logged_and_the_client_goes_on(recorder, make_client, caplog):
    """Row 41."""

    def on_error(error, events):
        raise LookupError("of the program")

    recorder.answers(Status(503))
    client = make_client(on_error=on_error, **MEMORY_ONLY)
    tell(client, 5)
    client.flush()
    assert all_arrive(recorder, tell(client, 5)) == 0
    assert len([line for line in said(caplog) if "on_error failed" in line]) == 1


@pytest.mark.parametrize("call", ["capture", "flush", "capture and flush", "shutdown"])
def test_an_on_error_that_comes_back_to_the_client_has_an_end(recorder, make_client, call):
    """Row 41."""
    heard = []

    def on_error(error, events):
        heard.append(len(events))
        if "capture" in call:
            client.capture("lost", distinct_id="me", properties={"events": len(events)})
        if "flush" in call:
            client.flush(1)
        if "shutdown" in call:
            client.shutdown()

    recorder.answers(then=Status(503))
    client = make_client(on_error=on_error, **MEMORY_ONLY)
    tell(client, 5)
    client.flush()
    until(lambda: heard, "on_error to hear of it")
    assert len(heard) < 10
    recorder.answers(then=OK)
    if call != "shutdown":
        uuids = tell(client, 5)
        client.flush()
        assert arrived(recorder).keys() >= set(uuids)
    accounted(client)


def test_a_before_send_that_hangs_holds_nobody_up_but_its_caller(recorder, make_client):
    """Row 41."""
    hangs, let_go = threading.Event(), threading.Event()

    def before_send(event):
        if event["distinct_id"] == "slow":
            hangs.set()
            let_go.wait()
        return event

    client = make_client(before_send=before_send)
    slow = threading.Thread(target=client.capture, args=("told",), kwargs={"distinct_id": "slow"})
    slow.start()
    hangs.wait()
    try:
        assert all_arrive(recorder, tell(client, 25)) == 0
        client.flush()
    finally:
        let_go.set()
        slow.join()
    client.flush()
    assert recorder.counted("distinct_id") == {("me",): 25, ("slow",): 1}


@pytest.mark.parametrize("call", ["flush", "shutdown"])
def test_a_before_send_may_flush_and_shut_down(recorder, make_client, call):
    """Row 41."""

    def before_send(event):
        getattr(client, call)()
        return event

    client = make_client()
    uuids = tell(client, 5)
    client.before_send = before_send
    client.capture("told", distinct_id="me")
    until(lambda: arrived(recorder).keys() >= set(uuids), "the events before it")


def test_a_before_send_that_captures_for_ever_harms_no_other_event(recorder, make_client):
    """Row 41: it recurses without end, as a function of the program's own would."""

    def before_send(event):
        client.capture("again", distinct_id="me")
        return event

    client = make_client()
    uuids = tell(client, 5)
    client.before_send = before_send
    client.capture("told", distinct_id="me")
    client.before_send = None
    uuids += tell(client, 5)
    until(lambda: Counter(uuids) <= arrived(recorder), "the events around it")
