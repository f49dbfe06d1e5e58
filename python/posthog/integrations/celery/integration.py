"""Hears from Celery what becomes of tasks."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from celery import signals
from celery.exceptions import TaskPredicate

import posthog
from posthog import contexts
from posthog.integrations import _callbacks, _exceptions
from posthog.integrations._callbacks import tell_once
from posthog.integrations.celery import facts, headers
from posthog.integrations.celery.runs import Run, close, running

if TYPE_CHECKING:
    from collections.abc import Callable

    from posthog.client import Client

#: `$exception_source`.
SOURCE: Final = "celery.task_failure"


class PosthogCeleryIntegration:
    """Has tasks run in a context that says who caused them, tells of their life, and reports their failures.

    The events are ``celery task published``, ``started``, ``success``, ``retry`` and ``failure``, with properties that
    begin with ``celery_``. A task that is to be tried again has not failed. Whatever goes wrong in here, tasks are sent
    and run.

    Args:
        client: Who captures the events and exceptions; the module's client unless given. It does not redirect
            ``posthog.capture`` in tasks.
        capture_exceptions: Whether exceptions that end a task are captured; not those that the task names in
            ``throws``, nor those by which it tells Celery what to do.
        capture_task_lifecycle_events: Whether the life of tasks is told.
        propagate_context: Whether tasks that are sent carry who and which visit, and the program's own tags.
        task_filter: Asked with the name of the task and the properties of an event, before each: where it answers
            false, neither event nor exception is captured. One that raises lets everything pass.

    """

    #: Whether tags of web requests (``$current_url``, ``$ip``, ``email``, ...) travel through the broker too. They do
    #: officially.
    propagate_request_tags: ClassVar[bool] = False

    def __init__(
        self,
        client: Client | None = None,
        capture_exceptions: bool = True,
        capture_task_lifecycle_events: bool = True,
        propagate_context: bool = True,
        task_filter: Callable[[str | None, dict[str, Any]], bool] | None = None,
    ) -> None:
        self.client = client
        self.capture_exceptions = capture_exceptions
        self.capture_task_lifecycle_events = capture_task_lifecycle_events
        self.propagate_context = propagate_context
        self.task_filter = task_filter
        self._is_instrumented = False
        #: What runs, in all threads.
        self._runs: set[Run] = set()
        self._receivers: Final = (
            (signals.before_task_publish, self._on_before_publish),
            (signals.after_task_publish, self._on_after_publish),
            (signals.task_prerun, self._on_prerun),
            (signals.task_success, self._on_success),
            (signals.task_failure, self._on_failure),
            (signals.task_retry, self._on_retry),
            (signals.task_postrun, self._on_postrun),
            (signals.worker_process_shutdown, self._on_process_shutdown),
        )

    def instrument(self) -> None:
        """Hear of all tasks from now on, of every application in this process; doing so again changes nothing."""
        if not self._is_instrumented:
            self._is_instrumented = True
            for signal, receiver in self._receivers:
                signal.connect(receiver, weak=False)

    def uninstrument(self) -> None:
        """Hear of no task any more. The contexts of those that are running end with them."""
        if self._is_instrumented:
            self._is_instrumented = False
            for signal, receiver in self._receivers:
                if signal is not signals.task_postrun:
                    signal.disconnect(receiver)
            self._hear_of_no_end()

    def shutdown(self) -> None:
        """Hear of no task any more, and wait until what was captured is delivered or lost, for 10 seconds at most."""
        self.uninstrument()
        self._flush()

    # -- where tasks are sent ----------------------------------------------------------------------------------------

    def _on_before_publish(self, headers: Any = None, **_signal: Any) -> None:
        """Send along what the current context says."""
        if self.propagate_context and isinstance(headers, MutableMapping):
            with _harmless("before_task_publish"):
                put_context(headers, with_request=self.propagate_request_tags)

    def _on_after_publish(
        self,
        sender: Any = None,
        headers: Any = None,
        exchange: Any = None,
        routing_key: Any = None,
        **_signal: Any,
    ) -> None:
        if self.capture_task_lifecycle_events:
            with _harmless("after_task_publish"):
                sent = headers if isinstance(headers, Mapping) else {}
                self._tell("published", sender, facts.of_message(sender, sent, exchange, routing_key))

    # -- where they run ----------------------------------------------------------------------------------------------

    def _on_prerun(self, sender: Any = None, task_id: Any = None, **_signal: Any) -> None:
        """Open the context of a task."""
        with _harmless("task_prerun"):
            request = getattr(sender, "request", None)
            about = facts.of_run(sender, request, task_id, "started")
            # Called where it runs, it belongs to whoever has called it; from a worker's queue, to nobody there.
            inherits = getattr(request, "is_eager", False) is True
            self._runs.add(Run(self, task_id, headers.incoming(request), about, inherits=inherits))
            if self.capture_task_lifecycle_events:
                self._tell("started", about["celery_task_name"], about)

    def _on_success(self, sender: Any = None, **_signal: Any) -> None:
        with _harmless("task_success"):
            request = getattr(sender, "request", None)
            task_id = getattr(request, "id", None)
            self._end("success", sender, request, running(self, task_id), task_id)

    def _on_retry(self, sender: Any = None, request: Any = None, reason: Any = None, **_signal: Any) -> None:
        with _harmless("task_retry"):
            task_id = getattr(request, "id", None)
            run = running(self, task_id)
            reason = {"celery_reason": facts.said_by(reason)}
            if run is not None:
                self._end("retry", sender, request, run, task_id, reason)
                return
            # The worker speaks for a process that is gone.
            about = facts.of_run(sender, request, task_id, "started")
            run = Run(self, task_id, headers.incoming(request), about, inherits=False)
            try:
                self._end("retry", sender, request, None, task_id, reason)
            finally:
                close(run)

    def _on_failure(self, sender: Any = None, task_id: Any = None, exception: Any = None, **_signal: Any) -> None:
        with _harmless("task_failure"):
            run = running(self, task_id)
            # Without a run the worker speaks for a process that is gone, and knows the request of nobody.
            request = None if run is None else getattr(sender, "request", None)
            self._end("failure", sender, request, run, task_id, facts.of_error(exception), exception)

    def _on_postrun(self, task_id: Any = None, **_signal: Any) -> None:
        """Close the context of a task, however it has ended."""
        with _harmless("task_postrun"):
            run = running(self, task_id)
            if run is not None:
                close(run)
                self._runs.discard(run)
            if not self._is_instrumented:
                self._hear_of_no_end()

    def _hear_of_no_end(self) -> None:
        """Hear of the ends of tasks no more, unless some are running whose contexts have to end."""
        if not self._runs:
            signals.task_postrun.disconnect(self._on_postrun)

    def _on_process_shutdown(self, **_signal: Any) -> None:
        """Send what waits: a worker's process ends without running exit handlers."""
        self._flush()

    # -- what is captured --------------------------------------------------------------------------------------------

    def _end(
        self,
        state: str,
        task: Any,
        request: Any,
        run: Run | None,
        task_id: Any,
        more: Mapping[str, Any] | None = None,
        error: object = None,
    ) -> None:
        """Tell that a try of a task has ended, and report with what."""
        about = facts.of_run(task, request, task_id, state)
        if run is not None:
            about["celery_task_duration_ms"] = run.milliseconds
        about.update(more or {})
        is_reported = self.capture_exceptions and isinstance(error, Exception) and not _is_expected(task, error)
        if not (is_reported or self.capture_task_lifecycle_events):
            return
        if self._is_tracked(about["celery_task_name"], about):
            if is_reported and isinstance(error, Exception):
                _exceptions.send(self.client, error, handled=False, source=SOURCE, mechanism="task")
            if self.capture_task_lifecycle_events:
                self._capture(state, about)

    def _tell(self, state: str, name: Any, about: dict[str, Any]) -> None:
        if self._is_tracked(name, about):
            self._capture(state, about)

    def _is_tracked(self, name: Any, about: dict[str, Any]) -> bool:
        if self.task_filter is None:
            return True
        return _callbacks.verdict("task_filter", _callbacks.guarded("task_filter", self.task_filter, name, about))

    def _capture(self, state: str, about: dict[str, Any]) -> None:
        (self.client or posthog).capture(f"celery task {state}", properties=about)

    def _flush(self) -> None:
        with _harmless("flush"):
            (self.client or posthog).flush()


def put_context(message_headers: MutableMapping[str, Any], *, with_request: bool) -> None:
    """Put what the current context says among the headers of a message."""
    said = headers.Said(contexts.get_context_distinct_id(), contexts.get_context_session_id(), contexts.get_tags())
    ours = headers.outgoing(said, with_request=with_request)
    if ours:
        headers.put(message_headers, ours)


def _is_expected(task: Any, error: Exception) -> bool:
    """Return whether a task that ends with *error* does as it says."""
    throws = getattr(task, "throws", None) or ()
    return isinstance(error, (TaskPredicate, *(throws if isinstance(throws, list | tuple) else (throws,))))


class _harmless:  # noqa: N801 - used as a function
    """End the block at an exception, which is logged once per *place* and process: it is no reason to fail a task."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> bool:
        if kind is None or not issubclass(kind, Exception):
            return False
        tell_once(
            self._place, "observing Celery at %s failed; tasks go on without it", self._place, with_traceback=True
        )
        return True
