"""What is known of a feature flag, as plain data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypedDict

from typing_extensions import NotRequired

FlagValue = bool | str
"""Whether a flag is on, or the variant it is on with."""


class FeatureFlagEvaluationRuntime(str, Enum):
    """Where a flag may be evaluated."""

    ALL = "all"
    CLIENT = "client"
    SERVER = "server"

    @classmethod
    def from_value(cls, value: Any) -> FeatureFlagEvaluationRuntime:
        """Return the runtime of that name, in any case; :attr:`ALL` for anything that is none."""
        try:
            return cls(value.lower() if isinstance(value, str) else value)
        except ValueError:
            return cls.ALL

    def matches(self, other: FeatureFlagEvaluationRuntime) -> bool:
        """Return whether a flag of this runtime may be evaluated in the other."""
        return self is other or self.ALL in (self, other)


class UnresolvedFlagReason(str, Enum):
    """Why a flag could not be evaluated where it was asked for."""

    EXPERIENCE_CONTINUITY = "experience_continuity"
    UNSUPPORTED_DEFINITION = "unsupported_definition"
    UNRESOLVED_DEPENDENCY = "unresolved_dependency"
    MISSING_CONTEXT = "missing_context"


class SendFeatureFlagsOptions(TypedDict, total=False):
    """How flags are evaluated for ``capture(send_feature_flags=..)``."""

    should_send: bool
    only_evaluate_locally: bool | None
    person_properties: dict[str, Any] | None
    group_properties: dict[str, dict[str, Any]] | None
    flag_keys_filter: list[str] | None


@dataclass(frozen=True)
class FlagReason:
    """Why a flag has its value."""

    code: str
    condition_index: int | None
    description: str

    @classmethod
    def from_json(cls, resp: Any) -> FlagReason | None:
        """Read a reason from the server's answer; ``None`` without one."""
        if not isinstance(resp, dict) or not resp:
            return None
        return cls(resp.get("code", ""), resp.get("condition_index"), resp.get("description", ""))


@dataclass(frozen=True)
class LegacyFlagMetadata:
    """What a server of the first versions says about a flag."""

    payload: Any


@dataclass(frozen=True)
class FlagMetadata:
    """What the server says about a flag."""

    id: int | None
    payload: str | None
    version: int | None
    description: str | None
    has_experiment: bool | None = None

    @classmethod
    def from_json(cls, resp: Any) -> FlagMetadata | LegacyFlagMetadata:
        """Read metadata from the server's answer; without any, only that there is no payload is known."""
        if not isinstance(resp, dict) or not resp:
            return LegacyFlagMetadata(payload=None)
        return cls(
            id=resp.get("id"),
            payload=resp.get("payload"),
            version=resp.get("version"),
            description=resp.get("description"),
            has_experiment=resp.get("has_experiment"),
        )


@dataclass(frozen=True)
class FeatureFlag:
    """A flag as the server has evaluated it."""

    key: str
    enabled: bool
    variant: str | None
    reason: FlagReason | None
    metadata: FlagMetadata | LegacyFlagMetadata

    def get_value(self) -> FlagValue:
        """Return the variant if the flag has one, else whether it is on."""
        return self.variant or self.enabled

    @classmethod
    def from_json(cls, resp: Any) -> FeatureFlag:
        """Read a flag from the server's answer."""
        return cls(
            key=resp.get("key"),
            enabled=resp.get("enabled"),
            variant=resp.get("variant"),
            reason=FlagReason.from_json(resp.get("reason")),
            metadata=FlagMetadata.from_json(resp.get("metadata")),
        )

    @classmethod
    def from_value_and_payload(cls, key: str, value: FlagValue, payload: Any) -> FeatureFlag:
        """Return the flag that has a value and a payload, of which nothing else is known."""
        enabled, variant = _parts(value)
        return cls(key, enabled, variant, None, LegacyFlagMetadata(payload=payload or None))


@dataclass(frozen=True)
class FeatureFlagResult:
    """What a program is told about a flag."""

    key: str
    enabled: bool
    variant: str | None
    payload: Any | None
    reason: str | None

    def get_value(self) -> FlagValue:
        """Return the variant if the flag has one, else whether it is on."""
        return self.variant or self.enabled

    @classmethod
    def from_value_and_payload(cls, key: str, value: FlagValue | None, payload: Any) -> FeatureFlagResult | None:
        """Return the result that has a value and a payload as JSON text; ``None`` without a value."""
        if value is None:
            return None
        enabled, variant = _parts(value)
        return cls(key, enabled, variant, _read(payload), None)

    @classmethod
    def from_flag_details(
        cls, details: FeatureFlag | None, override_match_value: FlagValue | None = None
    ) -> FeatureFlagResult | None:
        """Return what a flag says, or would say if it had the value *override_match_value*."""
        if details is None:
            return None
        value = details.get_value() if override_match_value is None else override_match_value
        enabled, variant = _parts(value)
        reason = None if details.reason is None else details.reason.description
        return cls(details.key, enabled, variant, _read(details.metadata.payload), reason)


class FlagsResponse(TypedDict):
    """The server's answer to a request for flags."""

    flags: dict[str, FeatureFlag]
    errorsWhileComputingFlags: bool
    requestId: str
    quotaLimit: list[str] | None
    evaluatedAt: int | None
    minimalFlagCalledEvents: NotRequired[bool]


class FlagsAndPayloads(TypedDict):
    """The values of flags, and what is stored beside them."""

    featureFlags: dict[str, FlagValue] | None
    featureFlagPayloads: dict[str, Any] | None


class FeatureFlagError:
    """What ``$feature_flag_error`` says when a flag could not be evaluated."""

    ERRORS_WHILE_COMPUTING = "errors_while_computing_flags"
    EVALUATION_FAILED = "evaluation_failed"
    FLAG_MISSING = "flag_missing"
    LOCAL_EVALUATION_INCONCLUSIVE = "local_evaluation_inconclusive"
    QUOTA_LIMITED = "quota_limited"
    TIMEOUT = "timeout"
    CONNECTION_ERROR = "connection_error"
    UNKNOWN_ERROR = "unknown_error"

    @staticmethod
    def api_error(status: int | str) -> str:
        """Return the word for a server that answers with *status*."""
        return f"api_error_{status}"


def _parts(value: FlagValue) -> tuple[bool, str | None]:
    return (True, value) if isinstance(value, str) else (value, None)


def _read(payload: Any) -> Any:
    """Return what a payload says; ``None`` for a text that is no JSON."""
    if not isinstance(payload, str):
        return payload
    try:
        return json.loads(payload) if payload else None
    except ValueError:
        return None
