"""Capturing an exception never makes it another one, and what the caller adds to it is theirs to add, or is named."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from typing import Any

import posthog
import pytest
from posthog import Posthog, contexts

from .test_code_variables import caught, holding

RESERVED = {"$exception_level": "info", "$exception_issue_id": "i", "$exception_list": []}


@dataclasses.dataclass(frozen=True)
class FrozenError(Exception):
    """Refuses that anything is written to it."""

    number: int


class StubbornError(Exception):
    """The same, whatever is tried."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(name)


@pytest.mark.parametrize("error", [FrozenError(1), StubbornError("x")], ids=lambda error: type(error).__name__)
def test_an_exception_that_cannot_be_written_to_leaves_contexts_as_it_is_and_is_captured_once(error, client, events):
    def nested():
        with client.new_context(capture_exceptions=True), client.new_context(capture_exceptions=True):
            raise error

    with pytest.raises(type(error)) as raised:
        nested()
    assert raised.value is error
    assert client.capture_exception(error) is None
    assert len(events) == 1


def test_a_context_may_decorate_a_function_and_is_a_new_one_for_each_call(client, events):
    @client.new_context(fresh=True, capture_exceptions=True)
    def job(number):
        assert contexts.get_tags() == {}
        contexts.tag("number", number)
        if number == 3:
            raise ValueError(number)
        return job(number + 1) if number == 1 else contexts.get_tags()

    assert job(1) == {"number": 2}
    with pytest.raises(ValueError, match="3"):
        job(3)
    assert events[0]["properties"]["number"] == 3


def test_what_ends_the_program_leaves_a_context_without_being_captured(client, events):
    with pytest.raises(KeyboardInterrupt), client.new_context(capture_exceptions=True):
        raise KeyboardInterrupt
    assert events == []
    assert contexts._get_current_context() is None


def test_a_context_is_left_also_when_capturing_is_interrupted(module):
    class Interrupted(Posthog):
        def capture_exception(self, *_args, **_kwargs):
            raise KeyboardInterrupt

    client = Interrupted("k", send=False)
    with pytest.raises(KeyboardInterrupt), posthog.new_context(capture_exceptions=True, client=client):
        raise ValueError
    assert contexts._get_current_context() is None


def captured(client: Any, events: list[Any], properties: Any) -> dict[str, Any]:
    assert client.capture_exception(caught(holding, 1), properties=properties) is not None
    return events[-1]["properties"]


class OwnMapping(Mapping):
    """A mapping that is no dict."""

    def __init__(self, inner: dict[str, Any]) -> None:
        self._inner = inner

    def __getitem__(self, key: str) -> Any:
        return self._inner[key]

    def __iter__(self) -> Any:
        return iter(self._inner)

    def __len__(self) -> int:
        return len(self._inner)


@pytest.mark.parametrize("kind", [dict, OwnMapping])
def test_reserved_properties_replace_what_the_package_says_and_are_named_in_a_warning(client, events, kind):
    with pytest.warns(DeprecationWarning, match=r"\$exception_issue_id, \$exception_level, \$exception_list") as told:
        properties = captured(client, events, kind(RESERVED))
    assert told[0].filename == __file__
    assert {name: properties[name] for name in RESERVED} == RESERVED


def test_the_warning_points_to_the_caller_of_the_modules_function_too(module, client, events):
    module.default_client = client
    with pytest.warns(DeprecationWarning, match="reserved") as told:
        posthog.capture_exception(caught(holding, 1), properties=RESERVED)
    assert told[0].filename == __file__


@pytest.mark.parametrize("kind", [dict, OwnMapping])
def test_protected_properties_are_the_packages_own(client, events, kind):
    client.protect_exception_properties = True
    given = kind({**RESERVED, "$exception_fingerprint": "f", "own": 1})
    with pytest.warns(DeprecationWarning, match="left out"):
        properties = captured(client, events, given)
    assert properties["$exception_level"] == "error"
    assert properties["$exception_list"][0]["type"] == "ValueError"
    assert "$exception_issue_id" not in properties
    assert (properties["$exception_fingerprint"], properties["own"]) == ("f", 1)
    assert len(given) == 5


def test_the_exception_is_captured_also_where_warnings_are_errors(client, events, caplog):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert captured(client, events, RESERVED)["$exception_level"] == "info"
    assert "$exception_level" in caplog.text


def test_other_properties_and_other_events_are_not_named(client, events):
    assert captured(client, events, {"$exception_fingerprint": "f"})["$exception_fingerprint"] == "f"
    client.capture("other", properties=RESERVED)
    assert events[-1]["properties"]["$exception_level"] == "info"


def test_ctrl_c_while_an_exception_is_described_gets_through_and_the_event_is_sent(client, events):
    class SlowError(Exception):
        def __str__(self):
            raise KeyboardInterrupt

    error = caught(lambda: (_ for _ in ()).throw(SlowError()))
    with pytest.raises(KeyboardInterrupt):
        client.capture_exception(error)
    assert len(events) == 1
    assert client.capture_exception(error) is None
    client.capture("next")
    assert len(events) == 2
