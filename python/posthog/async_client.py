"""The client for one event loop: it captures nothing in this version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from posthog._later import say
from posthog._log import log

if TYPE_CHECKING:
    import logging
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from posthog.args import ExceptionArg, OptionalCaptureArgs, OptionalSetArgs
    from posthog.emails import AsyncEmails
    from posthog.feature_flag_evaluations import FeatureFlagEvaluations

__all__ = ["AsyncClient", "AsyncPosthog"]


class AsyncClient:
    """Takes what the official one takes, and answers as that one does when it is disabled. The log says so once.

    :class:`posthog.Posthog` works in event loops: capturing never waits, and ``await asyncio.to_thread(client.flush)``
    waits without blocking the loop.
    """

    log: ClassVar[logging.Logger] = log

    def __init__(self, project_api_key: str, host: str | None = None, *args: Any, **kwargs: Any) -> None:
        self.api_key = str(project_api_key or "").strip()
        self.host = host
        self.disabled = True
        say("AsyncPosthog", "it captures nothing; Posthog may be used in event loops, its capture() never waits")

    def capture(self, event: str, **kwargs: Unpack[OptionalCaptureArgs]) -> str | None:
        """Capture nothing."""
        return None

    def set(self, **kwargs: Unpack[OptionalSetArgs]) -> str | None:
        """Set nothing."""
        return None

    def set_once(self, **kwargs: Unpack[OptionalSetArgs]) -> str | None:
        """Set nothing."""
        return None

    def group_identify(self, group_type: str, group_key: str, *args: Any, **kwargs: Any) -> str | None:
        """Set nothing."""
        return None

    def alias(self, previous_id: Any, distinct_id: str | None, *args: Any, **kwargs: Any) -> str | None:
        """Say nothing."""
        return None

    def capture_exception(
        self, exception: ExceptionArg | None = None, **kwargs: Unpack[OptionalCaptureArgs]
    ) -> str | None:
        """Capture nothing."""
        return None

    async def capture_immediate(self, event: str, **kwargs: Unpack[OptionalCaptureArgs]) -> str | None:
        """Capture nothing."""
        return None

    async def evaluate_flags(self, distinct_id: Any = None, **kwargs: Any) -> FeatureFlagEvaluations:
        """Evaluate the flags of a person; none is known."""
        from posthog.feature_flag_evaluations import FeatureFlagEvaluations  # noqa: PLC0415 - few programs ask

        return FeatureFlagEvaluations()

    async def get_remote_config_payload(self, key: str) -> Any | None:
        """Return what is stored beside a flag; not known."""
        return None

    @property
    def emails(self) -> AsyncEmails:
        """E-mails; sending one raises an error."""
        from posthog.emails import AsyncEmails  # noqa: PLC0415 - few programs ask

        return AsyncEmails()

    async def flush(self, timeout_seconds: float | None = 10) -> None:
        """Do nothing: nothing waits."""
        return None

    async def join(self) -> None:
        """Do nothing: nothing waits."""

    async def shutdown(self) -> None:
        """Do nothing: nothing waits."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.shutdown()


class AsyncPosthog(AsyncClient):
    """The client for one event loop, under its usual name."""
