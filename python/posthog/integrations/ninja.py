"""django-ninja: reports the exceptions that it turns into answers of its own.

Django never hears of those, so the middleware cannot report them. One line has every handler of an API report, those of
the framework and those added later:

    api = NinjaAPI()
    report_exceptions(api)

A single handler is wrapped with `create_exception_handler`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from posthog.integrations.django.answered import Rules, answered

if TYPE_CHECKING:
    from django.http import HttpRequest

    from posthog.client import Client

__all__ = ["create_exception_handler", "report_exceptions"]

#: What the framework calls with the request and the exception.
Handler = Callable[["HttpRequest", Any], Any]
#: Asked with the exception, the response and the request.
Filter = Callable[[Exception, Any, "HttpRequest"], bool]

_RULES: Final = Rules("django_ninja.exception_handler")


class Api(Protocol):
    """The part of a `NinjaAPI` that answers exceptions."""

    #: Finds the handler of an exception, and returns what it answers.
    on_exception: Handler


def create_exception_handler(
    handler: Handler,
    *,
    client: "Client | None" = None,
    capture_exceptions: bool | None = None,
    capture_4xx: bool = False,
    exception_filter: Filter | None = None,
) -> Handler:
    """Return a handler that answers as *handler* does, and captures exceptions that it answers as server errors.

    For `api.add_exception_handler(OutOfStock, create_exception_handler(answer))`. The answer is never changed, whatever
    goes wrong while capturing. What *handler* raises again, the middleware reports. Exceptions of requests that
    `POSTHOG_MW_REQUEST_FILTER` turns away, and those of `POSTHOG_MW_IGNORE_EXCEPTIONS`, are not captured.

    Args:
        handler: Makes the answers.
        client: Who captures; `POSTHOG_MW_CLIENT`, else the global client unless given.
        capture_exceptions: Whether anything is captured; as `POSTHOG_MW_CAPTURE_EXCEPTIONS` says unless given.
        capture_4xx: Capture what is answered as the client's error too. Without it the status decides as in
            `POSTHOG_MW_CAPTURE_STATUS`: 500 to 599.
        exception_filter: Asked with the exception, the response and the request before an exception is captured; where
            it answers false, it is not.

    """
    rules = _RULES._replace(
        client=client,
        capture_exceptions=capture_exceptions,
        capture_4xx=capture_4xx,
        exception_filter=exception_filter,
    )

    def answer(request: "HttpRequest", exc: Any) -> Any:
        return answered(rules, lambda: handler(request, exc), exc, request, request)

    return answer


def report_exceptions(
    api: Api,
    *,
    client: "Client | None" = None,
    capture_exceptions: bool | None = None,
    capture_4xx: bool = False,
    exception_filter: Filter | None = None,
) -> None:
    """Have *api*, a `NinjaAPI`, capture the exceptions that any of its handlers answers as server errors.

    The arguments are those of `create_exception_handler`; a handler that was made with it decides for itself.
    """
    api.on_exception = create_exception_handler(
        api.on_exception,
        client=client,
        capture_exceptions=capture_exceptions,
        capture_4xx=capture_4xx,
        exception_filter=exception_filter,
    )
