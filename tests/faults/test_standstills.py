"""A process whose Python stands still goes on sending; one that stands still as a whole goes on afterwards."""

from __future__ import annotations

import contextlib
import signal
from collections import Counter

import pytest

from ..servers.environments import gevent_packages
from ..servers.recorder import Recorder, Status
from ..soak import scaled
from ..waiting import until
from .events import arrived


def test_events_are_sent_while_c_code_holds_the_interpreter(recorder, start):
    """Row 34: for good, so they do not arrive when it is over."""
    with start("lives.holds_the_interpreter", flush_interval=1) as program:
        until(lambda: "holds" in program.lines, "the interpreter to be held")
        until(lambda: arrived(recorder) == Counter(program.ids), "the events")
        assert len(program.ids) == 50
        assert program.process.poll() is None


def test_retries_go_on_while_c_code_holds_the_interpreter(recorder, start):
    """Row 34."""
    recorder.answers(*[Status(503)] * 3)
    with start("lives.holds_the_interpreter") as program:
        until(lambda: "holds" in program.lines, "the interpreter to be held")
        until(lambda: arrived(recorder) == Counter(program.ids), "the events")


@pytest.mark.timeout(600)  # the first run may have to install gevent
def test_events_are_sent_while_a_greenlet_blocks_all_others(recorder, start):
    """Row 34."""
    with start("lives.blocks_the_hub", flush_interval=1, packages=[gevent_packages()]) as program:
        until(lambda: "holds" in program.lines, "the hub to be blocked")
        until(lambda: arrived(recorder) == Counter(program.ids), "the events")
        assert len(program.ids) == 50


def test_a_process_that_is_frozen_goes_on_where_it_was(start):
    """Row 35: meanwhile the server has closed its connection."""
    with (
        contextlib.closing(Recorder(idle=scaled(0.5, 60))) as server,
        start("lives.goes_on", host=server.url) as program,
    ):
        for frozen in range(scaled(3, 3)):
            seen = len(server.accepted)
            until(lambda: len(server.accepted) > seen, "events before the frost")  # noqa: B023
            program.process.send_signal(signal.SIGSTOP)
            closed = server.connections_closed
            until(lambda: server.connections_closed > closed, "the server to hang up", scaled(30, 90))  # noqa: B023
            said = program.ids
            program.process.send_signal(signal.SIGCONT)
            until(lambda: arrived(server).keys() >= set(said), f"the events before frost {frozen}")  # noqa: B023
            until(lambda: len(program.ids) > len(said), "the program to go on")  # noqa: B023
        program.process.send_signal(signal.SIGKILL)
        program.ends(-signal.SIGKILL)
        with start("lives.stays", host=server.url):
            until(lambda: arrived(server).keys() >= set(program.ids_on_disk), "all events")
        assert program.warnings == []
