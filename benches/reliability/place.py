"""Where a scenario runs for one peer: an environment, a journal of its own, and a sink that has seen nothing yet."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.environments import Environment, variables
from harness.sink import Sink

from reliability.processes import started
from reliability.rows import Size

BENCHES = Path(__file__).resolve().parents[1]
PROGRAMS = BENCHES / "reliability" / "programs"
# As the programs call the events that count.
CAPTURED = "captured"

Answer = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """One of the two packages that are compared."""

    environment: Environment
    keeps_journal: bool


@dataclass(frozen=True)
class Place:
    """Where a scenario runs for one peer."""

    peer: Peer
    sink: Sink
    folder: Path

    def variables(self, **more: str) -> dict[str, str]:
        """Return the environment variables of its processes."""
        journal = str(self.folder / "journal") if self.peer.keeps_journal else "off"
        path = os.pathsep.join([str(BENCHES), str(PROGRAMS)])
        return variables(POSTHOG_JOURNAL=journal, PYTHONPATH=path, **more)

    def run(self, program: str, size: Size, limit: float, *, ends_with: int = 0) -> Answer:
        """Run a program to its end; return its answer, how long its end took and how much it wrote to its log."""
        addresses = ["--sink", self.sink.address, "--control", self.sink.control]
        arguments = [word for name, value in size.items() for word in (f"--{name}", str(value))]
        command = [str(self.peer.environment.python), str(PROGRAMS / f"{program}.py"), *addresses, *arguments]
        with started(command, self.variables(), self.folder) as process:
            ended = process.wait(limit)
            lines = process.out.read_text().splitlines()
            if process.popen.returncode != ends_with or not lines:
                raise process.broken(f"ended with {process.popen.returncode}")
            answer: Answer = json.loads(lines[-1])
            complaints = len(process.err.read_bytes().splitlines())
        return {**answer, "end_s": ended - answer.pop("done_at"), "log_lines": complaints}


@contextmanager
def place(peer: Peer, sink: Sink) -> Iterator[Place]:
    """Return the place of one run, where the sink accepts and remembers."""
    sink.open()
    sink.reset()
    sink.script()
    # On the disk where journals are, not in memory.
    with tempfile.TemporaryDirectory(prefix="hogback-bench-", dir="/var/tmp") as folder:
        yield Place(peer, sink, Path(folder))
