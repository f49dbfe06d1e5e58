"""Captures at an even rate while connections are refused, and stays until what can still arrive has arrived."""

import time
from array import array

from _child import CAPTURED, Memory, answer, arguments, capture, make_client, warm_up
from scenarios._child import percentile


def main() -> None:
    given = arguments()
    events = given.rate * given.seconds
    client = make_client(given.sink)
    warm_up(client, given.sink)
    took = array("Q", bytes(8 * events))
    memory = Memory()
    given.sink.shut()
    refused = 0
    start = time.perf_counter()
    for number in range(events):
        pause = start + number / given.rate - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        before = time.perf_counter_ns()
        was_taken = capture(client)
        took[number] = time.perf_counter_ns() - before
        refused += not was_taken
    growth = memory.growth_mib()
    given.sink.open()
    # The official package's slowest retry comes after 4 seconds; ours leaves a server alone for up to 60.
    given.sink.settled(CAPTURED, events, quiet=15, patience=90)
    ordered = sorted(took)
    answer(
        captured=events,
        refused=refused,
        p50_us=percentile(ordered, 0.5) / 1000,
        p99_us=percentile(ordered, 0.99) / 1000,
        max_us=ordered[-1] / 1000,
        memory_mib=growth,
    )


main()
