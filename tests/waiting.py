"""Waiting for something to become true, with a deadline and never a fixed pause."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Generous: a loaded machine is slow, a broken program hangs.
DEADLINE = 30


def until(look: Callable[[], T], what: str, seconds: float = DEADLINE) -> T:
    """Call *look* until its answer is truthy, and return that answer."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}; last seen: {seen!r}")
        pause.wait(0.05)
