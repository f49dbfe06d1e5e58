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
    monkey = sys.modules.get("gevent.monkey")
    if monkey is None or not monkey.is_module_patched("time"):
        return None
    return _let_others_run


def _let_others_run() -> None:
    time.sleep(_SECONDS)  # gevent's: it goes on with another greenlet
