"""Django: a context for every request, and its failures reported.

Add ``"posthog.integrations.django.PosthogContextMiddleware"`` to ``MIDDLEWARE``. Importing this package needs neither
Django nor configured settings; the middleware is loaded when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posthog.integrations.django.middleware import PosthogContextMiddleware

__all__ = ["PosthogContextMiddleware"]


def __getattr__(name: str) -> Any:
    if name != "PosthogContextMiddleware":
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from posthog.integrations.django.middleware import PosthogContextMiddleware  # noqa: PLC0415 - see the docstring

    globals()[name] = PosthogContextMiddleware
    return PosthogContextMiddleware


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
