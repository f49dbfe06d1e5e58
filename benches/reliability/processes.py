"""Runs the processes of a measurement: each has a limit on its time, and nothing of it stays behind."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


class BrokenError(Exception):
    """A measurement has failed, so its numbers mean nothing."""


@dataclass(frozen=True)
class Process:
    """A running process, and the files that it writes to."""

    command: list[str]
    popen: subprocess.Popen[bytes]
    out: Path
    err: Path

    def wait(self, limit: float) -> float:
        """Wait for the end and return when it was."""
        too_late = threading.Event()

        def stop() -> None:
            too_late.set()
            self.popen.kill()

        # Not `wait(limit)`: that looks only 20 times per second, and some of these ends take less.
        timer = threading.Timer(limit, stop)
        timer.start()
        self.popen.wait()
        ended = time.monotonic()
        timer.cancel()
        if too_late.is_set():
            raise self.broken(f"ran for more than {limit:.0f} s")
        return ended

    def broken(self, how: str) -> BrokenError:
        """Return an error with what the process has said last."""
        said = [path.read_text(errors="replace")[-2000:] for path in (self.out, self.err)]
        return BrokenError("\n".join([f"{how}: {' '.join(self.command)}", *said]))


@contextmanager
def started(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[Process]:
    """Start *command*, which writes to files in *folder*; on leaving kill what is left of it and its children."""
    out, err = folder / "out", folder / "err"
    with out.open("wb") as said, err.open("wb") as complained:
        popen = subprocess.Popen(command, env=environment, stdout=said, stderr=complained, start_new_session=True)
    try:
        yield Process(command, popen, out, err)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(popen.pid, signal.SIGKILL)
        popen.wait()
