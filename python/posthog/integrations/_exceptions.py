"""Reports the exceptions that leave a request or a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import posthog
from posthog.integrations._callbacks import tell_once

if TYPE_CHECKING:
    from posthog.client import Client


def send(
    client: Client | None, error: BaseException, *, handled: bool, source: str, mechanism: str = "middleware"
) -> None:
    """Capture *error* in the current context; nothing that goes wrong in here reaches the program.

    Args:
        client: Who captures it; the module's client unless given.
        error: The exception.
        handled: Whether the program, or its framework, has answered it.
        source: `$exception_source`.
        mechanism: How it was caught: by a ``middleware``, or around a ``task``.

    """
    metadata = {"level": "error", "source": source, "mechanism": {"type": mechanism, "handled": handled}}
    capture: Any = posthog.capture_exception if client is None else client.capture_exception
    try:
        capture(error, _capture_metadata=metadata)
    except Exception:
        tell_once("capture_exception", "an exception could not be captured", with_traceback=True)
