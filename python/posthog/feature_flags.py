"""Errors of the evaluation of feature flags."""

from __future__ import annotations

from typing import Any

from posthog._flag_types import UnresolvedFlagReason

__all__ = ["InconclusiveMatchError", "RequiresServerEvaluation"]


class InconclusiveMatchError(Exception):
    """What is known does not suffice to say whether a flag is on.

    Attributes:
        reason: What is missing.

    """

    reason = UnresolvedFlagReason.UNSUPPORTED_DEFINITION

    def __init__(self, *args: Any, reason: UnresolvedFlagReason | None = None) -> None:
        super().__init__(*args)
        if reason is not None:
            self.reason = reason


class RequiresServerEvaluation(Exception):  # noqa: N818 - the official name
    """Only the server can say whether a flag is on.

    Attributes:
        reason: Why.

    """

    reason = UnresolvedFlagReason.UNSUPPORTED_DEFINITION

    def __init__(self, *args: Any, reason: UnresolvedFlagReason | None = None) -> None:
        super().__init__(*args)
        if reason is not None:
            self.reason = reason
