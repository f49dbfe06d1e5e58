"""A Redis server for one test, in a folder of its own and without a port."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..waiting import until
from .environments import lacking
from .processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def serving_redis() -> Iterator[Path]:
    """Run a server that keeps nothing on disk; yield its socket."""
    program = shutil.which("redis-server")
    if program is None:
        lacking("Redis, its server")
    # Not pytest's folder: the name of a socket may not be long.
    with tempfile.TemporaryDirectory(prefix="redis-") as name:
        folder = Path(name)
        socket, log = folder / "redis.sock", folder / "server.log"
        options = {"--port": "0", "--unixsocket": str(socket), "--save": "", "--dir": name}
        command = [program, *(word for option in options.items() for word in option)]
        with running(command, {}, log, cwd=folder):
            until(lambda: "eady to accept connections" in log.read_text(), "Redis to be ready")
            yield socket
