"""What is known of a flag, as the server sends it and as a program reads it."""

import pytest
from posthog.types import (
    FeatureFlag,
    FeatureFlagError,
    FeatureFlagEvaluationRuntime,
    FeatureFlagResult,
    FlagMetadata,
    FlagReason,
    LegacyFlagMetadata,
)

SENT = {
    "key": "checkout",
    "enabled": True,
    "variant": "blue",
    "reason": {"code": "condition_match", "condition_index": 1, "description": "Matched condition set 2"},
    "metadata": {"id": 501, "version": 7, "payload": '{"cta": "Go"}', "description": None, "has_experiment": True},
}


def test_a_flag_is_read_from_the_servers_answer():
    flag = FeatureFlag.from_json(SENT)
    assert flag.get_value() == "blue"
    assert flag.reason == FlagReason("condition_match", 1, "Matched condition set 2")
    assert flag.metadata == FlagMetadata(501, '{"cta": "Go"}', 7, None, has_experiment=True)


@pytest.mark.parametrize("nothing", [None, {}])
def test_a_flag_without_reason_and_metadata_is_read_too(nothing):
    flag = FeatureFlag.from_json({"key": "beta", "enabled": False, "reason": nothing, "metadata": nothing})
    assert (flag.get_value(), flag.reason, flag.metadata) == (False, None, LegacyFlagMetadata(None))


def test_a_program_is_told_value_payload_and_reason():
    told = FeatureFlagResult.from_flag_details(FeatureFlag.from_json(SENT))
    assert told == FeatureFlagResult("checkout", True, "blue", {"cta": "Go"}, "Matched condition set 2")
    other = FeatureFlagResult.from_flag_details(FeatureFlag.from_json(SENT), override_match_value=False)
    assert other is not None
    assert (other.enabled, other.variant, other.get_value()) == (False, None, False)
    assert FeatureFlagResult.from_flag_details(None) is None


@pytest.mark.parametrize(
    ("value", "payload", "expected"),
    [
        (True, None, (True, None, None)),
        ("blue", "{}", (True, "blue", {})),
        (False, "1", (False, None, 1)),
        (True, "no JSON", (True, None, None)),
        (True, {"read": "already"}, (True, None, {"read": "already"})),
    ],
)
def test_a_value_and_a_payload_make_a_result(value, payload, expected):
    told = FeatureFlagResult.from_value_and_payload("k", value, payload)
    assert told is not None
    assert (told.enabled, told.variant, told.payload) == expected
    assert FeatureFlag.from_value_and_payload("k", value, payload).get_value() == value


def test_no_value_makes_no_result():
    assert FeatureFlagResult.from_value_and_payload("k", None, "{}") is None


def test_a_runtime_is_found_by_its_name_and_anything_else_is_all():
    runtime = FeatureFlagEvaluationRuntime
    assert [runtime.from_value(name) for name in ("server", "CLIENT", "all", "moon", None, 7)] == [
        runtime.SERVER,
        runtime.CLIENT,
        runtime.ALL,
        runtime.ALL,
        runtime.ALL,
        runtime.ALL,
    ]
    assert runtime.ALL.matches(runtime.SERVER)
    assert runtime.SERVER.matches(runtime.SERVER)
    assert not runtime.SERVER.matches(runtime.CLIENT)


def test_an_error_of_the_server_has_its_word():
    assert FeatureFlagError.api_error(503) == "api_error_503"
