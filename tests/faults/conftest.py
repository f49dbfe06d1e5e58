"""What the tests of faults share: clients with a journal, and programs that have one.

docs/faults.md is the table of faults; the rows that tests name are rows of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import posthog
import pytest
from posthog import Posthog

from ..servers.conftest import black_hole, dead_server, recorder
from ..servers.processes import running
from ..waiting import DEADLINE, until
from .breaking import Breaker
from .proxy import NAMES, Proxy

__all__ = ["black_hole", "dead_server", "recorder"]

PROGRAMS = Path(__file__).parent / "programs"
# Theirs are used here too, and what all programs have in common is there.
PROGRAMS_OF_SERVERS = Path(__file__).parents[1] / "servers/programs"

# The worker never falls back to looking twice a minute: the tests have no time for that.
FOR_EVER = 1_000_000
OPTIONS = {"flush_interval": 0.05, "max_retries": FOR_EVER}


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal"


@pytest.fixture
def make_client(recorder, journal):
    """Return a function that makes a client of the recorder with a journal, to be shut down in the end."""
    clients = []

    def make(host=recorder.url, key="phc_of_the_tests", **options):
        clients.append(Posthog(key, host=host, **{**OPTIONS, "journal_dir": str(journal), **options}))
        return clients[-1]

    yield make
    recorder.release()
    for client in clients:
        client.shutdown()


@pytest.fixture(autouse=True)
def _no_proxy_of_the_machine(monkeypatch):
    """Leave out the proxies of the machine, which have nothing to do with servers on it."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def lay(monkeypatch):
    """Return a function that makes a proxy and names it in the environment."""
    with contextlib.ExitStack() as proxies:

        def lay(variable="HTTP_PROXY", user="", **options):
            proxy = proxies.enter_context(contextlib.closing(Proxy(**options)))
            monkeypatch.setenv(variable, f"http://{user}{proxy.address}")
            return proxy

        yield lay


@pytest.fixture
def breaker(tmp_path):
    breaker = Breaker(tmp_path)
    yield breaker
    breaker.close()


@dataclass(frozen=True)
class Program:
    """A program that runs, or has run."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def lines(self) -> list[str]:
        """Whole lines: of one that is being written nothing is known."""
        return self.said.split("\n")[:-1]

    @property
    def ids(self) -> list[str]:
        """The events that it has said, in order."""
        return [uuid for uuid, _ in self._events]

    @property
    def ids_on_disk(self) -> list[str]:
        """Those of them that were on disk when it said them: a kill must not cost these."""
        return [uuid for uuid, where in self._events if not where]

    @property
    def _events(self) -> list[tuple[str, str]]:
        return re.findall(r"^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})( in memory)?\n", self.said, re.MULTILINE)

    def obeys(self, command: str, seconds: float = DEADLINE) -> str:
        """Have a program that obeys do something; return what came of it."""
        answers = self._answers
        self.process.stdin.write(f"{command}\n".encode())
        self.process.stdin.flush()
        until(lambda: self._answers[len(answers) :] or self.process.poll() is not None, command, seconds)
        assert self.process.poll() is None, self.said
        return self._answers[-1]

    @property
    def _answers(self) -> list[str]:
        return [line.removeprefix("done: ") for line in self.lines if line.startswith("done: ")]

    @property
    def stats(self) -> dict[str, Any]:
        """The figures of the client of a program that obeys, which must add up."""
        stats = json.loads(self.obeys("stats"))
        assert stats["captured"] == stats["delivered"] + stats["waiting"] + stats["journalled"] + sum(
            stats["lost"].values()
        ), stats
        return stats

    @property
    def warnings(self) -> list[str]:
        """What it has logged, but for the disk's being slow: on a busy machine any disk is."""
        return [line for line in self.lines if line.startswith("[PostHog]") and "the disk is slow" not in line]

    def ends(self, code: int = 0, seconds: float = DEADLINE) -> list[str]:
        """Wait for its end, which must be this one; return the lines that it has said."""
        try:
            ended = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"{self.name} did not end within {seconds} s; it said:\n{self.said}")
        assert ended == code, self.said
        return self.lines


@pytest.fixture
def start(recorder, journal, tmp_path):
    """Return a function that starts a program whose client has a journal, and yields it."""
    runs = iter(range(1_000_000))

    @contextlib.contextmanager
    def start(name, *arguments, host=None, before=(), environment=None, packages=(), **options):
        program, function = name.split(".")
        (file,) = (found for folder in (PROGRAMS, PROGRAMS_OF_SERVERS) for found in folder.glob(f"{program}.py"))
        command = [*before, sys.executable, "-W", "ignore::DeprecationWarning", str(file), function]
        path = [PROGRAMS_OF_SERVERS, Path(posthog.__file__).parents[1], *packages]
        given = {
            "HOST_OF_EVENTS": host or recorder.url,
            "OPTIONS_OF_CLIENT": json.dumps({**OPTIONS, "journal_dir": str(journal), **options}),
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            **(environment or {}),
        }
        output = tmp_path / f"{name} {next(runs)}.log"
        with (
            running([*command, *map(str, arguments)], given, output, stdin=subprocess.PIPE) as process,
            process.stdin,
        ):
            yield Program(name, process, output)

    return start
