"""Keeps a request's context around the body of an answer, which a server takes after the request is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from posthog.contexts import _current

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from posthog.contexts import ContextScope


class Parts:
    """The parts of a body, each made with the request's context current, or what the body itself has opened in it."""

    def __init__(
        self,
        body: Iterable[Any],
        scope: ContextScope,
        report: Callable[[Exception], None],
        end: Callable[[], object],
    ) -> None:
        self._body = body
        self._parts: Iterator[Any] = iter(body)
        self._scope = scope
        self._report = report
        self._end = end
        #: Where the body has stopped: a context that it opens lasts beyond a part.
        self._place: ContextScope | None = scope

    def __iter__(self) -> Parts:
        return self

    def __next__(self) -> Any:
        token = _current.set(self._place)
        try:
            part = next(self._parts)
            self._place = _current.get()
            if self._scope.parked:
                self._scope.release()
        except Exception as error:
            if not isinstance(error, StopIteration):
                self._report(error)
            self._end()
            raise
        else:
            return part
        finally:
            _current.reset(token)

    def close(self) -> None:
        """Close the body that is iterated, if it can be closed."""
        close = getattr(self._body, "close", None)
        token = _current.set(self._place)
        try:
            if close is not None:
                close()
        except Exception as error:
            self._report(error)
            raise
        finally:
            self._end()
            _current.reset(token)
