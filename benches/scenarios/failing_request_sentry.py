"""Times a failing request under sentry-sdk, against the same failing request before sentry-sdk was switched on.

sentry-sdk patches Django itself, so both cannot take turns in one process: the bare half comes first.
"""

import statistics

import sentry_sdk
from _child import answer, arguments
from _site import application, configure, serve, visit

WARM_UP = 100
# Its queue holds 100 events and drops what does not fit.
FLUSH_EVERY = 50


def main() -> None:
    given = arguments()
    configure()
    page = visit("/failing")
    app = application()
    bare = [serve(app, page, "500") for _ in range(WARM_UP + given.calls)][WARM_UP:]
    sentry_sdk.init(dsn=given.sink.replace("http://", "http://bench@") + "/1")
    app = application()
    measured: list[int] = []
    for call in range(WARM_UP + given.calls):
        measured.append(serve(app, page, "500"))
        if call % FLUSH_EVERY == FLUSH_EVERY - 1:
            sentry_sdk.flush(timeout=10)
    sentry_sdk.flush(timeout=10)
    bare_us, with_us = statistics.median(bare) / 1000, statistics.median(measured[WARM_UP:]) / 1000
    answer(captured=WARM_UP + given.calls, added_us=with_us - bare_us, bare_us=bare_us)


main()
