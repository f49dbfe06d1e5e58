"""`POSTHOG_MW_CLIENT_IS_DEFAULT`: inside of requests the module's functions use the middleware's client."""

from typing import TYPE_CHECKING, Any

import posthog
from posthog.integrations.django.exceptions import current_reporter

if TYPE_CHECKING:
    from posthog.client import Client


def turn(value: object) -> None:
    """Have the module ask for the client of the request if *value*, that of the setting, is on, else nobody."""
    posthog._client_here = client_of_request if value is True else None  # noqa: SLF001 - a door of ours


def client_of_request() -> "Client | None":
    """Return the client of the middleware that answers a request here, if that takes the global one's place."""
    reporter: Any = current_reporter()
    return getattr(reporter, "client", None) if getattr(reporter, "client_is_default", False) else None
