"""The inspector as a program of its own, and its API as the tests read it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

from ..waiting import DEADLINE, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_LINE = "hogback listening on "

Event = dict[str, Any]


class Inspector:
    """A running inspector's API."""

    def __init__(self, url: str):
        self.url = url

    def events(self, **filters: str) -> list[Event]:
        """Return the stored events that match, oldest first."""
        query = urllib.parse.urlencode({"limit": 10_000, **filters})
        # The address came from the program itself: always http on loopback.
        with urllib.request.urlopen(f"{self.url}/api/events?{query}", timeout=2 * DEADLINE) as answer:  # noqa: S310
            return json.load(answer)["events"][::-1]

    def has_page(self) -> bool:
        """Whether the inspector was built with its page; without npm it has none."""
        with urllib.request.urlopen(self.url, timeout=DEADLINE) as answer:  # noqa: S310
            return b"/assets/" in answer.read()

    def send(self, events: list[Event]) -> None:
        """Send *events* in one batch."""
        body = json.dumps({"api_key": "phc_e2e", "batch": events}).encode()
        with urllib.request.urlopen(f"{self.url}/batch/", body, timeout=DEADLINE) as answer:  # noqa: S310
            assert answer.status == 200

    def wait_for(self, name: str, **filters: str) -> Event:
        """Return the first event *name* that matches, once there is one."""
        found = self.events(name=name, wait=f"{DEADLINE}s", **filters)
        assert found, f"no {name} with {filters} in {DEADLINE} s; there are {[e['event'] for e in self.events()]}"
        return found[0]

    def wait_for_tag(self, name: str, tag: str, value: object, **filters: str) -> Event:
        """Return the first event *name* whose property *tag* is *value*, once there is one."""
        return until(
            lambda: next((e for e in self.events(name=name, **filters) if e["properties"].get(tag) == value), None),
            f"{name} with {tag} = {value!r}",
        )


@contextlib.contextmanager
def running_inspector(binary: Path, folder: Path, *options: str | Path) -> Iterator[Inspector]:
    """Run *binary* on a free port, with its data in *folder*."""
    command = [binary, "--port", "0", "--data-dir", folder / "data", *options]
    log = folder / "inspector.log"
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            line = until(lambda: _first_line(process, log), "the inspector's first line")
            assert line.startswith(FIRST_LINE), line
            yield Inspector(line.removeprefix(FIRST_LINE).strip())
        finally:
            process.terminate()


def _first_line(process: subprocess.Popen[bytes], log: Path) -> str | None:
    assert process.poll() is None, f"the inspector ended: {log.read_text()}"
    line, newline, _ = log.read_text().partition("\n")
    return line if newline else None
