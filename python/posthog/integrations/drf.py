"""Django REST framework: reports the exceptions that it turns into answers of its own.

Django never hears of those, so the middleware cannot report them. Name the handler in the framework's settings:

    REST_FRAMEWORK = {"EXCEPTION_HANDLER": "posthog.integrations.drf.exception_handler"}

Who already has a handler wraps it with `create_exception_handler`.
"""

from collections.abc import Callable, Container, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import django.conf
from django.http import HttpRequest

from posthog.contexts import _default_capture_exceptions
from posthog.integrations.django import exceptions, settings
from posthog.integrations.django.callbacks import asked_filter, tell_once
from posthog.integrations.django.paths import client_of
from posthog.integrations.django.reader import RequestReader
from posthog.integrations.django.record import record_of

if TYPE_CHECKING:
    from posthog.client import Client

__all__ = ["create_exception_handler", "exception_handler"]

#: What the framework calls with an exception and ``{"view": .., "request": .., "args": .., "kwargs": ..}``.
Handler = Callable[[Exception, Mapping[str, Any]], Any]
#: Asked with the exception, the response and the handler's second argument.
Filter = Callable[[Exception, Any, Mapping[str, Any]], bool]

_CLIENT: Final = "POSTHOG_DRF_CLIENT"
_SOURCE: Final = "django_rest_framework.exception_handler"
_CLIENT_ERRORS: Final = range(400, 500)


def create_exception_handler(
    handler: Handler | None = None,
    *,
    client: "Client | None" = None,
    capture_exceptions: bool | None = None,
    capture_4xx: bool = False,
    exception_filter: Filter | None = None,
) -> Handler:
    """Return a handler that answers as *handler* does, and captures exceptions that it answers as server errors.

    The answer is never changed, whatever goes wrong while capturing. What *handler* leaves unanswered, the framework
    raises again, and the middleware reports it. Exceptions of requests that `POSTHOG_MW_REQUEST_FILTER` turns away,
    and those of `POSTHOG_MW_IGNORE_EXCEPTIONS`, are not captured.

    Args:
        handler: Makes the answers; the framework's own handler unless given.
        client: Who captures; `POSTHOG_DRF_CLIENT`, else `POSTHOG_MW_CLIENT`, else the global client unless given.
        capture_exceptions: Whether anything is captured; as `POSTHOG_MW_CAPTURE_EXCEPTIONS` says unless given.
        capture_4xx: Capture what is answered as the client's error too. Without it the status decides as in
            `POSTHOG_MW_CAPTURE_STATUS`: 500 to 599.
        exception_filter: Asked with the exception, the response and the framework's context before an exception is
            captured; where it answers false, it is not.

    """

    def answer(exc: Exception, context: Mapping[str, Any]) -> Any:
        response = (handler or _handler_of_framework())(exc, context)
        if response is None:
            return None
        try:
            options = settings.read_options()
            reporting_client = client or _client_of_site() or options.client
            wanted = options.capture_exceptions if capture_exceptions is None else capture_exceptions
            if (
                _default_capture_exceptions(wanted, reporting_client)
                and _is_reported(response, options.capture_status, capture_4xx=capture_4xx)
                and not isinstance(exc, options.ignore_exceptions)
                and _passes(exception_filter, exc, response, context)
                and _is_tracked_news(exc, context)
            ):
                exceptions.send(reporting_client, exc, handled=True, source=_SOURCE)
        except Exception:
            tell_once(_SOURCE, "an exception of a REST view could not be captured", with_traceback=True)
        return response

    return answer


#: Answers as the framework does, and captures the exceptions that end in a server error.
exception_handler: Final = create_exception_handler()


def _handler_of_framework() -> Handler:
    try:
        from rest_framework.views import exception_handler as handler  # noqa: PLC0415 - an optional dependency
    except ModuleNotFoundError as error:
        message = (
            "posthog.integrations.drf answers as Django REST framework does, and that is not installed: "
            "install djangorestframework, or give create_exception_handler a handler"
        )
        raise ModuleNotFoundError(message, name=error.name) from error
    found: Handler = handler
    return found


def _client_of_site() -> "Client | None":
    return client_of(_CLIENT, getattr(django.conf.settings, _CLIENT, None))


def _is_reported(response: Any, statuses: Container[int], *, capture_4xx: bool) -> bool:
    status = getattr(response, "status_code", None)
    if not isinstance(status, int):
        return False
    if capture_4xx and status in _CLIENT_ERRORS:
        return True
    # "all" means what the official package reports, and of answered exceptions that is the server's errors.
    return status in (settings.SERVER_ERRORS if statuses is settings.EVERY_STATUS else statuses)


def _passes(exception_filter: Filter | None, exc: Exception, response: Any, context: Mapping[str, Any]) -> bool:
    return exception_filter is None or asked_filter(
        "exception_filter", partial(exception_filter, exc, response), context
    )


def _is_tracked_news(exc: Exception, context: Mapping[str, Any]) -> bool:
    """Return whether the request is tracked and *exc* not yet reported, by what the middleware remembers of it."""
    request = context.get("request")
    request = getattr(request, "_request", request)
    if not isinstance(request, HttpRequest):
        return True
    middleware = exceptions.current_reporter()
    reader = middleware if isinstance(middleware, RequestReader) else _without_middleware()
    record = record_of(request)
    return reader._is_tracked(request, record) and record.is_news(exc)  # noqa: SLF001 - the filter is asked once


def _without_middleware() -> RequestReader:
    reader = RequestReader()
    reader.apply_settings()
    return reader
