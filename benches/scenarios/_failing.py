"""Times failing requests before and after a reporter is switched on.

Reporters listen to the whole process: a bare site beside the reported one would be reported too. So the bare half runs
first, and not in turns.
"""

from collections.abc import Callable

from _child import answer
from _pairs import Side, time_one
from _site import application, visit

WARM_UP = 100


def time_failing(
    calls: int, *, switch_on: Callable[[], tuple[str, ...]], flush_every: int, flush: Callable[[], object]
) -> None:
    """Answer with the time that reporting adds; *switch_on* returns the middleware that the reported site has."""

    def nothing() -> None:
        pass

    page = visit("/failing")
    bare = Side(application(), page, "500")
    time_one(bare, WARM_UP, rest_every=WARM_UP, rest=nothing)
    bare_us = time_one(bare, calls, rest_every=calls, rest=nothing)
    reported = Side(application(*switch_on()), page, "500")
    time_one(reported, WARM_UP, rest_every=flush_every, rest=flush)
    with_us = time_one(reported, calls, rest_every=flush_every, rest=flush)
    answer(captured=WARM_UP + calls, added_us=with_us - bare_us, bare_us=bare_us)
