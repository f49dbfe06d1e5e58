"""Django: a context for every request, and its failures reported.

Add ``"posthog.integrations.django.PosthogContextMiddleware"`` to ``MIDDLEWARE``. Importing this package needs neither
Django nor configured settings; the middleware is loaded when it is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posthog.integrations.django.bound import bind_request
    from posthog.integrations.django.middleware import PosthogContextMiddleware

__all__ = ["PosthogContextMiddleware", "bind_request"]

_MODULE_OF = {"PosthogContextMiddleware": "middleware", "bind_request": "bound"}


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    found = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
