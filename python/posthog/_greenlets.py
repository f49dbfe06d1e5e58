"""Programs in which many greenlets share a thread: who waits must let the others run."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = 0.01


def pause() -> Callable[[], None] | None:
    """Return what a wait calls again and again where gevent has taken over the threads; ``None`` elsewhere."""
    # It may be half imported.
    is_patched = getattr(sys.modules.get("gevent.monkey"), "is_module_patched", None)
    return _let_others_run if is_patched is not None and is_patched("time") else None


def _let_others_run() -> None:
    time.sleep(_SECONDS)  # gevent's: it goes on with another greenlet
