"""Limits of the process: what it may not have costs no event that it can keep, and never the process."""

from __future__ import annotations

import contextlib
import shutil
import signal
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from ..servers.recorder import OK, Recorder, Status
from ..waiting import until
from .events import arrived
from .test_disks import CANNOT, segments


@pytest.fixture
def anybodys():
    """Return a directory in which whoever gives up being root may make a journal."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder / "journal"
    shutil.rmtree(folder)


def every_event_once(recorder, program, seconds=15):
    until(lambda: arrived(recorder) == Counter(program.ids), "every event once", seconds)
    program.obeys("flush 10")
    assert sum(program.stats["lost"].values()) == 0


def test_a_process_that_may_have_no_thread_keeps_its_events_and_tries_again(recorder, start, anybodys):
    """Row 42: the limit on processes, which holds for nobody who is root."""
    with start("lives.obeys", journal_dir=str(anybodys)) as program:
        program.obeys("become-nobody")
        program.obeys("limit NPROC 0")
        program.obeys("capture 250")
        assert recorder.requests == []
        assert len(program.ids) == 250
        assert segments(anybodys)
        assert any("cannot start the thread" in line for line in program.warnings)

        program.obeys("limit NPROC none")
        program.obeys("capture 1")
        every_event_once(recorder, program)


def test_few_lines_say_that_a_process_may_have_no_thread(start, anybodys):
    """Row 42."""
    with start("lives.obeys", journal_dir=str(anybodys)) as program:
        program.obeys("become-nobody")
        program.obeys("limit NPROC 0")
        program.obeys("capture 1000")
        program.obeys("flush 0.1")
        assert len(program.warnings) <= 5


def test_a_process_that_may_have_no_thread_any_more_goes_on_when_it_may(start, anybodys):
    """Row 42: the worker is there, but each new connection needs a thread to look its host up."""
    with (
        contextlib.closing(Recorder(idle=0.1)) as server,
        start("lives.obeys", host=server.url, journal_dir=str(anybodys)) as program,
    ):
        program.obeys("become-nobody")
        program.obeys("capture 10")
        until(lambda: server.connections_closed, "the server to hang up")
        program.obeys("limit NPROC 0")
        program.obeys("capture 10")
        program.obeys("flush 2")
        assert len(program.ids) == 20

        program.obeys("limit NPROC none")
        program.obeys("capture 10")
        every_event_once(server, program, 8)


def test_a_process_that_may_open_nothing_keeps_its_events_in_memory(recorder, start):
    """Row 43."""
    with start("lives.obeys") as program:
        program.obeys("limit NOFILE 3")
        program.obeys("capture 250")
        program.obeys("flush 1")
        assert recorder.requests == []

        program.obeys("limit NOFILE none")
        every_event_once(recorder, program)
        assert len([line for line in program.warnings if CANNOT in line]) == 1


def test_a_process_that_may_open_nothing_any_more_goes_on_with_what_it_has(recorder, start, journal):
    """Row 43: the file of its journal and its connection are open."""
    with start("lives.obeys") as program:
        program.obeys("capture 1")
        until(lambda: arrived(recorder) == Counter(program.ids), "the first event")
        program.obeys("limit NOFILE 3")
        program.obeys("capture 250")
        every_event_once(recorder, program)
        recorder.answers(then=Status(503))
        program.obeys("capture 50")
        program.obeys("wait-for-disk")
        program.process.send_signal(signal.SIGKILL)
        program.ends(-signal.SIGKILL)
    recorder.answers(then=OK)
    with start("lives.stays"):
        until(lambda: arrived(recorder).keys() >= set(program.ids), "what was on disk")


@pytest.mark.parametrize("signals", ["ignored", "default"])
def test_a_process_whose_files_may_not_grow_keeps_its_events_in_memory(recorder, start, signals):
    """Row 43: Python ignores the signal that comes with it; other programs are killed by it, unless nobody earns it.

    Nobody does where the limit is there when a file is begun; one that comes later is noticed with the next file only.
    """
    recorder.answers(then=Status(503))
    with start("lives.obeys") as program:
        if signals == "default":
            program.obeys("default-signals")
        else:
            program.obeys("capture 10")
        program.obeys("limit FSIZE 40000")  # more than the program says in all
        program.obeys("capture 250")
        recorder.answers(then=OK)
        every_event_once(recorder, program)
        assert len([line for line in program.warnings if CANNOT in line]) == 1


def test_a_process_that_may_have_no_more_memory_goes_on(recorder, start):
    """Row 43: 100 MiB of events wait on disk, and what memory may take of them is there."""
    recorder.answers(then=Status(503))
    with start("lives.obeys") as program:
        program.obeys("capture 1")
        program.obeys(f"limit AS {64 * 1024 * 1024}")
        program.obeys("capture-large 200 500000")
        recorder.answers(then=OK)
        every_event_once(recorder, program)


def test_a_process_that_may_have_no_memory_for_a_thread_keeps_its_events(recorder, start):
    """Row 43."""
    with start("lives.obeys") as program:
        program.obeys("limit AS 600000")
        program.obeys("capture 20")
        assert recorder.requests == []
        program.obeys("limit AS none")
        program.obeys("capture 1")
        every_event_once(recorder, program)
