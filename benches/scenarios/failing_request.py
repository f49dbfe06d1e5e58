"""Times a request whose view raises and is reported, against the same failing request on a bare site."""

import posthog
from _child import answer, arguments
from _pairs import Side, time_pairs
from _site import POSTHOG, application, configure, visit

WARM_UP = 100
FLUSH_EVERY = 250


def main() -> None:
    given = arguments()
    posthog.project_api_key, posthog.host = "phc_bench", given.sink
    configure()
    page = visit("/failing")
    bare, measured = Side(application(), page, "500"), Side(application(POSTHOG), page, "500")
    time_pairs(bare, measured, WARM_UP, rest_every=WARM_UP, rest=posthog.flush)
    pairs = time_pairs(bare, measured, given.calls, rest_every=FLUSH_EVERY, rest=posthog.flush)
    posthog.shutdown()
    answer(captured=given.calls + WARM_UP, added_us=pairs.added_us(), bare_us=pairs.bare_us())


main()
