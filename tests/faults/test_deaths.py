"""However a process dies, what `capture` has returned an id for arrives."""

from __future__ import annotations

import contextlib
import random
import signal

import pytest

from ..servers.recorder import OK, Hang, Late, Recorder, Status
from ..soak import scaled
from ..waiting import until
from .events import arrived

BATCH = 100
GENEROUS = 20


@pytest.fixture
def dice():
    """Return a source of chance whose seed a failed test shows."""
    seed = random.randrange(1_000_000)  # noqa: S311 - no secret
    print(f"seed: {seed}")
    return random.Random(seed)  # noqa: S311 - the same


def kill_at_random(start, dice, runs, at_once=2, **options):
    """Start programs and kill each at some moment; return the ids that they have said."""
    said = []
    for _ in range(runs // at_once):
        with contextlib.ExitStack() as programs:
            some = [programs.enter_context(start("lives.goes_on", **options)) for _ in range(at_once)]
            for program in some:
                enough = dice.randrange(1, 3_000)
                until(lambda: len(program.lines) >= enough, "some events")  # noqa: B023
                program.process.send_signal(signal.SIGKILL)
                program.ends(-signal.SIGKILL)
            said += [uuid for program in some for uuid in program.ids_on_disk]
    return said


def assert_all_arrive(recorder, start, said, kills, seconds=60):
    """The next process sends what is left; of the events of a killed one no more than a batch comes twice."""
    with start("lives.stays"):
        until(lambda: arrived(recorder).keys() >= set(said), f"{len(said)} events", seconds)
    assert sum(arrived(recorder).values()) - len(arrived(recorder)) <= BATCH * kills


@pytest.mark.parametrize("server", ["is up", "is down", "comes and goes"])
def test_no_event_is_lost_whenever_its_process_is_killed(recorder, start, dice, server):
    """Row 25."""
    kills = 34
    for _ in range(scaled(1, 10)):  # all at once would leave more than the journal may hold
        if server == "is down":
            recorder.answers(then=Status(503))
        if server == "comes and goes":
            recorder.answers(*dice.choices([OK, Status(503)], k=100_000))

        said = kill_at_random(start, dice, kills)

        assert recorder.accepted or server == "is down"
        recorder.answers(then=OK)
        assert_all_arrive(recorder, start, said, kills)
        recorder.forget()


def test_no_event_is_lost_when_processes_are_killed_that_send_what_others_have_left(recorder, start, dice):
    """Row 26."""
    recorder.answers(then=Status(503))
    with start("lives.with_many", 3_000) as program:
        program.ends()
    said = program.ids
    recorder.answers(then=Late(0.01))
    kills = 20
    for _ in range(kills):
        with start("lives.stays", flush_at=10) as adopter:
            enough = len(recorder.requests) + dice.randrange(1, 10)
            until(lambda: len(recorder.requests) >= enough, "some requests")  # noqa: B023
            adopter.process.send_signal(signal.SIGKILL)
            adopter.ends(-signal.SIGKILL)
            said += adopter.ids_on_disk
    assert arrived(recorder).keys() < set(said)
    recorder.answers(then=OK)
    assert_all_arrive(recorder, start, said, kills)


def test_what_killed_workers_have_left_is_sent_once_while_the_others_live(recorder, start):
    """Row 27."""
    recorder.answers(then=Status(503))
    events, workers = 200, 8
    with contextlib.ExitStack() as running:
        old = [running.enter_context(start("lives.obeys")) for _ in range(workers)]
        for program in old:
            program.obeys(f"capture {events}")
        killed, living = old[: workers // 2], old[workers // 2 :]
        for program in killed:
            program.obeys("wait-for-disk")
            program.process.send_signal(signal.SIGKILL)
            program.ends(-signal.SIGKILL)
        recorder.answers(then=OK)
        new = [running.enter_context(start("lives.obeys")) for _ in killed]
        for program in new:
            program.obeys("capture 1")

        said = {uuid for program in old for uuid in program.ids}
        assert len(said) == events * workers
        until(lambda: arrived(recorder).keys() >= said, "all events")
        adopted = sum(program.stats["adopted"] for program in [*living, *new])
        assert adopted == events * len(killed)
    assert set(arrived(recorder).values()) == {1}


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("by_sigkill", -signal.SIGKILL),
        ("by_sigterm", -signal.SIGTERM),
        ("by_abort", -signal.SIGABRT),
        ("by_stack_overflow", -signal.SIGSEGV),
        ("by_os_exit", 3),
        ("by_sys_exit", 4),
        ("by_exception", 1),
    ],
)
def test_what_a_process_leaves_is_sent_by_the_next_one_however_it_ended(recorder, start, journal, end, code):
    """Row 29."""
    recorder.answers(then=Status(503))
    with start(f"lives.{end}") as program:
        program.ends(code)
    said = program.ids
    assert len(said) == 250
    recorder.answers(then=OK)
    with start("lives.stays") as program:
        until(lambda: arrived(recorder).keys() >= set(said), "the events of the process that is gone")
        program.process.stdin.close()
        program.ends()
    assert set(arrived(recorder).values()) == {1}
    assert [path for path in journal.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("answer", ["in 200 ms", "never", "nobody listens"])
def test_a_process_ends_in_time_with_many_events_and_the_next_one_sends_the_rest(recorder, start, answer):
    """Row 30."""
    port, many = recorder.port, 5_000
    recorder.answers(then=Late(0.2) if answer == "in 200 ms" else Hang())
    if answer == "nobody listens":
        recorder.close()
    host = f"http://127.0.0.1:{port}"
    with start("lives.with_many", many, host=host, max_retries=3) as program:
        program.ends(seconds=GENEROUS)
    said = set(program.ids)
    assert len(said) == many

    if answer == "nobody listens":
        recorder = Recorder(port)
    with contextlib.closing(recorder):
        assert len(arrived(recorder)) < many
        recorder.release()
        with start("lives.stays", host=host):
            until(lambda: arrived(recorder).keys() >= said, "the rest")
        repeated = sum(arrived(recorder).values()) - len(arrived(recorder))
        assert repeated <= BATCH
