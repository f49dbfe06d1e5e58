"""Clocks that jump: every event arrives, once, and nobody is asked more often for it."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from ..servers.recorder import OK, Status
from ..waiting import until
from .events import arrived

YEAR = 365 * 24 * 3600
# Ten years ahead and back; and a clock that falls behind by an hour with each second.
JUMPS = [{"clock": 10 * YEAR}, {"clock": -10 * YEAR}, {"drift": -3600}]


@pytest.mark.parametrize("jump", JUMPS, ids=["ten years ahead", "ten years back", "an hour back each second"])
def test_a_clock_that_jumps_costs_no_event_and_makes_no_more_requests(recorder, start, breaker, jump):
    """Row 36: while events wait, and while the worker waits for the next try."""
    recorder.answers(then=Status(503))
    with start("lives.obeys", environment=breaker.environment, flush_at=50) as program:
        program.obeys("capture 100")
        recorder.wait_for_requests(1)
        breaker.set(**jump)
        program.obeys("capture 100")
        failed = len(recorder.requests)
        recorder.wait_for_requests(failed + 2)
        breaker.set()
        program.obeys("capture 100")
        recorder.answers(then=OK)
        until(lambda: arrived(recorder) == Counter(program.ids), "every event once")
        assert len(set(program.ids)) == 300
        # Pauses between tries at least double; a busy loop would have made hundreds.
        assert len(recorder.requests) <= failed + 20


@pytest.mark.parametrize("jump", JUMPS[:2], ids=["ten years ahead", "ten years back"])
def test_what_a_process_left_behind_does_not_grow_too_old(recorder, start, breaker, jump):
    """Row 36."""
    recorder.answers(then=Status(503))
    with start("lives.obeys") as program:
        program.obeys("capture 100")
        program.process.send_signal(signal.SIGKILL)
        program.ends(-signal.SIGKILL)
    recorder.answers(then=OK)
    breaker.set(**jump)
    with start("lives.stays", environment=breaker.environment):
        until(lambda: arrived(recorder).keys() >= set(program.ids), "the events of the process that is gone")
