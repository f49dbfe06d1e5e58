"""The functions of the package that ask for feature flags, by way of the module's client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import posthog

if TYPE_CHECKING:
    from posthog._flags import GroupProperties, Groups, Properties
    from posthog.args import ID_TYPES
    from posthog.feature_flag_evaluations import FeatureFlagEvaluations
    from posthog.types import FeatureFlagEvaluationRuntime, FeatureFlagResult, FlagsAndPayloads, FlagValue


def feature_enabled(
    key: str,
    distinct_id: ID_TYPES,
    groups: Groups = None,
    person_properties: Properties = None,
    group_properties: GroupProperties = None,
    only_evaluate_locally: bool = False,
    send_feature_flag_events: bool = True,
    disable_geoip: bool | None = None,
    device_id: str | None = None,
) -> bool | None:
    """Return whether a flag is on. See :meth:`posthog.client.Client.feature_enabled`."""
    asked = _asked(groups, person_properties, group_properties, only_evaluate_locally, disable_geoip, device_id)
    return _ask("feature_enabled", key, distinct_id, send_feature_flag_events=send_feature_flag_events, **asked)


def get_feature_flag(
    key: str,
    distinct_id: ID_TYPES,
    groups: Groups = None,
    person_properties: Properties = None,
    group_properties: GroupProperties = None,
    only_evaluate_locally: bool = False,
    send_feature_flag_events: bool = True,
    disable_geoip: bool | None = None,
    device_id: str | None = None,
) -> FlagValue | None:
    """Return a flag's variant, or whether it is on. See :meth:`posthog.client.Client.get_feature_flag`."""
    asked = _asked(groups, person_properties, group_properties, only_evaluate_locally, disable_geoip, device_id)
    return _ask("get_feature_flag", key, distinct_id, send_feature_flag_events=send_feature_flag_events, **asked)


def get_feature_flag_result(
    key: str,
    distinct_id: ID_TYPES,
    groups: Groups = None,
    person_properties: Properties = None,
    group_properties: GroupProperties = None,
    only_evaluate_locally: bool = False,
    send_feature_flag_events: bool = True,
    disable_geoip: bool | None = None,
    device_id: str | None = None,
) -> FeatureFlagResult | None:
    """Return all there is to say about a flag. See :meth:`posthog.client.Client.get_feature_flag_result`."""
    asked = _asked(groups, person_properties, group_properties, only_evaluate_locally, disable_geoip, device_id)
    return _ask("get_feature_flag_result", key, distinct_id, send_feature_flag_events=send_feature_flag_events, **asked)


def get_feature_flag_payload(
    key: str,
    distinct_id: ID_TYPES,
    match_value: FlagValue | None = None,
    groups: Groups = None,
    person_properties: Properties = None,
    group_properties: GroupProperties = None,
    only_evaluate_locally: bool = False,
    send_feature_flag_events: bool = True,
    disable_geoip: bool | None = None,
    device_id: str | None = None,
) -> object | None:
    """Return what is stored beside a flag's value. See :meth:`posthog.client.Client.get_feature_flag_payload`."""
    asked = _asked(groups, person_properties, group_properties, only_evaluate_locally, disable_geoip, device_id)
    return _ask(
        "get_feature_flag_payload",
        key,
        distinct_id,
        match_value=match_value,
        send_feature_flag_events=send_feature_flag_events,
        **asked,
    )


def get_all_flags(
    distinct_id: ID_TYPES,
    groups: Groups = None,
    person_properties: Properties = None,
    group_properties: GroupProperties = None,
    only_evaluate_locally: bool = False,
    disable_geoip: bool | None = None,
    device_id: str | None = None,
    flag_keys_to_evaluate: list[str] | None = None,
) -> dict[str, FlagValue] | None:
    """Return the values of all flags. See :meth:`posthog.client.Client.get_all_flags`."""
    asked = _asked(groups, person_properties, group_properties, only_evaluate_locally, disable_geoip, device_id)
    return _ask("get_all_flags", distinct_id, flag_keys_to_evaluate=flag_keys_to_evaluate, **asked)


def get_all_flags_and_payloads(
    distinct_id: ID_TYPES,
    groups: Groups = None,
    person_properties: Properties = None,
    group_properties: GroupProperties = None,
    only_evaluate_locally: bool = False,
    disable_geoip: bool | None = None,
    device_id: str | None = None,
    flag_keys_to_evaluate: list[str] | None = None,
) -> FlagsAndPayloads:
    """Return values and payloads of all flags. See :meth:`posthog.client.Client.get_all_flags_and_payloads`."""
    asked = _asked(groups, person_properties, group_properties, only_evaluate_locally, disable_geoip, device_id)
    return _ask("get_all_flags_and_payloads", distinct_id, flag_keys_to_evaluate=flag_keys_to_evaluate, **asked)


def evaluate_flags(
    distinct_id: ID_TYPES | None = None,
    groups: Groups = None,
    person_properties: Properties = None,
    group_properties: GroupProperties = None,
    only_evaluate_locally: bool = False,
    disable_geoip: bool | None = None,
    flag_keys: list[str] | None = None,
    device_id: str | None = None,
) -> FeatureFlagEvaluations:
    """Evaluate the flags of a person together. See :meth:`posthog.client.Client.evaluate_flags`."""
    return _ask(
        "evaluate_flags",
        distinct_id,
        groups=groups,
        person_properties=person_properties,
        group_properties=group_properties,
        only_evaluate_locally=only_evaluate_locally,
        disable_geoip=disable_geoip,
        flag_keys=flag_keys,
        device_id=device_id,
    )


def get_remote_config_payload(key: str) -> Any | None:
    """Return a configuration's payload. See :meth:`posthog.client.Client.get_remote_config_payload`."""
    return _ask("get_remote_config_payload", key)


def feature_flag_definitions() -> list[dict[str, Any]] | None:
    """Return the definitions of flags. See :meth:`posthog.client.Client.feature_flag_definitions`."""
    return _ask("feature_flag_definitions")


def load_feature_flags() -> None:
    """Load the definitions of flags. See :meth:`posthog.client.Client.load_feature_flags`."""
    _ask("load_feature_flags")


def get_feature_flag_evaluation_runtime(key: str) -> FeatureFlagEvaluationRuntime | None:
    """Return where a flag may be evaluated.

    See :meth:`posthog.client.Client.get_feature_flag_evaluation_runtime`.
    """
    return _ask("get_feature_flag_evaluation_runtime", key)


def get_feature_flag_keys_by_evaluation_runtime(
    evaluation_runtime: FeatureFlagEvaluationRuntime | str,
) -> list[str]:
    """Return the flags that may be evaluated there.

    See :meth:`posthog.client.Client.get_feature_flag_keys_by_evaluation_runtime`.
    """
    return _ask("get_feature_flag_keys_by_evaluation_runtime", evaluation_runtime)


def _ask(method: str, *args: Any, **kwargs: Any) -> Any:
    return posthog._proxy(method, *args, **kwargs)


def _asked(
    groups: Groups,
    person_properties: Properties,
    group_properties: GroupProperties,
    only_evaluate_locally: bool,
    disable_geoip: bool | None,
    device_id: str | None,
) -> dict[str, Any]:
    """Return what all questions have, as keywords of the client's methods."""
    return {
        "groups": groups or {},
        "person_properties": person_properties or {},
        "group_properties": group_properties or {},
        "only_evaluate_locally": only_evaluate_locally,
        "disable_geoip": disable_geoip,
        "device_id": device_id,
    }
