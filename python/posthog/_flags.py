"""The methods of a client that ask for feature flags.

This version evaluates none. They answer as the official package does when it cannot, so that a program takes the way it
has for that case: a flag is not known. The log says so once.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from posthog import _native
from posthog._later import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from posthog.args import ID_TYPES
    from posthog.feature_flag_evaluations import FeatureFlagEvaluations
    from posthog.types import (
        FeatureFlagEvaluationRuntime,
        FeatureFlagResult,
        FlagsAndPayloads,
        FlagsResponse,
        FlagValue,
    )

    Groups = Mapping[str, str | int] | None
    Properties = dict[str, Any] | None
    GroupProperties = dict[str, dict[str, Any]] | None


def _deprecated(name: str) -> None:
    warnings.warn(f"{name}() is deprecated: ask what evaluate_flags() returns", DeprecationWarning, stacklevel=3)
    _say()


def _say() -> None:
    say("the evaluation of feature flags", "no flag is known, as with the official package when its server is away")


class FlagMethods(_native.Client):
    """Feature flags: none is known."""

    feature_flags: list[dict[str, Any]] | None = None
    """The definitions of flags; ``None`` until they are loaded."""
    feature_flags_by_key: dict[str, Any] | None = None
    group_type_mapping: dict[str, str] | None = None
    cohorts: dict[str, Any] | None = None
    flag_definition_version: int = 0
    flag_cache: None = None
    poller: None = None
    poll_interval: int
    enable_local_evaluation: bool
    feature_flags_request_timeout_seconds: float
    feature_flags_request_max_retries: int
    flag_definition_cache_provider: Any
    flag_fallback_cache_url: str | None

    def feature_enabled(
        self,
        key: str,
        distinct_id: ID_TYPES,
        *,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        only_evaluate_locally: bool = False,
        send_feature_flag_events: bool = True,
        disable_geoip: bool | None = None,
        device_id: str | None = None,
    ) -> bool | None:
        """Return whether a flag is on; ``None``: not known."""
        _deprecated("feature_enabled")
        return None

    def get_feature_flag(
        self,
        key: str,
        distinct_id: ID_TYPES,
        *,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        only_evaluate_locally: bool = False,
        send_feature_flag_events: bool = True,
        disable_geoip: bool | None = None,
        device_id: str | None = None,
    ) -> FlagValue | None:
        """Return a flag's variant, or whether it is on; ``None``: not known."""
        _deprecated("get_feature_flag")
        return None

    def get_feature_flag_result(
        self,
        key: str,
        distinct_id: ID_TYPES,
        *,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        only_evaluate_locally: bool = False,
        send_feature_flag_events: bool = True,
        disable_geoip: bool | None = None,
        device_id: str | None = None,
    ) -> FeatureFlagResult | None:
        """Return all there is to say about a flag; ``None``: not known."""
        _say()
        return None

    def get_feature_flag_payload(
        self,
        key: str,
        distinct_id: ID_TYPES,
        *,
        match_value: FlagValue | None = None,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        only_evaluate_locally: bool = False,
        send_feature_flag_events: bool = False,
        disable_geoip: bool | None = None,
        device_id: str | None = None,
    ) -> object | None:
        """Return what is stored beside a flag's value; ``None``: not known."""
        _deprecated("get_feature_flag_payload")
        return None

    def get_all_flags(
        self,
        distinct_id: ID_TYPES,
        *,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        only_evaluate_locally: bool = False,
        disable_geoip: bool | None = None,
        flag_keys_to_evaluate: list[str] | None = None,
        device_id: str | None = None,
    ) -> dict[str, FlagValue] | None:
        """Return the values of all flags that are known; ``None`` when disabled."""
        _say()
        return None if self.disabled else {}

    def get_all_flags_and_payloads(
        self,
        distinct_id: ID_TYPES,
        *,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        only_evaluate_locally: bool = False,
        disable_geoip: bool | None = None,
        flag_keys_to_evaluate: list[str] | None = None,
        device_id: str | None = None,
    ) -> FlagsAndPayloads:
        """Return the values of all flags, and what is stored beside them; ``None`` each when disabled."""
        _say()
        if self.disabled:
            return {"featureFlags": None, "featureFlagPayloads": None}
        return {"featureFlags": {}, "featureFlagPayloads": {}}

    def evaluate_flags(
        self,
        distinct_id: ID_TYPES | None = None,
        *,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        only_evaluate_locally: bool = False,
        disable_geoip: bool | None = None,
        flag_keys: list[str] | None = None,
        device_id: str | None = None,
    ) -> FeatureFlagEvaluations:
        """Evaluate the flags of a person together; none is known."""
        from posthog.feature_flag_evaluations import FeatureFlagEvaluations  # noqa: PLC0415 - few programs ask

        _say()
        return FeatureFlagEvaluations()

    def get_feature_variants(
        self,
        distinct_id: ID_TYPES,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        disable_geoip: bool | None = None,
        flag_keys_to_evaluate: list[str] | None = None,
        device_id: str | None = None,
    ) -> dict[str, FlagValue]:
        """Return the values of all flags that are known."""
        _say()
        return {}

    def get_feature_payloads(
        self,
        distinct_id: ID_TYPES,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        disable_geoip: bool | None = None,
        flag_keys_to_evaluate: list[str] | None = None,
        device_id: str | None = None,
    ) -> dict[str, Any]:
        """Return what is stored beside the values of flags that are known."""
        _say()
        return {}

    def get_feature_flags_and_payloads(
        self,
        distinct_id: ID_TYPES,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        disable_geoip: bool | None = None,
        flag_keys_to_evaluate: list[str] | None = None,
        device_id: str | None = None,
    ) -> FlagsAndPayloads:
        """Return the values of all flags that are known, and what is stored beside them."""
        _say()
        return {"featureFlags": {}, "featureFlagPayloads": {}}

    def get_flags_decision(
        self,
        distinct_id: ID_TYPES | None = None,
        groups: Groups = None,
        person_properties: Properties = None,
        group_properties: GroupProperties = None,
        disable_geoip: bool | None = None,
        flag_keys_to_evaluate: list[str] | None = None,
        device_id: str | None = None,
    ) -> FlagsResponse:
        """Return the server's answer about flags: one without any."""
        _say()
        return {"requestId": None, "flags": {}}  # type: ignore[typeddict-item]

    def get_remote_config_payload(self, key: str) -> Any | None:
        """Return what is stored beside a flag that only holds configuration; ``None``: not known."""
        _say()
        return None

    def feature_flag_definitions(self) -> list[dict[str, Any]] | None:
        """Return the definitions of flags that are loaded."""
        return self.feature_flags

    def load_feature_flags(self) -> None:
        """Load the definitions of flags: there are none."""
        _say()
        self.feature_flags = []

    def _load_feature_flags(self) -> None:
        self.load_feature_flags()

    def get_feature_flag_evaluation_runtime(self, key: str) -> FeatureFlagEvaluationRuntime | None:
        """Return where a flag may be evaluated; ``None``: not known."""
        _say()
        return None

    def get_feature_flag_keys_by_evaluation_runtime(
        self, evaluation_runtime: FeatureFlagEvaluationRuntime | str
    ) -> list[str]:
        """Return the flags that may be evaluated there.

        Raises:
            ValueError: There is no such runtime.

        """
        from posthog.types import FeatureFlagEvaluationRuntime  # noqa: PLC0415 - few programs ask

        FeatureFlagEvaluationRuntime(evaluation_runtime)
        _say()
        return []
