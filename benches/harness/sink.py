"""Runs the native sink, tells it what to do and reads its counts."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANNOUNCEMENT = "sink listening on "
LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Sink:
    """A running sink: events go to *address*, and what it is told goes to *control*."""

    address: str
    control: str

    def reset(self) -> None:
        """Forget all counts and the script: accept everything."""
        self._ask("reset", data=b"")

    def stats(self) -> dict[str, Any]:
        counts: dict[str, Any] = json.loads(self._ask("stats"))
        return counts

    def script(self, *steps: Any, then: Any = "accept", delay_ms: int = 0) -> None:
        """Answer the next requests by *steps* and all later ones by *then*, and remember what is taken in.

        An answer is `accept`, `lose_ack`, `hang`, `{"status": number}` or `{"busy": seconds}`.
        """
        self._ask("script", data=json.dumps({"steps": steps, "then": then, "delay_ms": delay_ms}).encode())

    def shut(self) -> None:
        """Listen no more, and break every connection."""
        self._ask("shut", data=b"")

    def open(self) -> None:
        """Listen again, at the same address."""
        self._ask("open", data=b"")

    def stored(self, name: str) -> dict[str, int]:
        """Return how many events of that name came, and how many more were duplicates."""
        count: dict[str, int] = self.stats()["stored"].get(name, {"unique": 0, "duplicates": 0})
        return count

    def settled(self, name: str, expected: int, *, quiet: float, patience: float) -> int:
        """Wait for the *expected* events and return how many came.

        Fewer did if nothing new came for *quiet* seconds after the last, or for *patience* seconds before the first.
        """
        seen = start = self.stored(name)["unique"]
        last_new = time.monotonic()
        while seen < expected:
            time.sleep(LOOK_EVERY)
            now = self.stored(name)["unique"]
            if now > seen:
                seen, last_new = now, time.monotonic()
            elif time.monotonic() - last_new > (quiet if seen > start else patience):
                break
        return seen

    def _ask(self, what: str, data: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.control}/{what}", data=data, headers=headers)  # noqa: S310 (always http)
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            answer: bytes = response.read()
        return answer


@contextmanager
def running(executable: Path) -> Iterator[Sink]:
    """Start the sink on free ports; it ends with this block, or with this process if that is killed."""
    with subprocess.Popen([executable], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the sink has no pipes")
        line = process.stdout.readline().strip()
        addresses = line.removeprefix(ANNOUNCEMENT).split(" and on ")
        if not line.startswith(ANNOUNCEMENT) or len(addresses) != 2:
            raise RuntimeError(f"the sink said {line!r} instead of its addresses")
        try:
            yield Sink(*addresses)
        finally:
            process.stdin.close()
