"""Captures at an even rate while connections are refused, and stays until what can still arrive has arrived."""

import json
import tempfile
import time
from array import array
from collections.abc import Callable

from _child import CAPTURED, Memory, answer, arguments, capture, make_client, warm_up
from scenarios._child import percentile
from scenarios._event import PROPERTIES

# For how long the floor is measured, before the outage and after it: a machine has neighbours, and its moods.
FLOOR_SECONDS = 5

# About what an event takes on disk.
RECORD = bytes(1024)


def main() -> None:
    given = arguments()
    events = given.rate * given.seconds
    client = make_client(given.sink)
    warm_up(client, given.sink)
    idle = work_until if given.works else sleep_until
    floor = bare_writes(given.rate, idle)
    memory = Memory()
    given.sink.shut()
    refused = 0

    def captures() -> None:
        nonlocal refused
        refused += not capture(client)

    ordered = paced(captures, given.rate, events, idle)
    growth = memory.growth_mib()
    given.sink.open()
    # The official package's slowest retry comes after 4 seconds; ours leaves a server alone for up to 60.
    given.sink.settled(CAPTURED, events, quiet=15, patience=90)
    floor = sorted(floor + bare_writes(given.rate, idle))
    answer(
        captured=events,
        refused=refused,
        p50_us=percentile(ordered, 0.5) / 1000,
        p99_us=percentile(ordered, 0.99) / 1000,
        max_us=ordered[-1] / 1000,
        floor_us=percentile(floor, 0.99) / 1000,
        memory_mib=growth,
    )


def paced(call: Callable[[], object], rate: int, calls: int, idle: Callable[[float], None]) -> list[int]:
    """Call at an even rate; return how many nanoseconds the calls took, ascending."""
    took = array("Q", bytes(8 * calls))
    start = time.perf_counter()
    for number in range(calls):
        idle(start + number / rate)
        before = time.perf_counter_ns()
        call()
        took[number] = time.perf_counter_ns() - before
    return sorted(took)


def bare_writes(rate: int, idle: Callable[[float], None]) -> list[int]:
    """Append to a file and do nothing else: whoever keeps events on disk cannot be faster."""
    with tempfile.TemporaryFile(dir="/var/tmp", buffering=0) as file:  # on the disk where journals are, not in memory
        return paced(lambda: file.write(RECORD), rate, rate * FLOOR_SECONDS, idle)


def sleep_until(moment: float) -> None:
    """Be a thread that waits for its next request."""
    if (pause := moment - time.perf_counter()) > 0:
        time.sleep(pause)


def work_until(moment: float) -> None:
    """Be a thread that answers requests meanwhile: small calls of Python and of the standard library."""
    while time.perf_counter() < moment:
        json.loads(json.dumps(PROPERTIES))


main()
