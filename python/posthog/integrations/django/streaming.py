"""Keeps a request's context around the body of a streaming response, which is made after the request is answered.

What is captured while a part is made waits for the part's end, as events of a view wait for the view's: then it may be
looked up, on the thread of the request, who sent it.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.http import HttpResponseBase, StreamingHttpResponse

from posthog.contexts import _current

if TYPE_CHECKING:
    from contextvars import Token

    from posthog.contexts import ContextScope

    Report = Callable[[Exception], None]


def keep_context(response: HttpResponseBase, scope: "ContextScope", report: "Report") -> bool:
    """Let each part of the body of *response* be made with *scope* current, and *report* what it raises.

    Returns whether the context ends with the body.
    """
    if not isinstance(response, StreamingHttpResponse):
        return False
    if getattr(response, "file_to_stream", None) is not None:
        return False  # a file that the server may send on its own; its parts are no code of the application
    parts: Any = response._iterator  # type: ignore[attr-defined]  # noqa: SLF001 - `streaming_content` hides `close`
    wrapped = (AsyncParts if response.is_async else Parts)(parts, scope, report)
    response.streaming_content = wrapped
    closers: list[Any] = response._resource_closers  # type: ignore[attr-defined]  # noqa: SLF001
    # The setter has put our `close` last, if there is one.
    ours = [closers.pop()] if closers and closers[-1] == getattr(wrapped, "close", None) else []
    # It goes first: when a generator is closed, its `finally` has the context. So have the closers of the site.
    closers[:] = ours + [partial(_within, scope, closer) for closer in closers]
    return True


def _within(scope: "ContextScope", closer: Callable[[], None]) -> None:
    token = _current.set(scope)
    try:
        closer()
    finally:
        _current.reset(token)


class Parts:
    """The parts of a body, each made with the request's context current."""

    def __init__(self, parts: Iterator[Any], scope: "ContextScope", report: "Report") -> None:
        self._parts = parts
        self._scope = scope
        self._report = report

    def __iter__(self) -> "Parts":
        return self

    def __next__(self) -> Any:
        token = _current.set(self._scope)
        try:
            part = next(self._parts)
            if self._scope.parked:
                self._scope.release()
        except Exception as error:
            if not isinstance(error, StopIteration):
                self._report(error)
            self._scope.end()
            raise
        else:
            return part
        finally:
            _current.reset(token)

    def close(self) -> None:
        """Close the body that is iterated, if it can be closed."""
        close = getattr(self._parts, "close", None)
        token = _current.set(self._scope)
        try:
            if close is not None:
                close()
        except Exception as error:
            self._report(error)
            raise
        finally:
            self._scope.end()
            _current.reset(token)


class AsyncParts:
    """The parts of an asynchronous body, each made with the request's context current."""

    def __init__(self, parts: AsyncIterator[Any], scope: "ContextScope", report: "Report") -> None:
        self._parts = parts
        self._scope = scope
        self._report = report

    def __aiter__(self) -> "AsyncParts":
        return self

    async def __anext__(self) -> Any:
        token = _current.set(self._scope)
        try:
            part = await self._parts.__anext__()
            if self._scope.parked:
                await sync_to_async(self._scope.release)()  # on the thread of the request, where it may query
        except Exception as error:
            await self._end(None if isinstance(error, StopAsyncIteration) else error)
            raise
        except BaseException:  # cancelled: nobody waits any more
            self._scope.end()
            raise
        else:
            return part
        finally:
            leave(token)

    async def aclose(self) -> None:
        """Close the body that is iterated, if it can be closed."""
        aclose = getattr(self._parts, "aclose", None)
        token = _current.set(self._scope)
        try:
            if aclose is not None:
                await aclose()
            await self._end(None)
        except Exception as error:
            await self._end(error)
            raise
        finally:
            self._scope.end()
            leave(token)

    async def _end(self, error: Exception | None) -> None:
        """Report what the body has failed with, and let the context end."""
        if error is not None:
            await sync_to_async(self._report)(error)
        if self._scope.parked:
            await sync_to_async(self._scope.end)()
        self._scope.end()


def leave(token: "Token[ContextScope | None]") -> None:
    """Restore the context before *token*, unless the coroutine is being destroyed from outside its own task."""
    try:
        _current.reset(token)
    except ValueError:
        return  # the task whose variable it was is gone, and the variable with it
