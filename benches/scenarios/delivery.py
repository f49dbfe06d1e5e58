"""Captures in bursts of 10,000, flushes each, and tells the wall time and the process's CPU time per event."""

import time

import posthog
from _child import answer, arguments, delivered
from _event import capture, request_like_context

# The default size of the queue: the most that can be captured at once without a refusal.
BURST = 10_000
WARM_UP = 500


def main() -> None:
    given = arguments()
    client = posthog.Posthog("phc_bench", host=given.sink, gzip=given.gzip)
    events = 0
    with request_like_context(client):
        for _ in range(WARM_UP):
            capture(client)
        client.flush()
        start, cpu_start = time.perf_counter(), time.process_time()
        while (seconds := time.perf_counter() - start) < given.seconds:
            for _ in range(BURST):
                capture(client)
            events += BURST
            client.flush()
        cpu_seconds = time.process_time() - cpu_start
    # A flush that returns early would hide cost; nothing may still be on its way here.
    missing = events + WARM_UP - delivered(given.sink)
    if missing:
        raise RuntimeError(f"flush returned while {missing} events were not delivered")
    client.shutdown()
    answer(captured=events + WARM_UP, events_per_second=events / seconds, cpu_us=cpu_seconds / events * 1e6)


main()
