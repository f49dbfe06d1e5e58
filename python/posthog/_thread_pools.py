"""Has every thread pool of the process keep the context, where that is asked for."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from posthog._executor import ContextExecutor
from posthog.contexts import _get_current_context, propagate

if TYPE_CHECKING:
    from collections.abc import Callable


_POOLS: Any = ThreadPoolExecutor


class _State:
    """What :func:`keep_contexts` has done."""

    keeps = False
    #: Whether ours is in the place of the original, or under what somebody has put there meanwhile.
    is_installed = False
    #: Never taken back: another thread may be on its way through ours.
    original: Callable[..., Any] = _POOLS.submit


def keep_contexts(keeps: bool) -> None:
    """Let each call that a ``ThreadPoolExecutor`` takes run in the context in which it was submitted; or stop that.

    The executor of an event loop is one, so ``loop.run_in_executor`` keeps the context too. Doing so again changes
    nothing.
    """
    _State.keeps = keeps
    if keeps and not _State.is_installed:
        _State.original = _POOLS.submit
        _State.is_installed = True
        functools.update_wrapper(_submit, _State.original)
        _POOLS.submit = _submit
    elif not keeps and _POOLS.submit is _submit:
        _POOLS.submit = _State.original
        _State.is_installed = False


def _submit(self: ThreadPoolExecutor, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    # A `ContextExecutor` has already seen to it, and without a context there is nothing to keep.
    if _State.keeps and not isinstance(self, ContextExecutor) and _get_current_context() is not None:
        fn = propagate(fn)
    return _State.original(self, fn, *args, **kwargs)
