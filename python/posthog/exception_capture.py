"""Captures exceptions that nobody catches: in the main thread, in other threads, and in the tasks of event loops."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any, ClassVar

from posthog import _loops
from posthog._log import log
from posthog.bucketed_rate_limiter import BucketedRateLimiter

if TYPE_CHECKING:
    import logging
    from types import TracebackType

    from posthog.args import ExceptionArg
    from posthog.client import Client

_UNCAUGHT = {"type": "onuncaughtexception", "handled": False}
_MAIN_THREAD = {"level": "fatal", "source": "python.sys_excepthook", "mechanism": _UNCAUGHT}
_OTHER_THREAD = {"level": "error", "source": "python.threading_excepthook", "mechanism": _UNCAUGHT}
_EVENT_LOOP = {"level": "error", "source": "asyncio.exception_handler", "mechanism": _UNCAUGHT}

_ENDS = (KeyboardInterrupt, SystemExit, GeneratorExit)
"""What ends a program or a thread on purpose is no error."""


class ExceptionCapture:
    """The hooks of one client. They are installed when it is made, and call those that were there before.

    Args:
        client: Captures what comes.
        rate_limiting_enabled: Let through so many exceptions of a class only; the others are logged at level INFO.
        bucket_size: So many at once. See :class:`posthog.bucketed_rate_limiter.BucketedRateLimiter`.
        refill_rate: So many more after each interval.
        refill_interval_seconds: The interval.
        exact: Let the whole bucket through; officially it is one less.

    """

    log: ClassVar[logging.Logger] = log

    DEFAULT_BUCKET_SIZE: ClassVar[int] = 50
    DEFAULT_REFILL_RATE: ClassVar[int] = 10
    DEFAULT_REFILL_INTERVAL_SECONDS: ClassVar[int] = 10

    def __init__(
        self,
        client: Client,
        rate_limiting_enabled: bool = False,
        bucket_size: float = DEFAULT_BUCKET_SIZE,
        refill_rate: float = DEFAULT_REFILL_RATE,
        refill_interval_seconds: float = DEFAULT_REFILL_INTERVAL_SECONDS,
        *,
        exact: bool = False,
    ) -> None:
        self.client = client
        self._closed = False
        self._limiter: BucketedRateLimiter | None = None
        if rate_limiting_enabled:
            self._limiter = BucketedRateLimiter(
                bucket_size, refill_rate, refill_interval_seconds, self._say_limited, exact=exact
            )
        # One object each, to be recognised: a bound method is a new one whenever it is looked at.
        self._main_hook = self.exception_handler
        self._thread_hook = self.thread_exception_handler
        self.original_excepthook: Any = sys.excepthook
        self._original_thread_hook: Any = threading.excepthook
        sys.excepthook = self._main_hook
        threading.excepthook = self._thread_hook
        _loops.watch(self._of_a_loop)

    def close(self) -> None:
        """Capture no more, and put back the hooks that were there before, where ours are still in place.

        Where another hook was put over ours, ours stays below it and only hands on.
        """
        self._closed = True
        if sys.excepthook is self._main_hook:
            sys.excepthook = _open_hook(self.original_excepthook, "original_excepthook")
        if threading.excepthook is self._thread_hook:
            threading.excepthook = _open_hook(self._original_thread_hook, "_original_thread_hook")
        _loops.unwatch(self._of_a_loop)
        if self._limiter is not None:
            self._limiter.stop()

    def exception_handler(
        self, exc_type: type[BaseException], exc_value: BaseException, exc_traceback: TracebackType | None
    ) -> None:
        """Capture an exception that ends the program, and call the hook that was there before (``sys.excepthook``)."""
        self._capture((exc_type, exc_value, exc_traceback), _MAIN_THREAD)
        self.original_excepthook(exc_type, exc_value, exc_traceback)

    def thread_exception_handler(self, args: threading.ExceptHookArgs) -> None:
        """Capture what ends a thread, and call the hook that was there before (``threading.excepthook``)."""
        if args.exc_value is not None:
            self._capture((args.exc_type, args.exc_value, args.exc_traceback), _OTHER_THREAD)
        self._original_thread_hook(args)

    def exception_receiver(self, exc_info: ExceptionArg, extra_properties: dict[str, Any] | None) -> None:
        """Capture what another hook has caught, as :meth:`capture_exception`."""
        self.capture_exception(exc_info, extra_properties)

    def capture_exception(self, exception: ExceptionArg, metadata: dict[str, Any] | None = None) -> None:
        """Capture an exception, unless its class has come too often.

        Args:
            exception: An exception, or what ``sys.exc_info()`` returns.
            metadata: ``distinct_id`` says whom it is about; the context does unless given.

        """
        distinct_id = (metadata or {}).get("distinct_id")
        self._capture(exception, {}, distinct_id)

    def _of_a_loop(self, exception: BaseException) -> None:
        self._capture((type(exception), exception, exception.__traceback__), _EVENT_LOOP)

    def _capture(self, exception: ExceptionArg, boundary: dict[str, Any], distinct_id: Any = None) -> None:
        if self._closed:
            return
        try:
            raised = exception[1] if isinstance(exception, tuple) else exception
            if isinstance(raised, _ENDS):
                return
            kind = type(raised).__name__
            if self._limiter is not None and self._limiter.consume_rate_limit(kind):
                log.info("%s was not captured: it comes too often", kind)
                return
            self.client.capture_exception(exception, _capture_metadata=boundary, distinct_id=distinct_id)  # type: ignore[call-arg]
        except Exception:
            # The hooks that come after this one matter more than the event.
            log.exception("an uncaught exception could not be captured")

    def _say_limited(self, kind: Any) -> None:
        log.info("%s comes too often: it is captured again after a while", kind)


def _open_hook(hook: Any, name_of_previous: str) -> Any:
    """Return *hook*, or if it is one of ours that was closed, the one below it."""
    while isinstance(owner := getattr(hook, "__self__", None), ExceptionCapture) and owner._closed:  # noqa: SLF001
        hook = getattr(owner, name_of_previous)
    return hook
