"""The client: the handle that captures."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from posthog import _clients, _exit, _native, _test_mode, contexts
from posthog._log import log
from posthog._options import name_options_without_effect
from posthog._system import system_properties
from posthog.request import APIError, ServerUnreachableError
from posthog.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime
    from uuid import UUID

    from posthog.args import ID_TYPES
    from posthog.types import BeforeSendCallback, OnErrorCallback

    _F = TypeVar("_F", bound="Callable[..., Any]")

__all__ = ["Client"]

LIBRARY = "posthog-python"
"""``$lib`` and the name in ``User-Agent``: dashboards and servers know the official package by it."""


_DEFAULT_QUEUE_SIZE = 10000

_MODE = "POSTHOG_CAPTURE_MODE"
_COMPRESSION = "POSTHOG_CAPTURE_COMPRESSION"


class Client(_native.Client):
    """Captures events and exceptions, and delivers them in the background.

    The constructor starts nothing: the first event starts a native thread that sends batches, also in each forked
    child. Without a key the client is disabled, which is logged unless it was asked to be.

    Args:
        project_api_key: The project's key.
        host: Where events go; ``https://us.i.posthog.com`` unless given.
        debug: Log at level DEBUG, and raise what goes wrong in ``capture`` and its like.
        max_queue_size: Events that may wait; one more is refused (``None`` is returned) and counted.
        send: ``False`` builds events and returns their ids, but sends nothing.
        on_error: ``on_error(exception, events)`` for a batch that is finally lost; called from the next capture, flush,
            shutdown or the exit of the process.
        flush_at: Events in one request, at most.
        flush_interval: Seconds an event waits for company.
        gzip: Compress requests.
        capture_mode: Which requests the server is sent: ``v0``, or ``v1``, in which it speaks of each event; as the
            environment variable ``POSTHOG_CAPTURE_MODE`` says unless given, else ``v0``.
        capture_compression: How those of ``v1`` are compressed: ``none``, ``gzip``, ``deflate`` or ``zstd``; as
            ``POSTHOG_CAPTURE_COMPRESSION`` says unless given, else as *gzip* says.
        max_retries: Tries after the first, for a batch the server cannot take now.
        sync_mode: Send each event on the calling thread, in a request of its own, with a single try.
        timeout: Seconds one request may take.
        disabled: Capture nothing.
        disable_geoip: Ask the server not to look up where events come from.
        is_server: Put ``$is_server`` on events.
        historical_migration: Mark events as imported from the past.
        super_properties: Properties over those of every event.
        enable_exception_autocapture: Capture exceptions that leave a context (see ``new_context``).
        log_captured_exceptions: Write captured exceptions to the log too.
        project_root: Files below it are the project's own; the working directory unless given.
        in_app_modules: Modules that are the project's own, wherever their files lie.
        journal_dir: Keeps events in files below this directory until they are delivered: they survive the death of the
            process, and a failing server costs none. ``"on"`` means ``/var/tmp/hogback-`` and the user's number,
            ``"off"`` keeps none; as the environment variable ``POSTHOG_JOURNAL`` says unless given, else on.
        journal_max_bytes: What the journals of all processes below that directory may take together; 256 MiB unless
            given, and never more than a twentieth of what is free. Then the oldest events make room, and are counted.
        journal_sync: Seconds after which what is in the journal is brought to the disk itself, which a power cut
            cannot take back; never unless given.
        tell_losses: Tell the server what was lost, in an event ``$sdk_report`` beside others, once a minute at most.
        before_send: Gets each event as a dict, returns it, changed or not, or ``None`` to drop it.

    The other parameters are those of the official package and have no effect yet (see ``posthog._options``).

    Example:
        >>> from posthog import Posthog
        >>> client = Posthog("phc_key", host="http://localhost:4640", send=False)
        >>> uuid = client.capture("order placed", distinct_id="user-7", properties={"total": 12.5})
        >>> client.shutdown()

    """

    log: ClassVar[logging.Logger] = log

    def __init__(
        self,
        project_api_key: str,
        host: str | None = None,
        debug: bool = False,
        max_queue_size: int = _DEFAULT_QUEUE_SIZE,
        send: bool = True,
        on_error: OnErrorCallback | None = None,
        flush_at: int = 100,
        flush_interval: float = 5.0,
        gzip: bool = False,
        max_retries: int = 3,
        sync_mode: bool = False,
        timeout: float = 15,
        thread: int = 1,
        poll_interval: int = 30,
        personal_api_key: str | None = None,
        disabled: bool = False,
        disable_geoip: bool = True,
        is_server: bool = True,
        historical_migration: bool = False,
        feature_flags_request_timeout_seconds: float = 3,
        feature_flags_request_max_retries: int = 1,
        super_properties: dict[str, Any] | None = None,
        enable_exception_autocapture: bool = False,
        log_captured_exceptions: bool = False,
        project_root: str | None = None,
        privacy_mode: bool = False,
        before_send: BeforeSendCallback | None = None,
        flag_fallback_cache_url: str | None = None,
        enable_local_evaluation: bool = True,
        flag_definition_cache_provider: Any = None,
        capture_exception_code_variables: bool = False,
        code_variables_mask_patterns: list[str] | None = None,
        code_variables_ignore_patterns: list[str] | None = None,
        code_variables_mask_url_credentials: bool | None = None,
        code_variables_detect_secrets: bool | None = None,
        in_app_modules: list[str] | None = None,
        enable_exception_autocapture_rate_limiting: bool = False,
        exception_autocapture_bucket_size: float = 50,
        exception_autocapture_refill_rate: float = 10,
        exception_autocapture_refill_interval_seconds: float = 10,
        capture_mode: Any = None,
        capture_compression: Any = None,
        secret_key: str | None = None,
        metrics: dict[str, Any] | None = None,
        enable_full_ai_capture: bool = False,
        capture_trace_context: bool = False,
        _use_ai_lane: bool = False,
        _enable_multimodal_capture: bool = False,
        traces: dict[str, Any] | None = None,
        app_host: str | None = None,
        email_request_timeout_seconds: float = 15,
        email_request_max_retries: int = 2,
        migrated_from: str | None = None,
        *,
        journal_dir: str | os.PathLike[str] | None = None,
        journal_max_bytes: int | None = None,
        journal_sync: float | None = None,
        tell_losses: bool = False,
    ) -> None:
        name_options_without_effect(locals())
        mode, compression = _wire(capture_mode, capture_compression, bool(gzip))
        self.api_key = _stripped(project_api_key)
        self.raw_host = _native.ingestion_host(host or "")
        self.host = self.raw_host
        self.on_error = on_error
        self.timeout = timeout
        self.gzip = gzip
        self.capture_mode = mode
        self.capture_compression = compression
        self.flush_at = flush_at
        self.flush_interval = flush_interval
        self.max_queue_size = max_queue_size
        self.max_retries = max(0, max_retries)
        self.historical_migration = historical_migration
        self.enable_exception_autocapture = enable_exception_autocapture
        self.log_captured_exceptions = log_captured_exceptions
        self.project_root = project_root
        self.in_app_modules = in_app_modules
        self.privacy_mode = privacy_mode
        self.secret_key = secret_key or personal_api_key
        self.personal_api_key = self.secret_key
        self.poll_interval = poll_interval
        self._telling: set[int] = set()

        self.journal_dir = _journal_dir(journal_dir)

        self.debug = debug
        self.send = send
        self.sync_mode = sync_mode
        self.is_server = is_server
        self.disable_geoip = disable_geoip
        self.super_properties = super_properties
        self.before_send = _checked_hook(before_send)
        self.disabled = disabled or not self.api_key
        if debug:
            logging.basicConfig()
        log.setLevel(logging.DEBUG if debug else logging.WARNING)
        if not self.api_key and not disabled:
            log.error("the project's API key is empty: this client captures nothing")
        self._open(
            api_key=self.api_key,
            host=self.host,
            library=(LIBRARY, VERSION),
            system=system_properties(),
            release_id=(os.environ.get("POSTHOG_RELEASE_ID") or "").strip() or None,
            flush_at=max(1, flush_at),
            flush_interval=max(0.0, flush_interval),
            # The default bounds memory only, where there is a journal; a number of the program's own bounds that too.
            max_queue_size=None if max_queue_size == _DEFAULT_QUEUE_SIZE else max(1, max_queue_size),
            journal=self.journal_dir,
            journal_max_bytes=journal_max_bytes,
            journal_sync=journal_sync,
            tell_losses=bool(tell_losses),
            mode=mode,
            compression=compression,
            max_retries=self.max_retries,
            timeout=timeout,
            historical_migration=bool(historical_migration),
            report_lost=on_error is not None,
            project_root=project_root or _working_directory(),
            in_app_modules=in_app_modules or [],
        )
        if on_error is not None:
            _exit.clients.add(self)
        _clients.add(self)
        _test_mode.apply()

    # Contexts, bound to this client.

    def new_context(self, fresh: bool = False, capture_exceptions: bool | None = None) -> AbstractContextManager[None]:
        """Open a context whose exceptions this client captures. See :func:`posthog.contexts.new_context`."""
        return contexts.new_context(fresh, capture_exceptions, self)

    def scoped(self, fresh: bool = False, capture_exceptions: bool | None = None) -> Callable[[_F], _F]:
        """Run a function in a context whose exceptions this client captures. See :func:`posthog.contexts.scoped`."""
        return contexts._scoped(fresh, capture_exceptions, self)  # noqa: SLF001 - a function of ours

    def tag(self, name: str, value: Any) -> None:
        """Put a property on every event of the current context."""
        contexts.tag(name, value)

    def get_tags(self) -> dict[str, Any]:
        """Return the tags of the current context."""
        return contexts.get_tags()

    def identify_context(self, distinct_id: str) -> None:
        """Say who the current context is about."""
        contexts.identify_context(distinct_id)

    def set_context_session(self, session_id: str) -> None:
        """Say which visit the current context belongs to."""
        contexts.set_context_session(session_id)

    def set_context_device_id(self, device_id: str) -> None:
        """Say which device the current context belongs to."""
        contexts.set_context_device_id(device_id)

    # Capturing: `capture`, `set`, `set_once` and `capture_exception` are native.

    def group_identify(
        self,
        group_type: str,
        group_key: str,
        properties: dict[str, Any] | None = None,
        timestamp: datetime | str | None = None,
        uuid: str | UUID | None = None,
        disable_geoip: bool | None = None,
        distinct_id: ID_TYPES | None = None,
    ) -> str | None:
        """Set properties of a group, and return the event's id.

        Args:
            group_type: As ``company``; an empty one is refused with a warning.
            group_key: Which group of that type; an empty one is refused with a warning.
            properties: The group's properties.
            timestamp: When; now unless given.
            uuid: The event's id; a new one unless given.
            disable_geoip: Overrides the client's setting.
            distinct_id: Who sets them; the context's distinct id, or nobody.

        """
        if _missing(group_type) or _missing(group_key):
            log.warning("group_identify needs the group's type and key, not %r and %r", group_type, group_key)
            return None
        fixed = {"$group_type": group_type, "$group_key": group_key, "$group_set": properties or {}}
        return self._guarded(
            "group_identify",
            lambda: self._group_identify(
                fixed, timestamp=timestamp, uuid=uuid, disable_geoip=disable_geoip, distinct_id=distinct_id
            ),
        )

    def alias(
        self,
        previous_id: ID_TYPES,
        distinct_id: ID_TYPES | None,
        timestamp: datetime | str | None = None,
        uuid: str | UUID | None = None,
        disable_geoip: bool | None = None,
    ) -> str | None:
        """Say that two ids are one person's, and return the event's id.

        Args:
            previous_id: The id used so far; an empty one is refused with a warning.
            distinct_id: The id used from now on; the context's unless given.
            timestamp: When; now unless given.
            uuid: The event's id; a new one unless given.
            disable_geoip: Overrides the client's setting.

        """
        new_id = contexts.get_context_distinct_id() if _missing(distinct_id) else str(distinct_id)
        if _missing(previous_id) or not new_id:
            log.warning("alias needs the previous and the new id, not %r and %r", previous_id, new_id)
            return None
        previous = str(previous_id)
        return self._guarded(
            "alias",
            lambda: self._alias(
                {"distinct_id": previous, "alias": new_id},
                distinct_id=previous,
                timestamp=timestamp,
                uuid=uuid,
                disable_geoip=disable_geoip,
            ),
        )

    # Lifecycle.

    def flush(self, timeout_seconds: float | None = 10) -> None:
        """Wait until every event captured before the call is delivered or counted as lost.

        The client goes on either way, and nothing is raised. With a journal it does not wait for a server that is away:
        the events are on disk.

        Args:
            timeout_seconds: How long to wait at most; ``None`` waits for ever. When it is over, the number of events
                still waiting is logged, as it is when the server is away.

        """
        start = time.monotonic()
        if not self._flush(timeout_seconds):
            waiting, seconds = self.stats().get("waiting"), time.monotonic() - start
            log.warning("flush: %s events still wait after %.1f seconds", waiting, seconds)
        self._drain()

    def join(self) -> None:
        """Do as :meth:`shutdown` does."""
        self.shutdown()

    def shutdown(self) -> None:
        """Take no more events, and send what waits.

        Returns when every event is delivered or counted as lost. A server that is down gets the configured retries
        once; what waits after that is counted as lost. Calling it again does nothing.

        With a journal a server that is away is not asked any more, and one that takes nothing for two seconds is not
        waited for: what is on disk stays there for the next process, counted as ``journalled``. Events that are in
        memory alone, since the journal does not work, get the retries as without one.
        """
        self._shutdown(None)
        self._drain()
        _exit.clients.discard(self)

    def _guarded(self, name: str, call: Callable[[], str | None]) -> str | None:
        """Log what goes wrong and answer ``None``, unless in debug."""
        try:
            return call()
        except Exception:
            if self.debug:
                raise
            log.exception("%s failed", name)
            return None

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
        for status, message, events in self._take_lost():
            if self.on_error is None:
                continue
            error = ServerUnreachableError(message) if status is None else APIError(status, message)
            try:
                self.on_error(error, [json.loads(event) for event in events])
            except Exception:
                log.exception("on_error failed")


def _stripped(key: Any) -> str:
    return str(key or "").strip()


def _missing(identifier: Any) -> bool:
    return identifier is None or identifier == ""


def _checked_hook(before_send: Any) -> Any:
    if before_send is None or callable(before_send):
        return before_send
    log.warning("before_send must be callable, not %r: it is ignored", before_send)
    return None


def _journal_dir(given: str | os.PathLike[str] | None) -> str | None:
    """Return where the journal is kept, if it is."""
    asked = os.fspath(os.environ.get("POSTHOG_JOURNAL", "") if given is None else given) or "on"
    return None if asked.strip().lower() == "off" else str(_native.journal_directory(asked))


def _wire(mode: Any, compression: Any, gzip: bool) -> tuple[str, str]:
    """Return the capture mode and the compression of a client."""
    variables = os.environ
    if mode is None and compression is None and not (_MODE in variables or _COMPRESSION in variables):
        return "v0", "gzip" if gzip else "none"  # nearly always, and without the time to import what follows
    from posthog.capture_compression import chosen as chosen_compression  # noqa: PLC0415
    from posthog.capture_mode import chosen as chosen_mode  # noqa: PLC0415

    chosen = chosen_mode(mode)
    return chosen, chosen_compression(compression, chosen, gzip)


def _working_directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - importing pathlib costs more than all of this module
    except OSError:
        # The folder is gone; then nothing is below it.
        return None
