"""Runs the scenarios in rounds, the peers taking turns, and refuses numbers of events that were not delivered."""

import json
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.environments import Environment, variables
from harness.rows import Row
from harness.sink import Sink

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
# A scenario takes seconds; one that hangs must not hang the table.
LONGEST_SECONDS = 120
# Half a timer tick: the smallest cost that the paired median can tell from none.
SMALLEST = 0.01

Answer = dict[str, Any]


class NotDeliveredError(Exception):
    """A scenario failed, or its events are not the ones that reached the sink."""


@dataclass(frozen=True)
class Program:
    """A scenario's program for one peer."""

    environment: Environment
    name: str
    arguments: tuple[str, ...]

    def run(self, sink: Sink) -> Answer:
        """Run once in a fresh process and return its answer, checked against the sink."""
        sink.reset()
        command = [str(self.environment.python), str(SCENARIOS / f"{self.name}.py"), "--sink", sink.address]
        answer = self._answer([*command, *self.arguments])
        self._check(answer, sink.stats())
        return answer

    def _answer(self, command: list[str]) -> Answer:
        try:
            done = subprocess.run(
                command,
                # The journal is off: rows say so.
                env=variables(POSTHOG_JOURNAL="off"),
                text=True,
                capture_output=True,
                check=False,
                timeout=LONGEST_SECONDS,
            )
        except subprocess.TimeoutExpired as hanging:
            raise NotDeliveredError(
                f"{self.name} with {self.environment.name} ran for {LONGEST_SECONDS} s without an answer"
            ) from hanging
        if done.returncode:
            raise NotDeliveredError(f"{self.name} with {self.environment.name} failed:\n{done.stderr}")
        answer: Answer = json.loads(done.stdout.splitlines()[-1])
        return answer

    def _check(self, answer: Answer, stats: dict[str, int]) -> None:
        problems = []
        if stats["events"] != answer["captured"]:
            problems.append(f"{answer['captured']} events were captured and {stats['events']} arrived")
        if stats["bad_requests"]:
            problems.append(f"{stats['bad_requests']} requests made no sense")
        if self.name.startswith("failing") and stats["exceptions"] != stats["events"]:
            problems.append(f"only {stats['exceptions']} of {stats['events']} events are exceptions")
        if "--gzip" in self.arguments and stats["gzip_requests"] != stats["requests"]:
            problems.append(f"only {stats['gzip_requests']} of {stats['requests']} requests were compressed")
        if problems:
            raise NotDeliveredError(f"{self.name} with {self.environment.name}: {'; '.join(problems)}")


@dataclass(frozen=True)
class Result:
    """A row and its rounds; equal positions ran one right after the other."""

    row: Row
    official: list[float]
    ours: list[float]

    def times(self) -> list[float]:
        """Return for each round how many times better ours was."""
        pairs = [(max(a, SMALLEST), max(b, SMALLEST)) for a, b in zip(self.official, self.ours, strict=True)]
        return [b / a if self.row.more_is_better else a / b for a, b in pairs]

    def verdict(self) -> str:
        return self.row.goal.verdict(statistics.median(self.ours), statistics.median(self.times()))


def take_turns(official: Program, ours: Program, sink: Sink, rounds: int) -> list[tuple[Answer, Answer]]:
    """Run both *rounds* times, changing who goes first."""
    answers = []
    for number in range(rounds):
        if number % 2:
            later = ours.run(sink)
            answers.append((official.run(sink), later))
        else:
            answers.append((official.run(sink), ours.run(sink)))
    return answers


def result(row: Row, answers: list[tuple[Answer, Answer]]) -> Result:
    """Pick the row's number out of both peers' answers."""
    return Result(row, [a[row.measure] for a, _ in answers], [b[row.measure] for _, b in answers])
