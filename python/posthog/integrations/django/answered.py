"""Reports the exceptions that a framework answers by itself: Django never hears of those, nor does the middleware."""

from collections.abc import Callable, Container
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from posthog.contexts import _captures_exceptions
from posthog.integrations.django import exceptions, settings
from posthog.integrations.django.callbacks import asked_filter, tell_once
from posthog.integrations.django.paths import client_of
from posthog.integrations.django.reader import reader_of
from posthog.integrations.django.record import record_of
from posthog.integrations.django.threads import NotHereError

if TYPE_CHECKING:
    from posthog.client import Client

_CLIENT_ERRORS: Final = range(400, 500)


class Rules(NamedTuple):
    """Which answered exceptions are captured, and by whom; `None` means as the site's settings say."""

    #: `$exception_source`.
    source: str
    client: "Client | None" = None
    capture_exceptions: bool | None = None
    capture_4xx: bool = False
    #: Asked with the exception, the response, and what the framework tells its handlers.
    exception_filter: Callable[[Any, Any, Any], bool] | None = None
    #: The setting that names the client of this framework, where it has one.
    client_setting: str | None = None


#: Where a handler of ours, inside of another, notes that it has decided about the exception.
_decisions: ContextVar[list[Exception] | None] = ContextVar("posthog_decisions", default=None)


def answered(rules: Rules, handle: Callable[[], Any], error: Exception, request: Any, told: object) -> Any:
    """Return what *handle* answers to *error*, and capture *error* as *rules* say.

    The answer is never changed, whatever goes wrong while capturing. What is left unanswered (`None`, or raised again)
    is left to the middleware. Where a handler inside of *handle* has decided about the exception, it stays with that.

    Args:
        rules: What is captured.
        handle: Makes the answer.
        error: The exception.
        request: Django's request, if there is one.
        told: What the filter is asked with, beside the exception and the response.

    """
    decisions: list[Exception] = []
    token = _decisions.set(decisions)
    try:
        response = handle()
    finally:
        _decisions.reset(token)
    if response is None:
        return None
    around = _decisions.get()
    if around is not None:
        around.append(error)
    if not decisions:
        try:
            _consider(rules, error, response, request, told)
        except Exception:
            tell_once(rules.source, "an exception that was answered could not be captured", with_traceback=True)
    return response


def _consider(rules: Rules, error: Exception, response: Any, request: Any, told: object) -> None:
    options = settings.read_options()
    client = rules.client or _client_at(rules.client_setting) or options.client
    wanted = options.capture_exceptions if rules.capture_exceptions is None else rules.capture_exceptions
    if (
        _captures_exceptions(wanted, client)
        and _is_reported(response, options.capture_status, capture_4xx=rules.capture_4xx)
        and not isinstance(error, options.ignore_exceptions)
        and _passes(rules.exception_filter, error, response, told)
        and _is_tracked_news(error, request)
    ):
        exceptions.send(client, error, handled=True, source=rules.source)


def _client_at(setting: str | None) -> "Client | None":
    return None if setting is None else client_of(setting, settings.value_of(setting))


def _is_reported(response: Any, statuses: Container[int], *, capture_4xx: bool) -> bool:
    status = getattr(response, "status_code", None)
    if not isinstance(status, int):
        return False
    if capture_4xx and status in _CLIENT_ERRORS:
        return True
    # "all" means what the official package reports, and of answered exceptions that is the server's errors.
    return status in (settings.SERVER_ERRORS if statuses is settings.EVERY_STATUS else statuses)


def _passes(
    exception_filter: Callable[[Any, Any, Any], bool] | None, error: Exception, response: Any, told: object
) -> bool:
    if exception_filter is None:
        return True
    try:
        return asked_filter("exception_filter", partial(exception_filter, error, response), told)
    except NotHereError:  # it wants to wait, and an event loop must not: as a filter that fails
        return True


def _is_tracked_news(error: Exception, request: Any) -> bool:
    """Return whether *request* is tracked and *error* not yet reported, by what the middleware remembers of it."""
    if request is None:
        return True
    reader = reader_of(exceptions.current_reporter())
    record = record_of(request)
    return reader._is_tracked(request, record) and record.is_news(error)  # noqa: SLF001 - the filter is asked once
