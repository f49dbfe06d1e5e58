"""Keeps a request's context around the body of a streaming response, which is made after the request is answered.

What is captured while a part is made waits for the part's end, as events of a view wait for the view's: then it may be
looked up, on the thread of the request, who sent it.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.http import HttpResponseBase, StreamingHttpResponse

from posthog.contexts import _current
from posthog.integrations._streaming import Parts
from posthog.integrations.django.threads import NotHereError, finished

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from contextvars import Token

    from posthog.contexts import ContextScope

    Report = Callable[[Exception], None]
    End = Callable[[], None]


def keep_context(response: HttpResponseBase, scope: "ContextScope", report: "Report", end: "End") -> bool:
    """Let each part of the body of *response* be made with *scope* current, *report* what it raises, and *end* it.

    Returns whether the context ends with the body.
    """
    if not isinstance(response, StreamingHttpResponse):
        return False
    if getattr(response, "file_to_stream", None) is not None:
        return False  # a file that the server may send on its own; its parts are no code of the application
    parts: Any = response._iterator  # type: ignore[attr-defined]  # noqa: SLF001 - `streaming_content` hides `close`
    closers: list[Any] = response._resource_closers  # type: ignore[attr-defined]  # noqa: SLF001
    theirs = [partial(_within, scope, closer) for closer in closers]
    if response.is_async:
        body = aparts(parts, scope, report, end)
        response.streaming_content = body
        ours: Callable[[], None] = partial(_close_abandoned, body)
    else:
        wrapped = Parts(parts, scope, report, end)
        response.streaming_content = wrapped
        ours = wrapped.close
    # Ours goes first: when a generator is closed, its `finally` has the context. So have the closers of the site.
    closers[:] = [ours, *theirs]
    return True


def _close_abandoned(body: "AsyncGenerator[Any, None]") -> None:
    """Close a body whose visitor has gone away, unless that must be left to the event loop."""
    if getattr(body, "ag_frame", None) is None:
        return  # it has come to its end
    with suppress(NotHereError, RuntimeError):
        finished(body.aclose())


def _within(scope: "ContextScope", closer: Callable[[], None]) -> None:
    token = _current.set(scope)
    try:
        closer()
    finally:
        _current.reset(token)


async def aparts(
    parts: AsyncIterator[Any], scope: "ContextScope", report: "Report", end: "End"
) -> "AsyncGenerator[Any, None]":
    """Yield the parts of an asynchronous body, each made as `Parts` makes them.

    A generator, since a body whose visitor goes away is ended by whoever finds it abandoned: only a generator is told.
    """
    place: ContextScope | None = scope
    try:
        while True:
            token = _current.set(place)
            try:
                part = await anext(parts)
                place = _current.get()
                if scope.parked:
                    await sync_to_async(scope.release)()  # on the thread of the request, where it may query
            except StopAsyncIteration:
                await _aend(scope, end)
                return
            except Exception as error:
                await sync_to_async(report)(error)
                await _aend(scope, end)
                raise
            finally:
                leave(token)
            yield part
    finally:
        token = _current.set(place)
        try:
            await _aclose(parts, report)
        finally:
            end()
            leave(token)


async def _aend(scope: "ContextScope", end: "End") -> None:
    if scope.parked:
        await sync_to_async(end)()


async def _aclose(parts: AsyncIterator[Any], report: "Report") -> None:
    aclose = getattr(parts, "aclose", None)
    if aclose is None:
        return
    try:
        await aclose()
    except Exception as error:
        await sync_to_async(report)(error)
        raise


def leave(token: "Token[ContextScope | None]") -> None:
    """Restore the context before *token*, unless the coroutine is being destroyed from outside its own task."""
    try:
        _current.reset(token)
    except ValueError:
        return  # the task whose variable it was is gone, and the variable with it
