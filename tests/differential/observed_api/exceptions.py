"""Exceptions of every kind, and what is said about each."""

import json
import sys

from .case import Broken, add_scenario, scenario
from .exception_kinds import KINDS, FrozenError, raised


def _manual(make):
    def act(case):
        return case.client().capture_exception(raised(make()), distinct_id="user")

    return act


for _name, _make in KINDS.items():
    add_scenario(f"exceptions: {_name}", _manual(_make))


@scenario()
def never_raised(case):
    return case.client().capture_exception(ValueError("never raised"), distinct_id="user")


@scenario()
def of_nobody(case):
    return case.client().capture_exception(raised(ValueError("of nobody")))


@scenario()
def nothing_is_handled(case):
    client = case.client()
    return client.capture_exception(None, distinct_id="user"), client.capture_exception(None)


@scenario()
def what_is_handled(case):
    client = case.client()
    try:
        raise ValueError("handled")
    except ValueError:
        return client.capture_exception(None, distinct_id="user")


@scenario()
def what_is_handled_twice(case):
    client = case.client()
    try:
        raise ValueError("handled")
    except ValueError:
        return [client.capture_exception(None, distinct_id="user") for _ in range(2)]


@scenario()
def without_an_argument(case):
    return case.client().capture_exception()


@scenario()
def a_triple(case):
    client = case.client()
    try:
        raise ValueError("handled")
    except ValueError:
        return client.capture_exception(sys.exc_info(), distinct_id="user")


@scenario()
def a_triple_without_a_traceback(case):
    triple = (ValueError, ValueError("handled"), None)
    return case.client().capture_exception(triple, distinct_id="user")


@scenario()
def a_triple_of_nothing(case):
    return case.client().capture_exception((None, None, None), distinct_id="user")


@scenario()
def a_pair(case):
    return case.client().capture_exception((ValueError, ValueError("pair")), distinct_id="user")


def _odd(value, *, debug=False):
    return lambda case: case.client(debug=debug).capture_exception(value, distinct_id="user")


for _name, _value in {
    "a text": "boom",
    "a number": 5,
    "a class": ValueError,
    "a dict": {"type": "ValueError"},
    "an object": Broken(),
    "an empty text": "",
    "false, no exception": False,
}.items():
    add_scenario(f"exceptions: {_name}", _odd(_value))
add_scenario("exceptions: a text in debug", _odd("boom", debug=True))


@scenario()
def twice(case):
    client, error = case.client(), raised(ValueError("twice"))
    return [client.capture_exception(error, distinct_id="user") for _ in range(2)]


@scenario()
def twice_by_two_clients(case):
    error = raised(ValueError("twice"))
    return [case.client().capture_exception(error, distinct_id="user") for _ in range(2)]


@scenario()
def a_frozen_one_twice(case):
    client, error = case.client(), raised(FrozenError("twice"))
    return [client.capture_exception(error, distinct_id="user") for _ in range(2)]


@scenario()
def the_marks_it_leaves(case):
    client, error = case.client(), raised(ValueError("marked"))
    captured = client.capture_exception(error, distinct_id="user")
    return [
        getattr(error, "__posthog_exception_captured", "none"),
        getattr(error, "__posthog_exception_uuid", "none") == captured,
    ]


@scenario()
def again_after_it_was_dropped(case):
    dropping = case.client(before_send=lambda _event: None)
    error = raised(ValueError("dropped"))
    return dropping.capture_exception(error, distinct_id="user"), case.client().capture_exception(error)


@scenario()
def again_as_the_cause_of_another(case):
    client, error = case.client(), raised(ValueError("first"))
    client.capture_exception(error, distinct_id="user")
    try:
        raise RuntimeError("second") from error
    except RuntimeError as second:
        return client.capture_exception(second, distinct_id="user")


@scenario()
def disabled(case):
    return case.client(disabled=True).capture_exception(raised(ValueError("disabled")))


@scenario()
def with_everything_a_capture_takes(case):
    return case.client().capture_exception(
        raised(ValueError("everything")),
        distinct_id="user",
        properties={"plan": "pro"},
        groups={"company": "acme"},
        timestamp="2020-01-02T03:04:05Z",
        uuid="00000000-0000-0000-0000-000000000007",
        disable_geoip=False,
    )


@scenario()
def with_properties_that_are_a_text(case):
    return case.client().capture_exception(raised(ValueError("odd")), distinct_id="user", properties="plan")


@scenario()
def in_a_context(case):
    client = case.client()
    with client.new_context():
        client.tag("plan", "pro")
        client.identify_context("context")
        client.set_context_session("visit")
        return client.capture_exception(raised(ValueError("in a context")))


def _reserved(name, value):
    def act(case):
        return case.client().capture_exception(
            raised(ValueError("reserved")), distinct_id="user", properties={name: value}
        )

    return act


for _name, _value in {
    "$exception_list": [{"type": "Own", "value": "of the caller"}],
    "$exception_level": "warning",
    "$exception_source": "own.source",
    "$exception_fingerprint": "own",
    "$exception_issue_id": "own",
    "$exception_handled": True,
    "$exception_types": ["Own"],
    "$debug_images": [],
    "$exception_type": "Own",
    "$exception_message": "own",
}.items():
    add_scenario(f"exceptions: the property {_name}", _reserved(_name, _value))


@scenario()
def written_to_the_log(case):
    client = case.client(log_captured_exceptions=True)
    return client.capture_exception(raised(ValueError("logged")), distinct_id="user") is not None


@scenario()
def changed_by_before_send(case):
    def rename(event):
        event["properties"]["$exception_list"][0]["value"] = "changed"
        return event

    return case.client(before_send=rename).capture_exception(raised(ValueError("as raised")), distinct_id="user")


@scenario()
def of_c_code(case):
    client = case.client()
    try:
        json.loads("{")
    except ValueError as error:
        return client.capture_exception(error, distinct_id="user")


@scenario()
def a_long_text(case):
    def measure(event):
        event["properties"]["$exception_list"][0]["value"] = len(event["properties"]["$exception_list"][0]["value"])
        return event

    client = case.client(before_send=measure)
    return client.capture_exception(raised(ValueError("x" * 100_000)), distinct_id="user") is not None


@scenario()
def a_text_too_long_for_an_event(case):
    client = case.client()
    return client.capture_exception(raised(ValueError("x" * 2_000_000)), distinct_id="user") is not None


@scenario()
def the_modules_function(case):
    module = case.module()
    error = raised(ValueError("of the module"))
    return module.capture_exception(error, distinct_id="user"), module.capture_exception(error)


@scenario()
def the_modules_function_of_what_is_handled(case):
    module = case.module()
    try:
        raise ValueError("handled")
    except ValueError:
        return module.capture_exception(distinct_id="user")
