"""The end of a process: what waits is sent, what cannot be sent is said."""

from __future__ import annotations

import atexit
import importlib
import sys
from typing import TYPE_CHECKING

from posthog import _native
from posthog._log import log

if TYPE_CHECKING:
    from posthog.client import Client

EXIT_SECONDS = 4.5
"""How long the exit of the process may wait for its events, all clients together."""

clients: set[Client] = set()
"""Clients with an ``on_error`` that must hear of batches lost at the very end, though the program may have let them
go."""


def watch() -> None:
    """Notice the end of a child of multiprocessing; called by the first event of each process."""
    multiprocessing = sys.modules.get("multiprocessing")
    util = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None and util is not None and multiprocessing.parent_process() is not None:
        # A child of multiprocessing ends by `os._exit`, which runs its finalizers and no atexit handlers. A low
        # priority lets those of the program run first: they may capture.
        util.Finalize(None, end, exitpriority=-1000)


def _is_main_interpreter() -> bool:
    """Return whether this is the interpreter that ends last: others come and go while the process goes on."""
    for name in ("_interpreters", "_xxsubinterpreters"):  # since Python 3.13, and before
        try:
            interpreters = importlib.import_module(name)
        except ImportError:
            continue
        return bool(interpreters.get_current() == interpreters.get_main())
    return True


def end() -> None:
    """Send what waits, for :data:`EXIT_SECONDS` at most, and log what was lost."""
    for level, line in _native.close_all(EXIT_SECONDS):
        getattr(log, level)("%s", line)
    for client in list(clients):
        client._drain()  # noqa: SLF001 - the other half of the client


# At the import, because exit handlers run in reverse order: those that the program registers later run before this one,
# and may capture. A forked child keeps it. When another interpreter ends, the clients' worker goes on.
if _is_main_interpreter():
    atexit.register(end)
