"""Hears of exceptions in event loops that nobody awaits.

A loop tells them to its ``call_exception_handler``. There is no hook for all loops, so the method itself is replaced,
of asyncio's loops and of uvloop's, as long as somebody wants to hear.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from posthog._log import log
from posthog._patch import Patch

if TYPE_CHECKING:
    from collections.abc import Callable

    Listener = Callable[[BaseException], None]

_METHOD = "call_exception_handler"

_changing = threading.Lock()
_listeners: tuple[Listener, ...] = ()
_patches: dict[type, Patch] = {}


def watch(listener: Listener) -> None:
    """Tell *listener* of every exception that a loop reports from now on, before the loop's own handler is called."""
    global _listeners  # noqa: PLW0603 - the listeners of the process
    with _changing:
        _listeners = (*_listeners, listener)
        _turn(on=True)


def unwatch(listener: Listener) -> None:
    """Tell *listener* nothing any more."""
    global _listeners  # noqa: PLW0603 - the listeners of the process
    with _changing:
        _listeners = tuple(other for other in _listeners if other != listener)
        _turn(on=bool(_listeners))


def _turn(*, on: bool) -> None:
    for loop in _loop_classes() if on else list(_patches):
        _patches.setdefault(loop, Patch(loop, _METHOD, _report)).turn(on=on)


def _loop_classes() -> list[type]:
    from asyncio import BaseEventLoop  # noqa: PLC0415 - half of what importing this package costs

    # uvloop's is there when the server has chosen it, which it does before it loads the application.
    faster = getattr(sys.modules.get("uvloop"), "Loop", None)
    return [BaseEventLoop, *([faster] if isinstance(faster, type) else [])]


def _report(original: Callable[..., Any], loop: Any, context: dict[str, Any]) -> Any:
    exception = context.get("exception")
    if isinstance(exception, BaseException):
        for listener in _listeners:
            _tell(listener, context.get("task") or context.get("future"), exception)
    return original(loop, context)


def _tell(listener: Listener, task: Any, exception: BaseException) -> None:
    """Call *listener* with what was current in the task that failed, where Python can tell (3.12)."""
    try:
        variables = getattr(task, "get_context", None)
        if variables is None:
            listener(exception)
        else:
            variables().copy().run(listener, exception)
    except Exception:
        log.exception("an exception of an event loop could not be captured")
