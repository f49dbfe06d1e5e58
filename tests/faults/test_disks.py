"""Disks that are full or broken, and directories that cannot be used: events wait in memory, and the log says so."""

from __future__ import annotations

import os
import re
import shutil
import signal
import struct
import zlib
from collections import Counter

import pytest

from ..servers.recorder import OK, Status
from ..waiting import until
from .breaking import Fault, with_mounts, without_power
from .events import arrived

HEADER_BYTES = 32
FRAME = struct.Struct("<IIB")
CANNOT = "the journal cannot be used"


def segments(journal):
    return sorted(journal.rglob("*.seg"))


def records(path):
    """Return the records of a whole segment, and fail if anything else is in it."""
    data, at, found = path.read_bytes(), HEADER_BYTES, []
    while at < len(data):
        length, checksum, flags = FRAME.unpack_from(data, at)
        payload = data[at + FRAME.size : at + FRAME.size + length]
        assert zlib.crc32(bytes([flags]) + payload) == checksum
        found.append(payload)
        at += FRAME.size + length
    return found


def assert_all_arrive(recorder, program):
    """The server is back, and gets every event from the same process, once."""
    recorder.answers(then=OK)
    until(lambda: arrived(recorder) == Counter(program.ids), "every event once")
    program.obeys("flush 10")  # what the worker has to say is said by the program's threads
    assert sum(program.stats["lost"].values()) == 0
    (line,) = (line for line in program.warnings if CANNOT in line)
    return line


def tmpfs(journal, size):
    journal.mkdir(mode=0o700, exist_ok=True)
    return with_mounts(f'mount -t tmpfs -o size={size},mode=0700 none "$ARGUMENT1"', journal)


def seen_by(program, path):
    """Return the path under which the test sees what a program with mounts of its own has at *path*."""
    return type(path)(f"/proc/{program.process.pid}/root{path}")


def test_a_disk_that_is_full_from_the_start_costs_no_event_while_the_server_is_there(recorder, start, journal):
    """Row 19."""
    recorder.answers(then=Status(503))
    with start("lives.obeys", before=tmpfs(journal, "1m")) as program:
        program.obeys("capture 250")
        assert "may have no more than" in assert_all_arrive(recorder, program)


def test_a_disk_that_becomes_full_costs_no_event_and_its_journal_stays_whole(recorder, start, journal):
    """Row 19: the journal comes back by itself when there is room."""
    recorder.answers(then=Status(503))
    with start("lives.obeys", before=tmpfs(journal, "64m")) as program:
        theirs = seen_by(program, journal)
        program.obeys("capture 100")
        (segment,) = segments(theirs)
        filler = theirs / "filler"
        with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        program.obeys("capture 100")
        assert 100 <= len(records(segment)) < 200
        assert_all_arrive(recorder, program)

        filler.unlink()

        def is_back():
            program.obeys("capture 1")
            return len(segments(theirs)) > 1

        until(is_back, "a new file of the journal", 60)
        recorder.answers(then=Status(503))
        program.obeys("capture 50")
        assert len(records(segments(theirs)[-1])) == 51
        assert_all_arrive(recorder, program)


@pytest.mark.parametrize("fault", [Fault.INTERRUPTED, Fault.SHORT])
def test_writes_that_are_interrupted_or_short_cost_nothing(recorder, start, breaker, fault):
    """Row 20: not even the process's death does."""
    recorder.answers(then=Status(503))
    breaker.set(fault, every=2)
    with start("lives.obeys", environment=breaker.environment) as program:
        program.obeys("capture 250")
        program.obeys("wait-for-disk")
        program.process.send_signal(signal.SIGKILL)
        program.ends(-signal.SIGKILL)
    assert breaker.hits >= 100
    assert program.warnings == []
    recorder.answers(then=OK)
    with start("lives.stays") as following:
        until(lambda: arrived(recorder) == Counter(program.ids + following.ids), "every event once")


def captures_while_it_breaks(program, breaker, fault):
    """Capture 100 events while the disk works, and 150 more while each seventh write fails."""
    program.obeys("capture 100")
    program.obeys("wait-for-disk")
    breaker.set(fault, every=7)
    program.obeys("capture 150")


BROKEN = [Fault.IO_ERROR, Fault.NO_SPACE, Fault.TORN, Fault.TORN_FOR_GOOD]


@pytest.mark.parametrize("fault", BROKEN)
def test_writes_that_fail_cost_no_event_while_the_process_lives(recorder, start, breaker, fault):
    """Row 20."""
    recorder.answers(then=Status(503))
    with start("lives.obeys", environment=breaker.environment) as program:
        captures_while_it_breaks(program, breaker, fault)
        assert breaker.hits > 0
        assert_all_arrive(recorder, program)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_write_that_fails_costs_no_event_that_was_written_before(recorder, start, breaker, fault):
    """Row 20: what is torn is not taken for an event, and hides none."""
    recorder.answers(then=Status(503))
    with start("lives.obeys", environment=breaker.environment) as program:
        captures_while_it_breaks(program, breaker, fault)
        program.obeys("wait-for-disk")
        program.process.send_signal(signal.SIGKILL)
        program.ends(-signal.SIGKILL)
    recorder.answers(then=OK)
    with start("lives.stays") as following:
        until(lambda: arrived(recorder).keys() >= set(program.ids[:100] + following.ids), "what was on disk")
    assert arrived(recorder) == Counter(set(arrived(recorder)) & set(program.ids + following.ids))


def test_a_sync_that_fails_costs_no_event_and_is_said(recorder, start, breaker):
    """Row 20: nobody knows what of a file is on disk whose sync has failed, so the next events go to another."""
    recorder.answers(then=Status(503))
    with start("lives.obeys", environment=breaker.environment, journal_sync=0.05) as program:
        program.obeys("capture 100")
        breaker.set(Fault.NO_SYNC)
        program.obeys("capture 100")
        until(lambda: breaker.hits, "a sync to fail")
        breaker.set()
        program.obeys("capture 100")
        recorder.answers(then=OK)
        until(lambda: arrived(recorder) == Counter(program.ids), "every event once")
        program.obeys("flush 10")
        assert 1 <= len(program.warnings) <= 5
        assert sum(program.stats["lost"].values()) == 0


@pytest.mark.parametrize("fault", [Fault.IO_ERROR, Fault.TORN])
def test_marks_that_cannot_be_written_cost_no_event(recorder, start, breaker, fault):
    """Row 24: but what they would have marked comes twice, if the process dies."""
    with start("lives.obeys", environment=breaker.environment, flush_at=10) as program:
        breaker.set(fault, every=1, suffix=".ack")
        program.obeys("capture 100")
        until(lambda: arrived(recorder) == Counter(program.ids), "every event once")
        recorder.answers(then=Status(503))
        program.obeys("capture 50")
        program.obeys("wait-for-disk")
        program.process.send_signal(signal.SIGKILL)
        program.ends(-signal.SIGKILL)
    assert breaker.hits > 0
    recorder.answers(then=OK)
    with start("lives.stays"):
        until(lambda: arrived(recorder).keys() >= set(program.ids), "every event")
    assert max(arrived(recorder).values()) == 2


def is_a_file(journal):
    journal.write_text("a file")
    return []


def is_a_link(journal):
    (journal.parent / "elsewhere").mkdir(mode=0o700)
    journal.symlink_to("elsewhere")
    return []


def is_anybodys(journal):
    journal.mkdir()
    journal.chmod(0o777)
    return []


def is_in_no_directory(journal):
    shutil.rmtree(journal.parent)
    return []


def is_another_users(journal):
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    journal.mkdir(mode=0o700)
    os.chown(journal, 65534, 65534)
    return []


def is_not_to_be_written_to(journal):
    journal.mkdir()
    journal.chmod(0o500)
    return without_power()


def is_mounted_read_only(journal):
    journal.mkdir(mode=0o700)
    return with_mounts('mount --bind "$ARGUMENT1" "$ARGUMENT1"; mount -o remount,ro,bind "$ARGUMENT1"', journal)


@pytest.fixture
def place(tmp_path):
    (tmp_path / "place").mkdir()
    return tmp_path / "place/journal"


UNUSABLE = {
    is_a_file: "is not a directory",
    is_a_link: "is not a directory",
    is_anybodys: "can be written to by other users",
    is_in_no_directory: "No such file or directory",
    is_another_users: "belongs to user 65534",
    is_not_to_be_written_to: "Permission denied",
    is_mounted_read_only: "Read-only file system",
}


@pytest.mark.parametrize("unusable", UNUSABLE, ids=lambda unusable: unusable.__name__)
def test_a_directory_that_cannot_be_used_costs_no_event_and_is_left_as_it_was(recorder, start, place, unusable):
    """Row 21."""
    before = unusable(place)
    there = sorted(place.parent.rglob("*"))
    recorder.answers(then=Status(503))
    with start("lives.obeys", before=before, journal_dir=str(place)) as program:
        program.obeys("capture 250")
        line = assert_all_arrive(recorder, program)
        assert UNUSABLE[unusable] in line
        assert str(place) in line
    assert sorted(place.parent.rglob("*")) == there


def test_a_program_without_a_usable_directory_says_at_its_end_what_is_lost(recorder, start, place):
    """Row 21: once, and once that the server is away."""
    recorder.answers(then=Status(503))
    is_a_file(place)
    with start("lives.with_many", 250, journal_dir=str(place), max_retries=0) as program:
        program.ends()
    said = [re.search(r"(\d+) (?:more )?events are lost", line) for line in program.warnings]
    assert sum(int(found[1]) for found in said if found) == 250
    assert len(program.warnings) <= 5


@pytest.mark.parametrize("what", ["the directory", "a file"])
def test_what_somebody_deletes_while_the_program_runs_costs_no_event_that_memory_has(recorder, start, journal, what):
    """Row 22."""
    recorder.answers(then=Status(503))
    with start("lives.obeys") as program:
        program.obeys("capture 1000")
        if what == "the directory":
            shutil.rmtree(journal)
        else:
            for segment in segments(journal):
                segment.unlink()
        program.obeys("capture 1000")
        recorder.answers(then=OK)
        until(lambda: arrived(recorder) == Counter(program.ids), "every event once")
        assert sum(program.stats["lost"].values()) == 0
