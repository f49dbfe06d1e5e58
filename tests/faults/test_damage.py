"""Files of the journal that are damaged, incomplete or of another version: the events around the damage arrive."""

from __future__ import annotations

import random
import shutil
import signal
import struct
import zlib
from collections import Counter

import pytest

from ..servers.recorder import OK, Status
from ..soak import scaled
from ..waiting import until
from .events import arrived
from .test_disks import HEADER_BYTES, records, segments

EVENTS = 50
TRIES = scaled(4, 100)


@pytest.fixture
def left(recorder, start, journal):
    """Leave a journal behind; return the ids of its events, in order."""
    recorder.answers(then=Status(503))
    with start("lives.obeys", flush_at=10) as program:
        program.obeys(f"capture {EVENTS}")
        program.obeys("wait-for-disk")
        program.process.send_signal(signal.SIGKILL)
        program.ends(-signal.SIGKILL)
    recorder.answers(then=OK)
    assert [len(records(segment)) for segment in segments(journal)] == [EVENTS]
    return program.ids


@pytest.fixture
def dice():
    seed = random.randrange(1_000_000)  # noqa: S311 - no secret
    print(f"seed: {seed}")
    return random.Random(seed)  # noqa: S311 - the same


def starts(segment):
    """Return where each record of a segment starts, and where the last one ends."""
    found = [HEADER_BYTES]
    for payload in records(segment):
        found.append(found[-1] + 9 + len(payload))
    return found


def change(path, at, new):
    data = bytearray(path.read_bytes())
    data[at : at + len(new)] = new
    path.write_bytes(data)


def all_of_the_next_arrive(recorder, start, uuids):
    """Another process sends these, each once, and nothing else of the damaged journal."""
    recorder.forget()
    with start("lives.stays") as program:
        until(lambda: arrived(recorder) == Counter([*uuids, *program.ids]), "what is not damaged, once")
        assert program.process.poll() is None
        program.process.stdin.close()
        program.ends()


def copied(journal, number):
    """Return a copy of a journal, for one more try."""
    copy = journal.with_name(f"copy {number}")
    shutil.copytree(journal, copy)
    return copy


def test_a_changed_bit_costs_one_event_at_most(recorder, start, journal, left, dice):
    """Row 23: that of every byte is in the core's tests."""
    (segment,) = segments(journal)
    found = starts(segment)
    for number in range(TRIES):
        copy = copied(journal, number)
        (theirs,) = segments(copy)
        at = dice.randrange(found[-1])
        change(theirs, at, bytes([theirs.read_bytes()[at] ^ (1 << dice.randrange(8))]))
        hit = {uuid for uuid, begin, end in zip(left, found[:-1], found[1:], strict=True) if begin <= at < end}
        recorder.forget()
        with start("lives.stays", journal_dir=str(copy)):
            until(lambda: arrived(recorder).keys() >= set(left) - hit, f"the others, with byte {at} changed")  # noqa: B023
        assert max(arrived(recorder).values()) == 1


def test_a_file_that_ends_anywhere_costs_what_is_missing_only(recorder, start, journal, left, dice):
    """Row 23, and row 28: a power cut takes the end of a file, or leaves zeroes there."""
    (segment,) = segments(journal)
    found = starts(segment)
    for number in range(TRIES):
        copy = copied(journal, number)
        (theirs,) = segments(copy)
        length = dice.randrange(found[-1])
        data = theirs.read_bytes()[:length]
        theirs.write_bytes(data + bytes(dice.choice([0, 0, 512, 4096])))
        whole = {uuid for uuid, end in zip(left, found[1:], strict=True) if end <= length}
        recorder.forget()
        with start("lives.stays", journal_dir=str(copy)) as program:
            until(lambda: arrived(recorder) == Counter([*whole, *program.ids]), f"what {length} bytes hold")  # noqa: B023


def test_a_length_of_a_gibibyte_costs_one_event_and_no_memory(recorder, start, journal, left):
    """Row 23."""
    (segment,) = segments(journal)
    change(segment, starts(segment)[5], struct.pack("<I", 1 << 30))
    with start("lives.obeys") as program:
        program.obeys("capture 1")
        before = int(program.obeys("memory"))
        expected = set(left) - {left[5]} | set(program.ids)
        until(lambda: arrived(recorder).keys() >= expected, "the others")
        assert int(program.obeys("memory")) - before < 32 * 1024 * 1024
    assert arrived(recorder) == Counter(expected)


@pytest.mark.parametrize("damage", ["none at all", "garbage", "half a mark"])
def test_marks_that_are_lost_or_damaged_cost_no_event(recorder, start, journal, left, damage):
    """Row 24: what they had marked comes once more."""
    recorder.answers(OK, OK, then=Status(503))
    with start("lives.stays", flush_at=10) as program:
        until(lambda: len(recorder.requests) > 4, "some batches to be settled, and others not")
        program.process.send_signal(signal.SIGKILL)
        program.ends(-signal.SIGKILL)
    marks = sorted(journal.rglob("*.ack"), key=lambda path: path.stat().st_size)
    assert marks
    for path in marks:
        content = {"none at all": b"", "garbage": b"no mark at all..", "half a mark": path.read_bytes()[:4]}[damage]
        path.write_bytes(content)
    recorder.answers(then=OK)
    with start("lives.stays"):
        until(lambda: arrived(recorder).keys() >= {*left, *program.ids}, "every event")
    assert max(arrived(recorder).values()) <= 2


def test_the_journal_of_a_later_version_is_left_alone_for_a_later_version(recorder, start, journal, left):
    """Row 45: as a downgrade finds it; the upgrade that follows sends it."""
    (segment,) = segments(journal)
    before = segment.read_bytes()
    header = bytearray(before[: HEADER_BYTES - 4])
    header[8:10] = struct.pack("<H", 2)
    change(segment, 0, header + struct.pack("<I", zlib.crc32(header)))
    newer = segment.read_bytes()

    all_of_the_next_arrive(recorder, start, [])
    assert segment.read_bytes() == newer

    segment.write_bytes(before)
    all_of_the_next_arrive(recorder, start, left)
    assert segments(journal) == []
