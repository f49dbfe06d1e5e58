"""Has every thread pool of the process keep the context, where that is asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from posthog._executor import ContextExecutor
from posthog._patch import Patch
from posthog.contexts import _get_current_context, propagate

if TYPE_CHECKING:
    from collections.abc import Callable


def keep_contexts(keeps: bool) -> None:
    """Let each call that a ``ThreadPoolExecutor`` takes run in the context in which it was submitted; or stop that.

    The executor of an event loop is one, so ``loop.run_in_executor`` keeps the context too. Doing so again changes
    nothing.
    """
    _patch.turn(keeps)


def _submit(original: Any, pool: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    # A `ContextExecutor` has already seen to it, and without a context there is nothing to keep.
    if not isinstance(pool, ContextExecutor) and _get_current_context() is not None:
        fn = propagate(fn)
    return original(pool, fn, *args, **kwargs)


_patch = Patch(ThreadPoolExecutor, "submit", _submit)
