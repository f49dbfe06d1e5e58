"""A thread pool whose work keeps the context; apart, because the import of thread pools takes its time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from posthog.contexts import propagate

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from typing_extensions import ParamSpec

    _P = ParamSpec("_P")
    _T = TypeVar("_T")

__all__ = ["ContextExecutor"]


class ContextExecutor(ThreadPoolExecutor):
    """A ``ThreadPoolExecutor`` that runs each call in the context in which it was submitted.

    See :func:`posthog.contexts.propagate`. It also serves as executor of an event loop.

    Example:
        >>> import posthog
        >>> from posthog.contexts import ContextExecutor
        >>> with posthog.new_context(), ContextExecutor(max_workers=2) as executor:
        ...     posthog.tag("plan", "pro")
        ...     executor.submit(posthog.get_tags).result()
        {'plan': 'pro'}

    """

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Run ``fn(*args, **kwargs)`` on a thread of the pool, in the context of this call."""
        work: Any = propagate(fn)
        return super().submit(work, *args, **kwargs)
