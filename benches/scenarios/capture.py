"""Times each `Client.capture()`, with 8 tags and 8 properties, while the events are delivered in the background."""

import argparse
import inspect
import statistics
import tempfile
import time

import posthog
from _child import answer, arguments, percentile
from _event import EVENT, PROPERTIES, capture, request_like_context

# Well under the default queue of 10,000, so that no event is refused.
BURST = 2000
WARM_UP = 500


def main() -> None:
    given = arguments()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:  # on the disk where journals are, not in memory
        can_keep = given.journal and "journal_dir" in inspect.signature(posthog.Posthog).parameters
        measure(given, {"journal_dir": f"{folder}/journal"} if can_keep else {})


def measure(given: argparse.Namespace, options: dict[str, str]) -> None:
    client = posthog.Posthog("phc_bench", host=given.sink, **options)
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
