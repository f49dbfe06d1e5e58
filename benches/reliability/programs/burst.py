"""Captures as fast as it can, and stays until what can still arrive has arrived."""

import time

from _child import CAPTURED, Memory, answer, arguments, burst, make_client, warm_up


def main() -> None:
    given = arguments()
    client = make_client(given.sink)
    warm_up(client, given.sink)
    memory = Memory()
    start = time.perf_counter()
    given.sink.open()  # it is: times count from here
    refused = burst(client, given.events)
    seconds = time.perf_counter() - start
    given.sink.settled(CAPTURED, given.events, quiet=15, patience=30)
    answer(
        captured=given.events,
        refused=refused,
        capture_s=seconds,
        memory_mib=memory.growth_mib(),
    )


main()
