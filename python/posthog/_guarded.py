"""Methods that never break the program that calls them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, cast

from posthog._log import log

if TYPE_CHECKING:
    from collections.abc import Callable

    _F = TypeVar("_F", bound="Callable[..., Any]")


def guarded(method: _F) -> _F:
    """Log what goes wrong in a client's method and answer ``None``, unless the client is in debug.

    Arguments that do not fit count as well: a call that is wrong costs an event, not a request.
    """

    @functools.wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except Exception:
            if self.debug:
                raise
            log.exception("%s failed", method.__name__)
            return None

    return cast("_F", run)


def native(call: Callable[..., Any]) -> Callable[[_F], _F]:
    """Return a decorator that gives a method its native half, with the arguments as they were given.

    The method says what it takes and returns; `mock`, `inspect` and subclasses find a function. The native half looks
    at the arguments itself, so that one that does not fit is treated as in :func:`guarded`.
    """

    def decorate(method: _F) -> _F:
        @functools.wraps(method)
        def run(self: Any, *args: Any, **kwargs: Any) -> Any:
            return call(self, args, kwargs)

        return cast("_F", run)

    return decorate
