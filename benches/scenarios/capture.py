"""Times each `Client.capture()`, with 8 tags and 8 properties, while the events are delivered in the background."""

import statistics
import time

import posthog
from _child import answer, arguments, percentile
from _event import EVENT, PROPERTIES, capture, request_like_context

# Well under the default queue of 10,000, so that no event is refused.
BURST = 2000
WARM_UP = 500


def main() -> None:
    given = arguments()
    client = posthog.Posthog("phc_bench", host=given.sink)
    took: list[int] = []
    refused = 0
    with request_like_context(client):
        for _ in range(WARM_UP):
            capture(client)
        client.flush()
        while len(took) < given.calls:
            for _ in range(BURST):
                start = time.perf_counter_ns()
                uuid = client.capture(EVENT, properties=PROPERTIES)
                took.append(time.perf_counter_ns() - start)
                refused += uuid is None
            client.flush()
    client.shutdown()
    if refused:
        raise RuntimeError(f"{refused} events were refused; a row must not measure refusals")
    took.sort()
    answer(
        captured=len(took) + WARM_UP,
        mean_us=statistics.fmean(took) / 1000,
        median_us=percentile(took, 0.5) / 1000,
        p99_us=percentile(took, 0.99) / 1000,
    )


main()
