"""The flags of one person at one moment."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from posthog._log import log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from posthog.types import FlagValue, UnresolvedFlagReason

__all__ = ["FeatureFlagEvaluations"]


class FeatureFlagEvaluations:
    """What ``evaluate_flags()`` returns: flags that were evaluated together, to be asked one by one.

    This version evaluates none: every flag is as one that the server does not know.
    """

    @property
    def keys(self) -> list[str]:
        """The flags that were evaluated."""
        return []

    @property
    def unresolved_flags(self) -> Mapping[str, UnresolvedFlagReason]:
        """The flags that could not be evaluated, and why."""
        return MappingProxyType({})

    def is_enabled(self, key: str, default_value: bool = False, *, send_feature_flag_events: bool = True) -> bool:
        """Return whether the flag is on, *default_value* if that is not known."""
        return default_value

    def get_flag(self, key: str, *, send_feature_flag_events: bool = True) -> FlagValue | None:
        """Return the flag's variant, or whether it is on, or ``None`` if that is not known."""
        return None

    def get_flag_payload(self, key: str) -> Any | None:
        """Return what is stored beside the flag's value."""
        return None

    def only(self, keys: list[str]) -> FeatureFlagEvaluations:
        """Return these flags alone; those that were not evaluated are named in the log."""
        if keys:
            log.warning("these flags were not evaluated, and are left out: %s", ", ".join(map(str, keys)))
        return FeatureFlagEvaluations()

    def only_accessed(self) -> FeatureFlagEvaluations:
        """Return those flags alone that were asked for."""
        return FeatureFlagEvaluations()
