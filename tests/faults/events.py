"""Events of a test: captured, and looked for where they should arrive."""

from __future__ import annotations

from collections import Counter

from ..waiting import DEADLINE, until


def tell(client, count, **properties):
    uuids = [client.capture("told", distinct_id="me", properties={"number": n, **properties}) for n in range(count)]
    assert None not in uuids
    return uuids


def arrived(recorder):
    """How often each event was taken in."""
    return Counter(event["uuid"] for event in recorder.accepted)


def all_arrive(recorder, uuids, seconds=DEADLINE):
    """Wait until every event is there; return how many came more often than once."""
    until(lambda: arrived(recorder).keys() >= set(uuids), f"{len(uuids)} events", seconds)
    assert arrived(recorder).keys() == set(uuids)
    return sum(arrived(recorder).values()) - len(uuids)


def said(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "posthog"]
