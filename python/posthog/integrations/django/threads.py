"""On which thread something of a request may run: what queries or blocks belongs to the request's own."""

import inspect
import os
import threading
from asyncio import _get_running_loop
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from asgiref.sync import SyncToAsync, async_to_sync

if TYPE_CHECKING:
    from posthog.contexts import ContextScope


class NotHereError(RuntimeError):
    """What is asked for can be had on the thread of the request only, and this is its event loop."""


def in_event_loop() -> bool:
    """Return whether an event loop runs in this thread."""
    return _get_running_loop() is not None


def is_at_home(scope: "ContextScope", *, is_async: bool) -> bool:
    """Return whether this is the thread of the request that *scope* belongs to, and free to be blocked.

    A request that is answered in an event loop has the threads on which `sync_to_async` runs code for a loop; another
    one has the thread it came on. Django closes the database connections of both; a thread of the program's own would
    keep what a look-up opens.
    """
    if in_event_loop():
        return False
    is_where_it_was_opened = scope.is_on_its_thread
    return is_where_it_was_opened is True or (
        is_where_it_was_opened is False and is_async and _runs_code_that_is_sensitive_to_threads()
    )


def finished(awaitable: Awaitable[Any]) -> Any:
    """Return what *awaitable* ends with, run in the event loop of the request if there is one.

    Raises:
        NotHereError: this thread is the event loop's, which cannot wait.

    """
    if in_event_loop():
        if inspect.iscoroutine(awaitable):
            awaitable.close()
        raise NotHereError("it is to be awaited")
    return async_to_sync(_awaited)(awaitable)


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def _runs_code_that_is_sensitive_to_threads() -> bool:
    """Return whether `sync_to_async` uses this thread for code that queries: not one of the loop's own executor."""
    threadlocal = getattr(SyncToAsync, "threadlocal", None)
    return (
        getattr(threadlocal, "main_event_loop_pid", None) == os.getpid()
        and not threading.current_thread().name.startswith("asyncio_")  # as asyncio names those
    )
