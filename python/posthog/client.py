"""The client: the handle that captures."""

from __future__ import annotations

import logging
import os
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

from posthog import _clients, _exit, _native, _test_mode
from posthog._capturing import CaptureMethods
from posthog._client_contexts import ContextMethods
from posthog._defaults import (
    DEFAULT_CODE_VARIABLES_DETECT_SECRETS,
    DEFAULT_CODE_VARIABLES_IGNORE_PATTERNS,
    DEFAULT_CODE_VARIABLES_MASK_PATTERNS,
    DEFAULT_CODE_VARIABLES_MASK_URL_CREDENTIALS,
)
from posthog._flags import FlagMethods
from posthog._lifecycle import LifecycleMethods
from posthog._log import log
from posthog._options import without_effect
from posthog._other_methods import OtherMethods
from posthog._system import system_properties
from posthog.version import VERSION

if TYPE_CHECKING:
    from posthog.capture_compression import CaptureCompression
    from posthog.capture_mode import CaptureMode
    from posthog.types import BeforeSendCallback, OnErrorCallback

__all__ = ["Client"]

LIBRARY = "posthog-python"
"""``$lib`` and the name in ``User-Agent``: dashboards and servers know the official package by it."""


_DEFAULT_QUEUE_SIZE = 10000

_MODE = "POSTHOG_CAPTURE_MODE"
_COMPRESSION = "POSTHOG_CAPTURE_COMPRESSION"


class Client(CaptureMethods, ContextMethods, LifecycleMethods, FlagMethods, OtherMethods):
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
        enable_exception_autocapture: Capture exceptions that nobody catches, in threads and event loops too, and those
            that leave a context (see ``new_context``).
        log_captured_exceptions: Write captured exceptions to the log too.
        project_root: Files below it are the project's own; the working directory unless given.
        in_app_modules: Modules that are the project's own, wherever their files lie.
        capture_exception_code_variables: Show the local variables of the project's own calls on exceptions, with what
            looks like a secret masked. Each context may say otherwise.
        code_variables_mask_patterns: Regular expressions; what they find in a variable's name, in a key or in a text is
            masked.
        code_variables_ignore_patterns: Regular expressions; variables whose names they match are left away.
        code_variables_mask_url_credentials: Mask user and password in URLs.
        code_variables_detect_secrets: Mask what looks like a key, whatever it is called.
        enable_exception_autocapture_rate_limiting: Let through so many uncaught exceptions of a class only.
        exception_autocapture_bucket_size: So many at once, less one (see *exception_autocapture_full_bucket*).
        exception_autocapture_refill_rate: So many more after each interval, less one.
        exception_autocapture_refill_interval_seconds: The interval.
        protect_exception_properties: Leave away properties of the program's own that say what only this package and the
            server can know, as ``$exception_list``, with a warning. Officially they win, and are deprecated.
        exception_autocapture_full_bucket: Let the last one of the bucket through too.
        capture_trace_context: Put ``$trace_id`` and ``$span_id`` of the current OpenTelemetry span on all events; on
            exceptions they always are.
        journal_dir: Keeps events in files below this directory until they are delivered: they survive the death of the
            process, and a failing server costs none. ``"on"`` means ``/var/tmp/hogback-`` and the user's number,
            ``"off"`` (or ``"false"``, ``"no"``, ``"0"``) keeps none; as the environment variable ``POSTHOG_JOURNAL``
            says unless given, else on.
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

    def __init__(  # noqa: PLR0915 - one statement for each option
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
        project_root: str | os.PathLike[str] | None = None,
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
        exception_autocapture_full_bucket: bool = False,
        protect_exception_properties: bool = False,
    ) -> None:
        vars(self).update(without_effect(locals()))
        mode, compression = _wire(capture_mode, capture_compression, bool(gzip))
        self.api_key = _stripped(project_api_key)
        self.raw_host = (host or "").strip() or _native.ingestion_host("")
        self.host = _native.ingestion_host(self.raw_host)
        self.on_error = on_error
        self.timeout = timeout
        self.gzip = gzip
        self._mode = mode
        self._compression = compression
        self.flush_at = flush_at
        self.flush_interval = flush_interval
        self.max_queue_size = max_queue_size
        self.max_retries = max(0, max_retries)
        self.historical_migration = historical_migration
        self.enable_exception_autocapture = enable_exception_autocapture
        self.log_captured_exceptions = log_captured_exceptions
        self._project_root = _root(project_root)
        self.capture_exception_code_variables = capture_exception_code_variables
        self.code_variables_mask_patterns = _given(code_variables_mask_patterns, DEFAULT_CODE_VARIABLES_MASK_PATTERNS)
        self.code_variables_ignore_patterns = _given(
            code_variables_ignore_patterns, DEFAULT_CODE_VARIABLES_IGNORE_PATTERNS
        )
        self.code_variables_mask_url_credentials = _given(
            code_variables_mask_url_credentials, DEFAULT_CODE_VARIABLES_MASK_URL_CREDENTIALS
        )
        self.code_variables_detect_secrets = _given(
            code_variables_detect_secrets, DEFAULT_CODE_VARIABLES_DETECT_SECRETS
        )
        self.secret_key = _secret_key(secret_key, personal_api_key)
        self.personal_api_key = self.secret_key
        self.enable_exception_autocapture_rate_limiting = enable_exception_autocapture_rate_limiting
        self.exception_autocapture_bucket_size = exception_autocapture_bucket_size
        self.exception_autocapture_refill_rate = exception_autocapture_refill_rate
        self.exception_autocapture_refill_interval_seconds = exception_autocapture_refill_interval_seconds
        self.exception_capture = None
        self._telling = set()

        self.journal_dir = _journal_dir(journal_dir)

        self.debug = debug
        self.send = send
        self.sync_mode = sync_mode
        self.is_server = is_server
        self.disable_geoip = disable_geoip
        self.capture_trace_context = capture_trace_context
        self.protect_exception_properties = protect_exception_properties
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
        )
        self.in_app_modules = in_app_modules
        if on_error is not None:
            _exit.clients.add(self)
        _clients.add(self)
        _test_mode.apply()
        if enable_exception_autocapture:
            from posthog.exception_capture import ExceptionCapture  # noqa: PLC0415 - see there

            self.exception_capture = ExceptionCapture(
                self,
                enable_exception_autocapture_rate_limiting,
                exception_autocapture_bucket_size,
                exception_autocapture_refill_rate,
                exception_autocapture_refill_interval_seconds,
                exact=exception_autocapture_full_bucket,
            )

    @property
    def project_root(self) -> str | None:
        """Files below it are the project's own."""
        return self._project_root

    @project_root.setter
    def project_root(self, root: str | os.PathLike[str] | None) -> None:
        self._project_root = _root(root)
        self._tell_in_app()

    @property
    def in_app_modules(self) -> list[str] | None:
        """Modules that are the project's own, wherever their files lie."""
        return self._in_app_modules

    @in_app_modules.setter
    def in_app_modules(self, modules: list[str] | None) -> None:
        self._in_app_modules = modules
        self._tell_in_app()

    def _tell_in_app(self) -> None:
        modules = [module for module in self._in_app_modules or [] if isinstance(module, str)]
        self._set_in_app(self._project_root, modules)

    @property
    def capture_mode(self) -> CaptureMode:
        """Which requests the server is sent."""
        from posthog.capture_mode import CaptureMode  # noqa: PLC0415 - few programs ask

        return CaptureMode(self._mode)

    @property
    def capture_compression(self) -> CaptureCompression:
        """How requests of capture v1 are compressed."""
        from posthog.capture_compression import CaptureCompression  # noqa: PLC0415 - few programs ask

        return CaptureCompression(self._compression)


def _stripped(key: Any) -> str:
    return str(key or "").strip()


def _given(value: Any, default: Any) -> Any:
    return default if value is None else value


def _secret_key(secret_key: str | None, personal_api_key: str | None) -> str | None:
    """Return the key that opens flags and the like, under its name of today or its former one."""
    if secret_key and personal_api_key:
        log.warning("both secret_key and personal_api_key were given: secret_key is used")
    elif personal_api_key:
        warnings.warn("personal_api_key is deprecated: say secret_key", DeprecationWarning, stacklevel=3)
    return _stripped(secret_key) or _stripped(personal_api_key) or None


def _checked_hook(before_send: Any) -> Any:
    if before_send is None or callable(before_send):
        return before_send
    log.warning("before_send must be callable, not %r: it is ignored", before_send)
    return None


def _journal_dir(given: str | os.PathLike[str] | None) -> str | None:
    """Return where the journal is kept, if it is."""
    asked = os.fspath(os.environ.get("POSTHOG_JOURNAL", "") if given is None else given) or "on"
    directory = _native.journal_directory(asked)
    return None if directory is None else str(directory)


def _wire(mode: Any, compression: Any, gzip: bool) -> tuple[str, str]:
    """Return the capture mode and the compression of a client."""
    variables = os.environ
    if mode is None and compression is None and not (_MODE in variables or _COMPRESSION in variables):
        return "v0", "gzip" if gzip else "none"  # nearly always, and without the time to import what follows
    from posthog.capture_compression import chosen as chosen_compression  # noqa: PLC0415
    from posthog.capture_mode import chosen as chosen_mode  # noqa: PLC0415

    chosen = chosen_mode(mode)
    return chosen, chosen_compression(compression, chosen, gzip)


def _root(given: str | os.PathLike[str] | None) -> str | None:
    """Return where the project lies."""
    return os.fspath(given) if given else _working_directory()


def _working_directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - importing pathlib costs more than all of this module
    except OSError:
        # The folder is gone; then nothing is below it.
        return None
