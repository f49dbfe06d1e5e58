"""The methods of a client that wait for its events, and end it."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

from posthog import _exit, _greenlets, _native
from posthog._guarded import guarded
from posthog._log import log
from posthog.request import APIError, ServerUnreachableError

if TYPE_CHECKING:
    from posthog.exception_capture import ExceptionCapture
    from posthog.types import OnErrorCallback


_OK = 200


class WaitingEvents:
    """The size of a client's queue, in events of this process."""

    def __init__(self, client: LifecycleMethods) -> None:
        self._client = client

    @property
    def maxsize(self) -> int:
        """Events that may wait in memory."""
        return self._client.max_queue_size

    def qsize(self) -> int:
        """Return how many events wait."""
        return int(self._client.stats().get("waiting", 0))

    def empty(self) -> bool:
        """Return whether no event waits."""
        return self.qsize() == 0

    def full(self) -> bool:
        """Return whether one more event might be refused."""
        return self.qsize() >= self.maxsize


class LifecycleMethods(_native.Client):
    """Delivers what waits."""

    on_error: OnErrorCallback | None
    max_queue_size: int
    exception_capture: ExceptionCapture | None
    _telling: set[int]
    _mode: str

    @property
    def queue(self) -> WaitingEvents:
        """What waits to be sent, as far as programs look at it: how much."""
        return WaitingEvents(self)

    @property
    def consumers(self) -> list[Any] | None:
        """The official package's sending threads: there is none in Python; ``None`` in sync mode."""
        return None if self.sync_mode else []

    def flush(self, timeout_seconds: float | None = 10) -> None:
        """Wait until every event captured before the call is delivered or counted as lost.

        The client goes on either way, and nothing is raised. With a journal it does not wait for a server that is away:
        the events are on disk.

        Args:
            timeout_seconds: How long to wait at most; ``None`` waits for ever. When it is over, the number of events
                still waiting is logged, as it is when the server is away.

        """
        start = time.monotonic()
        try:
            if not self._flush(timeout_seconds, _greenlets.pause()):
                waiting, seconds = self.stats().get("waiting"), time.monotonic() - start
                log.warning("flush: %s events still wait after %.1f seconds", waiting, seconds)
        except Exception:
            log.exception("flush failed")
        self._drain()

    @guarded
    def join(self) -> None:
        """Do as :meth:`shutdown` does."""
        self.shutdown()

    @guarded
    def shutdown(self) -> None:
        """Take no more events, and send what waits. Uncaught exceptions are not captured any more.

        Returns when every event is delivered or counted as lost. A server that is down gets the configured retries
        once; what waits after that is counted as lost. Calling it again does nothing.

        With a journal a server that is away is not asked any more, and one that takes nothing for two seconds is not
        waited for: what is on disk stays there for the next process, counted as ``journalled``. Events that are in
        memory alone, since the journal does not work, get the retries as without one.
        """
        try:
            if self.exception_capture is not None:
                self.exception_capture.close()
        finally:
            self._shutdown(None, _greenlets.pause())
            self._drain()
            _exit.clients.discard(self)

    def _drain(self) -> None:
        """Say what the worker could not say itself: it never runs Python."""
        here = threading.get_ident()
        if here in self._telling:
            return  # a handler or `on_error` came back to us: what is new is for the next call
        self._telling.add(here)
        try:
            self._tell()
        finally:
            self._telling.discard(here)

    def _tell(self) -> None:
        for level, line in self._take_notes():
            getattr(log, level)("%s", line)
        for status, message, is_dropped, lost in self._take_lost():
            if self.on_error is None:
                continue
            events = [json.loads(event) for event in lost]
            try:
                self.on_error(self._error_of(status, message, is_dropped, events), events)
            except Exception:
                log.exception("on_error failed")

    def _error_of(self, status: int | None, message: str, is_dropped: bool, events: list[dict[str, Any]]) -> Exception:
        """Return what ``on_error`` is told about a batch."""
        if is_dropped or (status is not None and self._mode == "v1"):
            from posthog.capture_v1 import CaptureV1Error  # noqa: PLC0415 - few clients speak it

            dropped = [(event["uuid"], message) for event in events] if is_dropped else []
            return CaptureV1Error(_OK if status is None else status, message, drops=dropped)
        return ServerUnreachableError(message) if status is None else APIError(status, message)
