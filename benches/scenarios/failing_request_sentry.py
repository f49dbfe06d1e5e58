"""Times a failing request that sentry-sdk reports, against the same failing request unreported."""

import sentry_sdk
from _child import arguments
from _failing import time_failing
from _site import configure


def main() -> None:
    given = arguments()
    configure()

    def switch_on() -> tuple[str, ...]:
        sentry_sdk.init(dsn=given.sink.replace("http://", "http://bench@") + "/1")
        return ()

    # Its queue holds 100 events and drops what does not fit.
    time_failing(given.calls, switch_on=switch_on, flush_every=50, flush=lambda: sentry_sdk.flush(timeout=10))


main()
