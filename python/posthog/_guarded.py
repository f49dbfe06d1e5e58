"""Methods that never break the program that calls them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar, cast

from posthog._log import log

if TYPE_CHECKING:
    from collections.abc import Callable

    _F = TypeVar("_F", bound="Callable[..., Any]")

_NOTHING: Any = object()


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


def quick(call: Callable[[Any, Any, Any, Any, dict[str, Any]], Any]) -> Callable[[_F], _F]:
    """Return a decorator for the method that is called most: its arguments go to the native *call* at once.

    Those that nearly every call has go by themselves, which spares it a dict. The method itself, which says what it
    takes, is called where they do not fit, and so says what is wrong with them.
    """

    def decorate(method: _F) -> _F:
        careful = guarded(method)

        @functools.wraps(method)
        def run(
            self: Any,
            event: Any = _NOTHING,
            *more: Any,
            distinct_id: Any = None,
            properties: Any = None,
            **others: Any,
        ) -> Any:
            if more or event is _NOTHING:
                given = () if event is _NOTHING else (event,)
                return careful(self, *given, *more, distinct_id=distinct_id, properties=properties, **others)
            return call(self, event, distinct_id, properties, others)

        return cast("_F", run)

    return decorate
