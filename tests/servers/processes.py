"""Processes of a test: everything they start ends with them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

# What a process of a test must not take over from whoever runs the tests.
_FOREIGN = ("POSTHOG_", "HOGBACK", "DJANGO_")


@contextlib.contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], output: Path, **options: object
) -> Iterator[subprocess.Popen[bytes]]:
    """Start *command*, writing what it says to *output*; on leaving kill it with its children, if they still live.

    Its journal is beside *output*, unless *environment* says otherwise.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    inherited["POSTHOG_JOURNAL"] = str(output.parent / "journal")
    with output.open("wb") as log:
        process = subprocess.Popen(
            command,
            env={**inherited, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
