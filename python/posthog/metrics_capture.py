"""Metrics: none is sent in this version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from posthog._later import say

if TYPE_CHECKING:
    from posthog.client import Client

__all__ = ["PostHogMetrics"]


class PostHogMetrics:
    """The metrics of a client; what is counted here goes nowhere, which the log says once."""

    def __init__(self, client: Client, config: dict[str, Any] | None = None) -> None:
        self.client = client
        self.config = config

    def count(
        self, name: str, value: float = 1, unit: str | None = None, attributes: dict[str, Any] | None = None
    ) -> None:
        """Count nothing."""
        _say()

    def gauge(self, name: str, value: float, unit: str | None = None, attributes: dict[str, Any] | None = None) -> None:
        """Measure nothing."""
        _say()

    def histogram(
        self, name: str, value: float, unit: str | None = None, attributes: dict[str, Any] | None = None
    ) -> None:
        """Measure nothing."""
        _say()

    def flush(self) -> None:
        """Send nothing."""

    def reset(self) -> None:
        """Forget nothing."""


def _say() -> None:
    say("client.metrics", "what it counts is not sent")
