"""`POSTHOG_MW_PROPAGATE_THREADS`: every thread pool of the process keeps the context."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from posthog._executor import ContextExecutor
from posthog._patch import Patch
from posthog.contexts import _get_current_context, propagate

if TYPE_CHECKING:
    from collections.abc import Callable


def turn(value: object) -> None:
    """Let each call that a ``ThreadPoolExecutor`` takes run in the context in which it was submitted; or stop that.

    It depends on *value*, that of the setting. The executor of an event loop is such a pool, so
    ``loop.run_in_executor`` keeps the context too.
    """
    _patch.turn(on=value is True)


def _submit(original: Any, pool: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    # A `ContextExecutor` has already seen to it, and without a context there is nothing to keep.
    if not isinstance(pool, ContextExecutor) and _get_current_context() is not None:
        fn = propagate(fn)
    return original(pool, fn, *args, **kwargs)


_patch = Patch(ThreadPoolExecutor, "submit", _submit)
