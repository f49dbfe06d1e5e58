"""With a journal an event outlives the process that has captured it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import stat
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from ..waiting import until
from .processes import running
from .recorder import OK, Status

PROGRAM = Path(__file__).parent / "programs/journal.py"
RUNS = 20


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def start(recorder, journal, tmp_path):
    """Return a function that starts a program with a journal, and yields its process and its output."""

    @contextlib.contextmanager
    def start(name, **options):
        asked = {"journal_dir": str(journal), "flush_interval": 0.1, **options}
        environment = {"HOST_OF_EVENTS": recorder.url, "OPTIONS_OF_CLIENT": json.dumps(asked)}
        output = tmp_path / f"{name}.log"
        command = [sys.executable, "-W", "ignore::DeprecationWarning", str(PROGRAM), name]
        with running(command, environment, output, stdin=subprocess.PIPE) as process, process.stdin:
            yield process, output

    return start


def arrived(recorder, who):
    return Counter(event["properties"]["number"] for event in recorder.accepted if event["distinct_id"] == who)


def all_once(count):
    return Counter(range(count))


@pytest.mark.parametrize(
    ("name", "who", "code"),
    [("killed", "killed", -signal.SIGKILL), ("ends_by_exit_without_handlers", "exited", 0), ("ends", "ended", 0)],
)
def test_what_a_process_leaves_behind_is_sent_by_the_next_one(recorder, start, journal, name, who, code):
    recorder.answers(then=Status(503))
    with start(name) as (process, output):
        assert process.wait(60) == code, output.read_text()
    assert not recorder.accepted
    recorder.answers(then=OK)
    with start("comes_next") as (process, output):
        until(lambda: arrived(recorder, who) == all_once(250), "the events of the process that is gone")
        process.stdin.close()
        assert process.wait(60) == 0
        assert "'adopted': 250" in output.read_text()
    assert [path for path in journal.rglob("*") if path.is_file()] == []


def test_no_event_is_lost_whenever_the_process_is_killed(recorder, start):
    seed = random.randrange(1_000_000)  # noqa: S311 - no secret
    dice = random.Random(seed)  # noqa: S311 - the same
    said = 0
    for _ in range(RUNS):
        enough = dice.randrange(1, 3_000)
        with start("goes_on_capturing") as (process, output):
            until(lambda: output.read_bytes().count(b"\n") >= enough, "some events")  # noqa: B023
            process.send_signal(signal.SIGKILL)
            process.wait(60)
        said += output.read_bytes().count(b"\n")

    def distinct():  # a batch whose process was killed before it could mark it comes twice
        return len({event["uuid"] for event in recorder.accepted if event["distinct_id"] == "killed"})

    with start("comes_next"):
        until(lambda: distinct() >= said, f"{said} events (seed {seed})")


def test_nobody_else_may_read_the_events(recorder, start, journal):
    recorder.answers(then=Status(503))
    with start("killed") as (process, _output):
        process.wait(60)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [journal, *journal.rglob("*")] if path.is_dir()}
    assert modes == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in journal.rglob("*") if path.is_file()} == {0o600}


def test_a_flush_does_not_wait_for_a_server_that_is_away(recorder, start):
    recorder.answers(then=Status(503))
    with start("flushes", max_retries=0) as (process, output):
        assert process.wait(60) == 0, output.read_text()
    assert "'journalled': 1" in output.read_text() or "'waiting': 1" in output.read_text()


def test_a_child_that_outlives_its_parent_does_not_keep_the_parents_events(recorder, start):
    recorder.answers(then=Status(503))
    with start("forks") as (process, _output):
        process.wait(60)
        recorder.answers(then=OK)
        with start("comes_next"):
            until(lambda: arrived(recorder, "parent") == all_once(100), "the parent's events")
            process.stdin.close()
            until(lambda: arrived(recorder, "child") == all_once(100), "the child's events")


def test_the_environment_names_the_directory_and_off_means_none(recorder, tmp_path):
    for given, expected in ((str(tmp_path / "named"), True), ("off", False), ("", False)):
        environment = {**os.environ, "POSTHOG_JOURNAL": given}
        code = f"import posthog; c = posthog.Posthog('k', {recorder.url!r}); c.capture('told', distinct_id='x')"
        code += f"; import pathlib; print(any(pathlib.Path({str(tmp_path)!r}).rglob('*.seg')))"
        done = subprocess.run([sys.executable, "-c", code], env=environment, text=True, capture_output=True, check=True)
        assert done.stdout.strip() == str(expected), done.stderr
