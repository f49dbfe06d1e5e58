"""Errors of requests, as ``on_error`` gets them, and where requests go."""

from __future__ import annotations

from typing import Any

from posthog import _native
from posthog._later import say
from posthog.version import VERSION

SocketOptions = list[tuple[int, int, int | bytes]]
"""Options of connections, as `socket.setsockopt` takes them."""

__all__ = [
    "DEFAULT_HOST",
    "EU_APP_ENDPOINT",
    "EU_INGESTION_ENDPOINT",
    "USER_AGENT",
    "US_APP_ENDPOINT",
    "US_INGESTION_ENDPOINT",
    "APIError",
    "QuotaLimitError",
    "ServerUnreachableError",
    "SocketOptions",
    "determine_server_host",
    "disable_connection_reuse",
    "enable_keep_alive",
    "normalize_host",
    "set_socket_options",
]

US_INGESTION_ENDPOINT = "https://us.i.posthog.com"
EU_INGESTION_ENDPOINT = "https://eu.i.posthog.com"
US_APP_ENDPOINT = "https://us.posthog.com"
EU_APP_ENDPOINT = "https://eu.posthog.com"
DEFAULT_HOST = US_INGESTION_ENDPOINT
EVENTS_ENDPOINT = "/batch/"
USER_AGENT = f"posthog-python/{VERSION}"


class APIError(Exception):
    """The server answered, but did not take the events.

    Attributes:
        status: HTTP status.
        message: What the server said.
        retry_after: Seconds the server asked to be left alone, if it did.

    """

    def __init__(self, status: int | str, message: str, retry_after: float | None = None) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"[PostHog] {self.message} ({self.status})"


class QuotaLimitError(APIError):
    """The project has used up what it may."""


class ServerUnreachableError(ConnectionError):
    """The server gave no answer: refused, timed out, no such host, a certificate that does not fit."""


def normalize_host(host: str | None) -> str:
    """Return where a client with this host says it sends to: without blanks, the default if nothing is left."""
    return (host or "").strip() or DEFAULT_HOST


def determine_server_host(host: str | None) -> str:
    """Return where requests go: addresses of the application become those that take events.

    Example:
        >>> from posthog.request import determine_server_host
        >>> determine_server_host("https://eu.posthog.com")
        'https://eu.i.posthog.com'

    """
    return _native.ingestion_host(normalize_host(host))


def set_socket_options(socket_options: SocketOptions | None) -> None:
    """Do nothing: connections are made in the core, with its own options."""
    if socket_options:
        say("set_socket_options", "connections keep their usual options")


def enable_keep_alive() -> None:
    """Do nothing: a connection that has died is noticed by the next request, which is tried again."""
    say("enable_keep_alive", "a connection that has died costs the next request a second try")


def disable_connection_reuse() -> None:
    """Do nothing: connections are used again for as long as the server keeps them."""
    say("disable_connection_reuse", "connections are used again")


class _NoSession:
    """Stands where the official package keeps its connections, which programs close."""

    def close(self) -> None:
        """Do nothing: connections are the core's, and end with the client."""


_session = _NoSession()


def _get_session() -> Any:
    """Return a session of the HTTP library ``requests``, which the official package's own extensions send with."""
    import requests  # noqa: PLC0415 - not needed otherwise, and not installed with this package

    return requests.Session()
