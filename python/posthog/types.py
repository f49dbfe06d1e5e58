"""Types of hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

BeforeSendCallback = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Gets an event, returns it (changed or not), or ``None`` to drop it."""

OnErrorCallback = Callable[[Exception, list[dict[str, Any]]], Any]
"""Gets the error and the events of a batch that is finally lost."""
