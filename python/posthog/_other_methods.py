"""The parts of a client that are not events: traces, metrics, e-mails. None does anything in this version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from posthog import _native
from posthog._later import say

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from posthog.emails import Emails
    from posthog.metrics_capture import PostHogMetrics
    from posthog.tracing import Span


class OtherMethods(_native.Client):
    """Names that a program may call, and that do no work."""

    privacy_mode: bool
    enable_full_ai_capture: bool
    app_host: str | None
    traces: dict[str, Any] | None
    thread: int

    def start_span(
        self,
        name: str,
        *,
        kind: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        parent: Span | str | None = None,
        tracestate: str | None = None,
        start_time: datetime | float | None = None,
    ) -> Span:
        """Return a span that records nothing."""
        from posthog.tracing import Span  # noqa: PLC0415 - few programs ask

        say("start_span", "spans record nothing")
        return Span()

    def get_active_span(self) -> Span | None:
        """Return the span that is current: there is none."""
        return None

    @property
    def metrics(self) -> PostHogMetrics:
        """Metrics that go nowhere."""
        from posthog.metrics_capture import PostHogMetrics  # noqa: PLC0415 - few programs ask

        return PostHogMetrics(self)  # type: ignore[arg-type]

    @property
    def emails(self) -> Emails:
        """E-mails; sending one raises an error."""
        from posthog.emails import Emails  # noqa: PLC0415 - few programs ask

        return Emails()
