"""For tests: see what was captured, and send nothing.

With pytest, one line in ``conftest.py`` gives tests the fixture ``posthog_events``, which does the same around a test:
``pytest_plugins = ["posthog.pytest_plugin"]``.

In a test run of Django (its test runner, or pytest with pytest-django) no client sends anything: events are built, pass
``before_send``, and go no further. ``POSTHOG_TEST_MODE``, in the environment or in Django's settings, says otherwise:
``"off"`` sends as always, ``"block"`` sends nothing in any process, test run or not. The environment wins. It is looked
at whenever a client is made, and holds for all clients of the process. :func:`allow_sending` makes an exception.

Example:
    >>> import posthog
    >>> from posthog.testing import capture_events
    >>> with capture_events() as events:
    ...     uuid = posthog.capture("order placed", distinct_id="user-7", properties={"total": 12.5})
    >>> event = events.assert_event("order placed", distinct_id="user-7", properties={"total": 12.5})
    >>> events.exceptions
    []

"""

from __future__ import annotations

import functools
import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from posthog import _interception
from posthog._captured import CapturedEvents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    _F = TypeVar("_F", bound="Callable[..., Any]")

__all__ = ["CapturedEvents", "allow_sending", "capture_events"]

_PARAMETER = "events"


class _Listener:
    """Collects the events of one block."""

    def __init__(self, include_disabled: bool) -> None:
        self.include_disabled = include_disabled
        self.events = CapturedEvents()

    def take(self, event: dict[str, Any]) -> None:
        self.events.append(event)


class capture_events:  # noqa: N801 - used as a function
    """See every event that is captured in the block, and send none of them.

    A context manager, and a decorator of functions, coroutine functions and methods; a function with a parameter
    ``events`` gets the events in it. They are those of all clients in the process, from all threads, also of clients
    made inside the block and of those that could not send for want of a key, after ``before_send``. They are there as
    soon as ``capture`` has returned: no worker, no network, no file. Blocks nest, and each sees all that is inside.

    Args:
        include_disabled: Let clients capture that the program has disabled.

    Example:
        >>> import posthog
        >>> @capture_events()
        ... def test_order(events):
        ...     posthog.capture("order placed", distinct_id="user-7")
        ...     return events.named("order placed")[0]["distinct_id"]
        >>> test_order()
        'user-7'

    """

    def __init__(self, *, include_disabled: bool = False) -> None:
        self._include_disabled = include_disabled
        self._open: list[_Listener] = []

    def __enter__(self) -> CapturedEvents:
        listener = _Listener(self._include_disabled)
        self._open.append(listener)
        _interception.listen(listener)
        return listener.events

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _interception.stop_listening(self._open.pop())

    def __call__(self, function: _F) -> _F:
        """Run *function* inside of a block of its own."""
        if isinstance(function, type) or inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            # Their code would run when the block is over, or, of a class of tests, not at all.
            raise TypeError(f"capture_events() decorates functions and methods, not {function!r}")
        signature = inspect.signature(function)
        wanted = _PARAMETER in signature.parameters

        # Not `self`: calls may overlap.
        def block() -> capture_events:
            return capture_events(include_disabled=self._include_disabled)

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with block() as events:
                return function(*args, **kwargs, **({_PARAMETER: events} if wanted else {}))

        @functools.wraps(function)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            with block() as events:
                return await function(*args, **kwargs, **({_PARAMETER: events} if wanted else {}))

        decorated: Any = run_async if inspect.iscoroutinefunction(function) else run
        if wanted:
            # pytest would look for a fixture of that name.
            others = [each for each in signature.parameters.values() if each.name != _PARAMETER]
            decorated.__signature__ = signature.replace(parameters=others)
        return cast("_F", decorated)


@contextmanager
def allow_sending() -> Iterator[None]:
    """Send as always inside the block, though ``POSTHOG_TEST_MODE`` blocks; not what :class:`capture_events` sees.

    Example:
        >>> import posthog
        >>> with allow_sending():
        ...     client = posthog.Posthog("phc_test", host="http://localhost:4640")
        >>> client.shutdown()

    """
    _interception.allow(1)
    try:
        yield
    finally:
        _interception.allow(-1)
