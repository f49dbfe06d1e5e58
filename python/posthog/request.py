"""Errors of requests, as ``on_error`` gets them."""

from __future__ import annotations


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


class ServerUnreachableError(ConnectionError):
    """The server gave no answer: refused, timed out, no such host, a certificate that does not fit."""
