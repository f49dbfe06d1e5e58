"""Times a request that captures one event, against the same request on a bare site that captures nothing."""

import posthog
from _capturing import CAPTURING
from _child import answer, arguments
from _pairs import Side, time_pairs
from _site import POSTHOG, TRACED, application, configure, visit

WARM_UP = 500
# Ten default batches; far from filling the queue.
FLUSH_EVERY = 1000


def main() -> None:
    given = arguments()
    posthog.project_api_key, posthog.host = "phc_bench", given.sink
    configure(CAPTURING)
    bare = Side(application(), visit("/plain", **TRACED))
    measured = Side(application(POSTHOG), visit("/capturing", **TRACED))
    time_pairs(bare, measured, WARM_UP, rest_every=WARM_UP, rest=posthog.flush)
    pairs = time_pairs(bare, measured, given.calls, rest_every=FLUSH_EVERY, rest=posthog.flush)
    posthog.shutdown()
    answer(captured=given.calls + WARM_UP, added_us=pairs.added_us(), bare_us=pairs.bare_us())


main()
