"""More events than memory may hold, and events that are too large: memory stays bounded, and what fits arrives."""

from __future__ import annotations

import json

import pytest

from ..servers.recorder import OK, Status
from ..soak import scaled
from ..waiting import until
from .breaking import Fault

MIB = 1024 * 1024
# A million is the measure; while the server is down the journal may have no more than 256 MiB.
BURST = {"up": scaled(50_000, 1_000_000), "down": scaled(50_000, 400_000)}


@pytest.mark.parametrize("server", ["up", "down"])
def test_a_burst_of_events_costs_none_and_little_memory(recorder, start, server):
    """Row 37."""
    many = BURST[server]
    recorder.answers(then=OK if server == "up" else Status(503))
    with start("lives.obeys") as program:
        program.obeys("capture-quietly 1000")
        before = int(program.obeys("memory"))
        program.obeys(f"capture-quietly {many}", scaled(60, 600))
        assert program.lines.count("an event was refused") == 0, program.stats
        recorder.answers(then=OK)
        until(lambda: len(recorder.accepted) >= many + 1000, f"{many} events", scaled(60, 1200))
        program.obeys("flush 10")
        stats = program.stats
        assert (stats["captured"], stats["delivered"]) == (many + 1000, many + 1000)
        assert len({event["uuid"] for event in recorder.accepted}) == many + 1000
        assert int(program.obeys("memory")) - before < 32 * MIB


def test_a_slow_disk_costs_no_event_when_memory_is_full(recorder, start, breaker):
    """Rows 37 and 44."""
    recorder.answers(then=Status(503))
    with start("lives.obeys", environment=breaker.environment) as program:
        breaker.set(Fault.SLOW)
        program.obeys("capture-large 100 500000")
        assert breaker.hits > 0
        assert len(program.ids) == 100
        breaker.set()
        recorder.answers(then=OK)
        until(lambda: {event["uuid"] for event in recorder.accepted} == set(program.ids), "every event")


def test_large_events_on_disk_take_no_more_memory_than_the_queue_may(recorder, start):
    """Row 39."""
    many = scaled(200, 500)
    recorder.answers(then=Status(503))
    with start("lives.obeys") as program:
        program.obeys("capture-large 1 1000")
        before = int(program.obeys("memory"))
        program.obeys(f"capture-large {many} 500000")
        assert int(program.obeys("memory")) - before < 32 * MIB
        assert program.stats["waiting"] == many + 1
        recorder.answers(then=OK)
        until(lambda: len(recorder.accepted) == many + 1, "all of them", scaled(60, 300))


def test_an_event_of_100_megabytes_is_cut_and_its_neighbours_are_not(recorder, start):
    """Row 39."""
    with start("lives.obeys") as program:
        program.obeys("capture 5")
        program.obeys("capture-large 1 100000000")
        program.obeys("capture 5")
        until(lambda: len(recorder.accepted) == 11, "all of them")
    assert [event["uuid"] for event in recorder.accepted] == program.ids
    large = recorder.accepted[5]
    assert len(json.dumps(large)) < MIB
    assert large["properties"]["$truncated"]
    assert not any("$truncated" in event["properties"] for event in recorder.accepted if event is not large)
