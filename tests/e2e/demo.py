"""The demo as ``make demo`` runs it, and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..waiting import until
from .inspector import Inspector

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "examples/django-shop"
READY = "demo ready "
_MARK = "HOGBACK_E2E_RUN"


@dataclass
class Process:
    """A process that the demo started."""

    pid: int
    parent: int
    command: str


class Demo:
    """One run of ``demo.py`` in a process group of its own, as a terminal starts it."""

    def __init__(self, binary: Path, log: Path, *arguments: str, environment: Mapping[str, str] = os.environ):
        self._mark = str(uuid.uuid4())
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, SHOP / "demo.py", *arguments],
                env={**environment, "HOGBACK_BIN": str(binary), "SHOP_POSTHOG_JS_TEST": "1", _MARK: self._mark},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ready(self) -> tuple[Inspector, str]:
        """Wait until all programs answer; return the inspector and the shop's address."""
        addresses = self.addresses()
        return Inspector(addresses["inspector"]), addresses["shop"]

    def addresses(self) -> dict[str, str]:
        """Wait until all programs answer; return their addresses by name."""
        line = until(self._ready_line, "the demo's addresses", seconds=90)
        return json.loads(line.removeprefix(READY))

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """Send what Ctrl-C sends, to the whole group as a terminal does."""
        os.killpg(self.process.pid, number)

    def ended(self) -> int:
        """Wait for the end and return the exit status."""
        return self.process.wait(timeout=60)

    def output(self) -> str:
        """Return what the demo printed so far."""
        return self._log.read_text()

    def processes(self) -> list[Process]:
        """Return all living processes of this run: they inherit its mark in their environment."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"{_MARK}={self._mark}".encode() not in (folder / "environ").read_bytes():
                    continue
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            if state != "Z":
                found.append(Process(int(folder.name), int(parent), command))
        return found

    def child(self, name: str) -> Process:
        """Return the process with *name* in its command line that the demo itself started."""
        [child] = [p for p in self.processes() if p.parent == self.process.pid and name in p.command]
        return child

    def stop(self) -> None:
        """End the run, whatever state it is in."""
        if self.process.poll() is None:
            self.interrupt()
            self.ended()

    def _ready_line(self) -> str | None:
        assert self.process.poll() is None, f"the demo ended:\n{self.output()}"
        lines = self.output().splitlines(keepends=True)
        return next((line for line in lines if line.startswith(READY) and line.endswith("\n")), None)
