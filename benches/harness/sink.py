"""Runs the native sink and reads its counts."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ANNOUNCEMENT = "sink listening on "


@dataclass(frozen=True)
class Sink:
    """A running sink at *address*."""

    address: str

    def reset(self) -> None:
        self._ask("reset", data=b"")

    def stats(self) -> dict[str, int]:
        counts: dict[str, int] = json.loads(self._ask("stats"))
        return counts

    def _ask(self, what: str, data: bytes | None = None) -> bytes:
        request = urllib.request.Request(f"{self.address}/{what}", data=data)  # noqa: S310 (always http)
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            answer: bytes = response.read()
        return answer


@contextmanager
def running(executable: Path) -> Iterator[Sink]:
    """Start the sink on a free port; it ends with this block, or with this process if that is killed."""
    with subprocess.Popen([executable], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the sink has no pipes")
        line = process.stdout.readline().strip()
        if not line.startswith(ANNOUNCEMENT):
            raise RuntimeError(f"the sink said {line!r} instead of its address")
        try:
            yield Sink(line.removeprefix(ANNOUNCEMENT))
        finally:
            process.stdin.close()
