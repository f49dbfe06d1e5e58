"""Spans: none is recorded in this version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Span"]


class Span:
    """A span that records nothing, as the official package gives where tracing is off.

    Example:
        >>> from posthog.tracing import Span
        >>> with Span() as span:
        ...     span.set_attribute("rows", 3).update_name("query") is span
        True

    """

    def set_attribute(self, key: str, value: Any) -> Self:
        """Record nothing, and return the span."""
        return self

    def set_attributes(self, attributes: Mapping[str, Any]) -> Self:
        """Record nothing, and return the span."""
        return self

    def add_event(
        self, name: str, attributes: Mapping[str, Any] | None = None, timestamp: datetime | float | None = None
    ) -> Self:
        """Record nothing, and return the span."""
        return self

    def record_exception(self, exception: BaseException) -> Self:
        """Record nothing, and return the span."""
        return self

    def set_status(self, code: str, message: str | None = None) -> Self:
        """Record nothing, and return the span."""
        return self

    def update_name(self, name: str) -> Self:
        """Record nothing, and return the span."""
        return self

    def traceparent(self) -> str | None:
        """Return the W3C header for other services: there is none."""

    def tracestate(self) -> str | None:
        """Return the W3C header for other services: there is none."""

    def end(self, end_time: datetime | float | None = None) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()
