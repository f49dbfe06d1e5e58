"""Types of hooks, and of what is known about feature flags."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posthog._flag_types import (
        FeatureFlag,
        FeatureFlagError,
        FeatureFlagEvaluationRuntime,
        FeatureFlagResult,
        FlagMetadata,
        FlagReason,
        FlagsAndPayloads,
        FlagsResponse,
        FlagValue,
        LegacyFlagMetadata,
        SendFeatureFlagsOptions,
        UnresolvedFlagReason,
    )

__all__ = [
    "BeforeSendCallback",
    "FeatureFlag",
    "FeatureFlagError",
    "FeatureFlagEvaluationRuntime",
    "FeatureFlagResult",
    "FlagMetadata",
    "FlagReason",
    "FlagValue",
    "FlagsAndPayloads",
    "FlagsResponse",
    "LegacyFlagMetadata",
    "OnErrorCallback",
    "SendFeatureFlagsOptions",
    "UnresolvedFlagReason",
]

BeforeSendCallback = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Gets an event, returns it (changed or not), or ``None`` to drop it."""

OnErrorCallback = Callable[[Exception, list[dict[str, Any]]], Any]
"""Gets the error and the events of a batch that is finally lost."""


if not TYPE_CHECKING:  # a type checker would believe in every name

    def __getattr__(name: str) -> Any:
        # Making these classes takes longer than importing the package, and few programs name them.
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from posthog import _flag_types  # noqa: PLC0415

        value = globals()[name] = getattr(_flag_types, name)
        return value
