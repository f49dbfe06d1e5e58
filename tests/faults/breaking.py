"""What makes writes of a program fail, its clock jump, and its directories ones that it cannot write to."""

from __future__ import annotations

import mmap
import os
import shutil
import struct
import subprocess
from enum import IntEnum
from pathlib import Path

import pytest

from ..servers.environments import lacking

SOURCE = Path(__file__).parent / "programs/faults.c"
# As in the C program.
LAYOUT = struct.Struct("<qqii8s")
HITS = struct.Struct("<q")


class Fault(IntEnum):
    """What becomes of a write."""

    HEALTHY = 0
    IO_ERROR = 1
    NO_SPACE = 2
    INTERRUPTED = 3
    SHORT = 4
    TORN = 5
    TORN_FOR_GOOD = 6
    NO_SYNC = 7
    SLOW = 8


class Breaker:
    """Breaks the disk and the clock of programs that are started with its `environment`, at any time."""

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc")
        if not compiler:
            lacking("a C compiler (Debian: gcc)")
        library, state = folder / "faults.so", folder / "faults.bin"
        command = [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, SOURCE, "-ldl"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        state.write_bytes(bytes(4096))
        with state.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 4096)
        self.environment = {"LD_PRELOAD": str(library), "FAULTS": str(state)}

    def set(
        self, fault: Fault = Fault.HEALTHY, every: int = 1, suffix: str = ".seg", clock: int = 0, drift: int = 0
    ) -> None:
        """From now on one of *every* so many writes to such files fails, and the clock is *clock* seconds ahead."""
        self._memory[: LAYOUT.size] = LAYOUT.pack(clock, drift, fault, every, suffix.encode())

    @property
    def hits(self) -> int:
        """How often something has failed."""
        (hits,) = HITS.unpack_from(self._memory, LAYOUT.size)
        return int(hits)

    def close(self) -> None:
        self._memory.close()


def with_mounts(script: str, *arguments: object) -> list[str]:
    """Return what to put before a command, so that it alone sees the mounts that a shell script makes."""
    if not shutil.which("unshare") or not shutil.which("mount"):
        lacking("unshare and mount (Debian: util-linux, mount)")
    alone = ["unshare", "--mount", "--propagation=private", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    tried = subprocess.run(
        [*alone, "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True, text=True
    )
    if tried.returncode != 0:
        pytest.skip(f"this machine lets no test mount anything: {tried.stderr.strip()}")
    words = [str(argument) for argument in arguments]
    named = " ".join(f"ARGUMENT{number}=${number};" for number in range(1, len(words) + 1))
    return [*alone, "sh", "-ec", f'{named} shift {len(words)}; {script}; exec "$@"', "sh", *words]


def without_power() -> list[str]:
    """Return what to put before a command, so that permissions hold for it though it is root's."""
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        lacking("setpriv (Debian: util-linux)")
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
