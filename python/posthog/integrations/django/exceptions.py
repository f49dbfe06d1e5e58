"""Reports the exceptions of requests: which ones, when, and through which client."""

import sys
import weakref
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import django.conf
from django.core.signals import got_request_exception
from django.utils.module_loading import import_string

import posthog
from posthog.integrations import _exceptions
from posthog.integrations.django.callbacks import tell_once
from posthog.integrations.django.record import chain, existing_record, request_scope

if TYPE_CHECKING:
    from django.http import HttpRequest

    from posthog.client import Client

#: The status that Django answers with when it sends `got_request_exception`.
SERVER_ERROR: Final = 500


@runtime_checkable
class Reporter(Protocol):
    """The part of a middleware that reports exceptions."""

    def on_failure(self, request: "HttpRequest", error: Exception) -> None:
        """Take note of *error*, which Django is about to answer with status 500."""

    def on_failure_outside(self, request: "HttpRequest", error: Exception) -> None:
        """Report *error* where the context of *request* is not current (any more)."""


#: The middleware made last: it answers for requests that failed before or after any middleware of ours had them.
_latest: "weakref.ref[Reporter] | None" = None


def send(
    client: "Client | None",
    error: BaseException,
    *,
    handled: bool,
    source: str = "django.middleware",
    mechanism: str = "middleware",
) -> None:
    """Capture *error* in the current context; nothing that goes wrong in here reaches the request."""
    _exceptions.send(client, error, handled=handled, source=source, mechanism=mechanism)


def send_status(client: "Client | None", status: int) -> None:
    """Capture that a request was answered with *status* in the current context; nothing that goes wrong gets out."""
    capture: Any = posthog.capture if client is None else client.capture
    try:
        capture("$http_error", properties={"$response_status_code": status})
    except Exception:
        tell_once("capture", "a failed answer could not be captured", with_traceback=True)


def current_reporter() -> Reporter | None:
    """Return the middleware that has opened the innermost request context that is current."""
    scope = request_scope()
    return scope.owner if scope is not None and isinstance(scope.owner, Reporter) else None


def latest_reporter() -> Reporter | None:
    """Return the middleware made last, if the site has it now: tests build handlers with and without it."""
    reporter = _latest() if _latest is not None else None
    return reporter if reporter is not None and _is_installed(type(reporter)) else None


def watch(reporter: Reporter) -> None:
    """Let *reporter* hear of every exception that Django turns into status 500, for as long as it lives."""
    global _latest  # noqa: PLW0603 - one receiver for the process, however many handlers are built
    _latest = weakref.ref(reporter)
    got_request_exception.connect(_on_request_exception, dispatch_uid="posthog.integrations.django.exceptions")


def _on_request_exception(*, request: "HttpRequest | None" = None, **_signal: object) -> None:
    error = sys.exc_info()[1]
    if request is None or not isinstance(error, Exception):
        return
    record = existing_record(request)
    if record is not None and any(one is record.candidate for one in chain(error)):
        record.candidate = None  # reported here, by itself or as the cause of what came of it
    reporter = current_reporter()
    if reporter is not None:
        reporter.on_failure(request, error)
        return
    reporter = latest_reporter()
    if reporter is not None:
        reporter.on_failure_outside(request, error)


def _is_installed(middleware: type) -> bool:
    return any(_imported(path) is middleware for path in django.conf.settings.MIDDLEWARE)


def _imported(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError:
        return None
