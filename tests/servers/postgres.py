"""A PostgreSQL server for one test, in a folder of its own and without a port."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ..waiting import DEADLINE, until
from .environments import lacking
from .processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where Debian keeps the programs of each version.
PLACES = "/usr/lib/postgresql/*/bin"
#: Whom the server runs as where the tests run as root: it refuses to be root.
ACCOUNT = "postgres"


@contextlib.contextmanager
def serving_postgres() -> Iterator[Path]:
    """Run a server; yield the folder with its socket."""
    programs = _programs()
    # Not pytest's folder: another user may have to enter it, and the name of a socket may not be long.
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        account = _account(folder)
        options = {"user": account} if account else {}
        command = [programs / "initdb", "--auth=trust", "--username=postgres", "--no-sync", "-D", folder / "data"]
        made = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, **options)
        assert made.returncode == 0, made.stderr
        command = [programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-F"]
        log = folder / "server.log"
        with running([str(word) for word in command], {}, log, cwd=folder, **options) as server:
            until(lambda: "ready to accept connections" in log.read_text(), "PostgreSQL to be ready")
            yield folder
            # Killed, it would leave its shared memory behind.
            server.send_signal(signal.SIGINT)
            server.wait(DEADLINE)


def _programs() -> Path:
    """Return the folder with `initdb` and `postgres`."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    folders = sorted(Path("/").glob(PLACES.lstrip("/")))
    if not folders:
        lacking("PostgreSQL")
    return folders[-1]


def _account(folder: Path) -> str | None:
    """Return whom the server must run as, with *folder* handed over, where the tests themselves are root."""
    if os.getuid() != 0:
        return None
    try:
        account = pwd.getpwnam(ACCOUNT)
    except KeyError:
        lacking(f"the account {ACCOUNT}, for PostgreSQL")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return ACCOUNT
