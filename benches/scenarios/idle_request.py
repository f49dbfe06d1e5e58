"""Times a request that captures nothing, with the middleware and without it.

One request that does capture comes first: the sink must receive it, which shows that the middleware is switched on.
"""

import posthog
from _capturing import CAPTURING
from _child import answer, arguments
from _pairs import Side, time_pairs
from _site import POSTHOG, TRACED, application, configure, serve, visit

WARM_UP = 500


def main() -> None:
    given = arguments()
    posthog.project_api_key, posthog.host = "phc_bench", given.sink
    configure(CAPTURING)
    page = visit("/plain")
    bare, twin, measured = (Side(app, page) for app in (application(), application(), application(POSTHOG)))
    serve(measured.app, visit("/capturing", **TRACED), "200")
    posthog.flush()

    def nothing() -> None:
        pass

    time_pairs(bare, measured, WARM_UP, rest_every=WARM_UP, rest=nothing)
    pairs = time_pairs(bare, measured, given.calls, rest_every=given.calls, rest=nothing)
    control = time_pairs(bare, twin, given.calls // 10, rest_every=given.calls, rest=nothing)
    posthog.shutdown()
    answer(captured=1, added_us=pairs.added_us(), bare_us=pairs.bare_us(), control_us=control.added_us())


main()
