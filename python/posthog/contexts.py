"""Contexts: who, which visit, and tags, for everything captured inside.

Example:
    >>> from posthog import contexts
    >>> with contexts.new_context():
    ...     contexts.identify_context("user-7")
    ...     contexts.tag("plan", "pro")
    ...     contexts.get_tags()
    {'plan': 'pro'}

A context is a shared handle: what a child task sets without a context of its own is seen by its parent, as officially.
Threads start without one, unless :func:`propagate` or :class:`ContextExecutor` hands it on.

"""

from __future__ import annotations

import functools
import inspect
from contextlib import AbstractContextManager, ContextDecorator
from typing import TYPE_CHECKING, Any, TypeVar, cast

import posthog
from posthog import _native
from posthog._code_variables import (
    get_capture_exception_code_variables_context,
    get_code_variables_detect_secrets_context,
    get_code_variables_ignore_patterns_context,
    get_code_variables_mask_patterns_context,
    get_code_variables_mask_url_credentials_context,
    set_capture_exception_code_variables_context,
    set_code_variables_detect_secrets_context,
    set_code_variables_ignore_patterns_context,
    set_code_variables_mask_patterns_context,
    set_code_variables_mask_url_credentials_context,
)
from posthog._native import ContextScope

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import ContextVar
    from types import TracebackType

    from posthog._executor import ContextExecutor
    from posthog.client import Client

__all__ = [
    "ContextExecutor",
    "ContextScope",
    "get_capture_exception_code_variables_context",
    "get_code_variables_detect_secrets_context",
    "get_code_variables_ignore_patterns_context",
    "get_code_variables_mask_patterns_context",
    "get_code_variables_mask_url_credentials_context",
    "get_context_device_id",
    "get_context_distinct_id",
    "get_context_session_id",
    "get_tags",
    "identify_context",
    "new_context",
    "propagate",
    "scoped",
    "set_capture_exception_code_variables_context",
    "set_code_variables_detect_secrets_context",
    "set_code_variables_ignore_patterns_context",
    "set_code_variables_mask_patterns_context",
    "set_code_variables_mask_url_credentials_context",
    "set_context_device_id",
    "set_context_session",
    "tag",
]

_current: ContextVar[ContextScope | None] = _native.current_context

_F = TypeVar("_F", bound="Callable[..., Any]")


def _get_current_context() -> ContextScope | None:
    """Return the current context, unless it was opened before a fork."""
    return _native.get_current_context()


def _default_capture_exceptions(client: Client | None = None) -> bool:
    """Return whether exceptions that leave a context of *client* are captured, if it was not said."""
    if client is None and posthog._client_here is not None:  # noqa: SLF001 - a door of ours
        client = posthog._client_here()  # noqa: SLF001 - same
    asked: Any = client or posthog.default_client or posthog
    return bool(asked.enable_exception_autocapture)


def _captures_exceptions(said: bool | None, client: Client | None) -> bool:
    """Return whether exceptions that leave a context are captured: as *said*, or by default."""
    return _default_capture_exceptions(client) if said is None else said


def new_context(
    fresh: bool = False,
    capture_exceptions: bool | None = None,
    client: Client | None = None,
) -> AbstractContextManager[None]:
    """Open a context for the block.

    Args:
        fresh: Inherit nothing from the context outside.
        capture_exceptions: Capture an exception that leaves the block; as the client's (or the module's)
            ``enable_exception_autocapture`` says unless given.
        client: Who captures it; the module's client unless given. It does not redirect ``posthog.capture``.

    Example:
        >>> import posthog
        >>> with posthog.new_context():
        ...     posthog.tag("plan", "pro")
        ...     posthog.get_tags()
        {'plan': 'pro'}

    """
    return _Opened(fresh, capture_exceptions, client)


class _Opened(ContextDecorator, AbstractContextManager[None]):
    """A context that is open for a block, or for each call of a function that it decorates.

    No generator: `contextlib` writes to an exception that passes, and one that is frozen would become another.
    """

    def __init__(self, fresh: bool, capture_exceptions: bool | None, client: Client | None) -> None:
        self._arguments = fresh, capture_exceptions, client

    def _recreate_cm(self) -> _Opened:
        return _Opened(*self._arguments)

    def __enter__(self) -> None:
        fresh, capture_exceptions, client = self._arguments
        self._outer = _get_current_context()
        self._process = _native.generation()
        self._scope = ContextScope(self._outer, fresh, _captures_exceptions(capture_exceptions, client), client)
        _current.set(self._scope)

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        try:
            if isinstance(error, Exception) and self._scope.capture_exceptions:
                (self._scope.client or posthog).capture_exception(error)
        finally:
            if self._process == _native.generation():
                _current.set(self._outer)


def scoped(fresh: bool = False, capture_exceptions: bool | None = None) -> Callable[[_F], _F]:
    """Run a function, sync or async, in a context of its own.

    The arguments are those of :func:`new_context`. Other decorators belong outside of this one.

    Example:
        >>> import posthog
        >>> @posthog.scoped()
        ... def job():
        ...     posthog.tag("job", "nightly")
        ...     return posthog.get_tags()
        >>> job()
        {'job': 'nightly'}
        >>> posthog.get_tags()
        {}

    """
    return _scoped(fresh, capture_exceptions, None)


def _scoped(fresh: bool, capture_exceptions: bool | None, client: Client | None) -> Callable[[_F], _F]:
    def decorate(function: _F) -> _F:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def run_async(*args: Any, **kwargs: Any) -> Any:
                with new_context(fresh, capture_exceptions, client):
                    return await function(*args, **kwargs)

            return cast("_F", run_async)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with new_context(fresh, capture_exceptions, client):
                return function(*args, **kwargs)

        return cast("_F", run)

    return decorate


def propagate(function: _F) -> _F:
    """Return *function*, sync or async, to be run in the context of now, on whichever thread.

    The context is the very same: what the function sets there is seen here. Needed for threads and executors;
    ``asyncio.to_thread``, tasks and asgiref's ``sync_to_async`` keep the context by themselves.

    Example:
        >>> import posthog
        >>> from threading import Thread
        >>> with posthog.new_context():
        ...     posthog.tag("plan", "pro")
        ...     thread = Thread(target=propagate(lambda: print(posthog.get_tags())))
        ...     thread.start()
        ...     thread.join()
        {'plan': 'pro'}

    """
    scope = _get_current_context()
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            with _inside(scope):
                return await function(*args, **kwargs)

        return cast("_F", run_async)

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        with _inside(scope):
            return function(*args, **kwargs)

    return cast("_F", run)


class _inside:  # noqa: N801 - used as a function
    """Make *scope* current for the block.

    No generator: `contextlib` writes to an exception that passes, and one that is frozen would become another.
    """

    __slots__ = ("_outer", "_process", "_scope")

    def __init__(self, scope: ContextScope | None) -> None:
        self._scope = scope

    def __enter__(self) -> None:
        self._outer = _get_current_context()
        self._process = _native.generation()
        _current.set(self._scope)

    def __exit__(self, *_error: object) -> None:
        if self._process == _native.generation():
            _current.set(self._outer)


def tag(key: str, value: Any) -> None:
    """Put a property on every event captured from now on in the current context; outside of any, do nothing."""
    if (scope := _get_current_context()) is not None:
        scope.add_tag(key, value)


def get_tags() -> dict[str, Any]:
    """Return the tags of the current context and those it inherits, as a new dict."""
    scope = _get_current_context()
    return {} if scope is None else scope.collect_tags()


def identify_context(distinct_id: str) -> None:
    """Say who the current context is about; outside of any, do nothing. An empty text hides an outer context's id."""
    if (scope := _get_current_context()) is not None:
        scope.set_distinct_id(distinct_id)


def set_context_session(session_id: str) -> None:
    """Say which visit the current context belongs to; outside of any, do nothing."""
    if (scope := _get_current_context()) is not None:
        scope.set_session_id(session_id)


def set_context_device_id(device_id: str) -> None:
    """Say which device the current context belongs to; outside of any, do nothing. It is not put on events."""
    if (scope := _get_current_context()) is not None:
        scope.set_device_id(device_id)


def get_context_distinct_id() -> str | None:
    """Return who the current context is about, if it is known."""
    scope = _get_current_context()
    return None if scope is None else scope.get_distinct_id()


def get_context_session_id() -> str | None:
    """Return which visit the current context belongs to, if it is known."""
    scope = _get_current_context()
    return None if scope is None else scope.get_session_id()


def get_context_device_id() -> str | None:
    """Return which device the current context belongs to, if it is known."""
    scope = _get_current_context()
    return None if scope is None else scope.get_device_id()


if not TYPE_CHECKING:  # a type checker would believe in every name

    def __getattr__(name: str) -> Any:
        if name != "ContextExecutor":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from posthog._executor import ContextExecutor  # noqa: PLC0415 - see there

        globals()[name] = ContextExecutor
        return ContextExecutor
