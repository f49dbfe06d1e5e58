"""How long the tests of faults may take: seconds in `make test`, in full in `make soak`."""

from __future__ import annotations

import os
from typing import TypeVar

T = TypeVar("T")

IN_FULL = os.environ.get("HOGBACK_SOAK", "0") not in {"", "0"}


def scaled(short: T, full: T) -> T:
    """Return *full* in `make soak`, else *short*."""
    return full if IN_FULL else short
