"""Times a request whose view raises and is reported, against the same failing request unreported."""

import posthog
from _child import arguments
from _failing import time_failing
from _site import POSTHOG, configure


def main() -> None:
    given = arguments()
    configure()

    def switch_on() -> tuple[str, ...]:
        posthog.project_api_key, posthog.host = "phc_bench", given.sink
        return (POSTHOG,)

    # Two and a half default batches; far from filling the queue.
    time_failing(given.calls, switch_on=switch_on, flush_every=250, flush=posthog.flush)
    posthog.shutdown()


main()
