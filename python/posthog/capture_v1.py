"""What went wrong in capture v1, where a server speaks of each event."""

from __future__ import annotations

from posthog.request import APIError

__all__ = ["CaptureV1Error"]


class CaptureV1Error(APIError):
    """Events were lost in capture v1.

    Attributes:
        drops: Id and reason of each event that the server took no part of, though it took the request.
        retry_exhausted: Ids of events that were tried often enough: none, since they are tried until they arrive.
        attempts: How often the request was made; 0: not known any more.
        request_id: The request's id; ``None``: not known any more.

    """

    def __init__(
        self,
        status: int | str,
        message: str,
        retry_after: float | None = None,
        *,
        drops: list[tuple[str, str]] | None = None,
        retry_exhausted: list[str] | None = None,
        attempts: int = 0,
        request_id: str | None = None,
    ) -> None:
        super().__init__(status, message, retry_after)
        self.drops = drops or []
        self.retry_exhausted = retry_exhausted or []
        self.attempts = attempts
        self.request_id = request_id
