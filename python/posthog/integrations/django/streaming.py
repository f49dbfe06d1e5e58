"""Keeps a request's context around the body of a streaming response, which is made after the request is answered."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.http import HttpResponseBase, StreamingHttpResponse

from posthog.contexts import _current

if TYPE_CHECKING:
    from contextvars import Token

    from posthog.contexts import ContextScope

    Report = Callable[[Exception], None]


def keep_context(response: HttpResponseBase, scope: "ContextScope", report: "Report") -> None:
    """Let each part of the body of *response* be made with *scope* current, and *report* what it raises."""
    if not isinstance(response, StreamingHttpResponse):
        return
    if getattr(response, "file_to_stream", None) is not None:
        return  # a file that the server may send on its own; its parts are no code of the application
    parts: Any = response._iterator  # type: ignore[attr-defined]  # noqa: SLF001 - `streaming_content` hides `close`
    wrapped = (AsyncParts if response.is_async else Parts)(parts, scope, report)
    response.streaming_content = wrapped
    # The setter has put our `close` last. It goes first: when a generator is closed, its `finally` has the context.
    closers: list[Any] = response._resource_closers  # type: ignore[attr-defined]  # noqa: SLF001
    if closers and closers[-1] == getattr(wrapped, "close", None):
        closers.insert(0, closers.pop())


class Parts:
    """The parts of a body, each made with the request's context current."""

    def __init__(self, parts: Iterator[Any], scope: "ContextScope", report: "Report") -> None:
        self._parts = parts
        self._scope = scope
        self._report = report

    def __iter__(self) -> "Parts":
        return self

    def __next__(self) -> Any:
        return self._within(self._parts.__next__)

    def close(self) -> None:
        """Close the body that is iterated, if it can be closed."""
        close = getattr(self._parts, "close", None)
        if close is not None:
            self._within(close)

    def _within(self, step: "Callable[[], Any]") -> Any:
        token = _current.set(self._scope)
        try:
            return step()
        except StopIteration:
            raise
        except Exception as error:
            self._report(error)
            raise
        finally:
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
        return await self._within(self._parts.__anext__)

    async def aclose(self) -> None:
        """Close the body that is iterated, if it can be closed."""
        aclose = getattr(self._parts, "aclose", None)
        if aclose is not None:
            await self._within(aclose)

    async def _within(self, step: "Callable[[], Any]") -> Any:
        token = _current.set(self._scope)
        try:
            return await step()
        except StopAsyncIteration:
            raise
        except Exception as error:
            await sync_to_async(self._report)(error)  # on the thread of the request, as everything that may query
            raise
        finally:
            leave(token)


def leave(token: "Token[ContextScope | None]") -> None:
    """Restore the context before *token*, unless the coroutine is being destroyed from outside its own task."""
    try:
        _current.reset(token)
    except ValueError:
        return  # the task whose variable it was is gone, and the variable with it
