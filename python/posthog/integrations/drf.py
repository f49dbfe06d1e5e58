"""Django REST framework: reports the exceptions that it turns into answers of its own.

Django never hears of those, so the middleware cannot report them. Name the handler in the framework's settings:

    REST_FRAMEWORK = {"EXCEPTION_HANDLER": "posthog.integrations.drf.exception_handler"}

Who already has a handler wraps it with `create_exception_handler`; with the app `posthog.integrations.django`,
`POSTHOG_DRF_AUTO = True` does either without being told. Views of `adrf` are views of the framework.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from posthog.integrations.django.answered import Rules, answered

if TYPE_CHECKING:
    from posthog.client import Client

__all__ = ["create_exception_handler", "exception_handler"]

#: What the framework calls with an exception and ``{"view": .., "request": .., "args": .., "kwargs": ..}``.
Handler = Callable[[Exception, Mapping[str, Any]], Any]
#: Asked with the exception, the response and the handler's second argument.
Filter = Callable[[Exception, Any, Mapping[str, Any]], bool]

RULES: Final = Rules("django_rest_framework.exception_handler", client_setting="POSTHOG_DRF_CLIENT")
#: The attribute by which our handlers are known.
MARK: Final = "captures_exceptions"


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
    rules = RULES._replace(
        client=client,
        capture_exceptions=capture_exceptions,
        capture_4xx=capture_4xx,
        exception_filter=exception_filter,
    )

    def answer(exc: Exception, context: Mapping[str, Any]) -> Any:
        def handle() -> Any:
            return (handler or _handler_of_framework())(exc, context)

        return answered(rules, handle, exc, django_request(context), context)

    setattr(answer, MARK, True)
    return answer


#: Answers as the framework does, and captures the exceptions that end in a server error.
exception_handler: Final = create_exception_handler()


def django_request(context: Mapping[str, Any]) -> object:
    """Return Django's request in *context*, around which the framework has its own."""
    request = context.get("request")
    return getattr(request, "_request", request)


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
