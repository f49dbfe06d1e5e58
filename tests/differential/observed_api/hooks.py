"""`before_send`: what it sees, and what becomes of what it returns."""

import collections
import datetime as dt
import decimal
import functools
from unittest import mock

from .case import add_scenario, failing, scenario


def _returning(value):
    return lambda _event: value


def _changing(change):
    def hook(event):
        change(event)
        return event

    return hook


async def _coroutine(event):
    return event


class _Callable:
    def __init__(self):
        self.seen = 0

    def __call__(self, event):
        self.seen += 1
        return {**event, "properties": {**event["properties"], "seen": self.seen}}

    def method(self, event):
        return self(event)


WHOLE = {
    "event": "another",
    "distinct_id": "another",
    "properties": {"own": 1},
    "timestamp": "2020-01-02T03:04:05+00:00",
    "uuid": "00000000-0000-0000-0000-000000000007",
}

HOOKS = {
    "that returns the event": lambda event: event,
    "that returns none": _returning(None),
    "that fails": failing,
    "that returns a text": _returning("event"),
    "that returns a list": _returning([]),
    "that returns true": _returning(True),
    "that returns false": _returning(False),
    "that returns an empty dict": _returning({}),
    "that returns another event": _returning(WHOLE),
    "that returns an event without properties": _returning({"event": "bare", "distinct_id": "user"}),
    "that returns a copy": dict,
    "that returns an ordered dict": collections.OrderedDict,
    "that returns a user dict": collections.UserDict,
    "that is a coroutine function": _coroutine,
    "that is a method": _Callable().method,
    "that is an object": _Callable(),
    "that is partial": functools.partial(lambda extra, event: {**event, "event": extra}, "partial"),
    "that is a mock": mock.MagicMock(),
    "that is a mock which returns none": mock.Mock(return_value=None),
    "that takes no argument": lambda: None,
    "that renames": _changing(lambda event: event.update(event="renamed")),
    "that names somebody else": _changing(lambda event: event.update(distinct_id="else")),
    "that names nobody": _changing(lambda event: event.update(distinct_id=None)),
    "that removes the name": _changing(lambda event: event.pop("event")),
    "that removes the distinct id": _changing(lambda event: event.pop("distinct_id")),
    "that removes the timestamp": _changing(lambda event: event.pop("timestamp")),
    "that removes the properties": _changing(lambda event: event.pop("properties")),
    "that clears the properties": _changing(lambda event: event["properties"].clear()),
    "that sets the timestamp": _changing(lambda event: event.update(timestamp="2020-01-02T03:04:05+00:00")),
    "that sets a timestamp object": _changing(
        lambda event: event.update(timestamp=dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc))
    ),
    "that sets a number for the distinct id": _changing(lambda event: event.update(distinct_id=5)),
    "that adds members": _changing(lambda event: event.update({"$set": {"plan": "pro"}, "more": 1})),
    "that adds odd values": _changing(
        lambda event: event["properties"].update(
            decimal=decimal.Decimal("1.5"), set={1}, object=object(), bytes=b"x", nan=float("nan")
        )
    ),
    "that adds what cannot be written": _changing(lambda event: event["properties"].update(complex=1j)),
    "that adds itself": _changing(
        lambda event: event["properties"].update(self=event) or event.update(timestamp="2020-01-02T03:04:05+00:00")
    ),
    "that makes the properties a text": _changing(lambda event: event.update(properties="none")),
    "that makes the properties none": _changing(lambda event: event.update(properties=None)),
    "that redacts within": _changing(lambda event: event["properties"]["nested"].update(secret="[redacted]")),
    "that makes the event too large": _changing(lambda event: event["properties"].update(large="x" * 1_000_000)),
}


def _hooked(hook, *, debug=False):
    def act(case):
        client = case.client(before_send=hook, debug=debug)
        captured = client.capture("seen", distinct_id="user", properties={"nested": {"secret": "s"}})
        client.before_send = None
        client.capture("after", distinct_id="user")
        return captured

    return act


for _name, _hook in HOOKS.items():
    add_scenario(f"hooks: one {_name}", _hooked(_hook))
add_scenario("hooks: one that fails, in debug", _hooked(failing, debug=True))
add_scenario("hooks: one that returns a text, in debug", _hooked(_returning("event"), debug=True))
for _name, _hook in {"a text": "hook", "a number": 5, "false": False, "a dict": {}}.items():
    add_scenario(f"hooks: {_name}", _hooked(_hook))


@scenario()
def of_every_kind_of_event(case):
    client = case.client(before_send=_changing(lambda event: event["properties"].update(hooked=True)))
    client.capture("seen", distinct_id="user")
    client.set(distinct_id="user", properties={"plan": "pro"})
    client.set_once(distinct_id="user", properties={"plan": "pro"})
    client.group_identify("company", "acme")
    client.alias("before", "after")
    client.capture_exception(ValueError("never raised"), distinct_id="user")


@scenario()
def dropping_every_kind_of_event(case):
    client = case.client(before_send=_returning(None))
    return [
        client.capture("seen", distinct_id="user"),
        client.set(distinct_id="user", properties={"plan": "pro"}),
        client.set_once(distinct_id="user", properties={"plan": "pro"}),
        client.group_identify("company", "acme"),
        client.alias("before", "after"),
        client.capture_exception(ValueError("never raised"), distinct_id="user"),
    ]


@scenario()
def what_it_sees(case):
    seen = []

    def look(event):
        seen.append({name: type(value).__name__ for name, value in event.items()})
        seen.append({name: type(value).__name__ for name, value in sorted(event["properties"].items())})
        return event

    client = case.client(before_send=look)
    with client.new_context():
        client.tag("plan", "pro")
        client.set_context_session("visit")
        client.capture(
            "seen",
            properties={
                "tuple": (1,),
                "date": dt.date(2020, 1, 2),
                "time": dt.datetime(2020, 1, 2, tzinfo=dt.timezone.utc),
                "set": {1},
            },
            groups={"company": "acme"},
            timestamp=dt.datetime(2020, 1, 2, tzinfo=dt.timezone.utc),
        )
    return seen


@scenario()
def what_it_sees_of_a_person(case):
    seen = []
    client = case.client(before_send=lambda event: seen.append(sorted(event)) or event)
    client.set(distinct_id="user", properties={"plan": "pro"})
    client.group_identify("company", "acme")
    return seen


@scenario()
def changing_what_it_sees_does_not_change_what_was_given(case):
    given = {"nested": {"list": [1]}}
    client = case.client(before_send=_changing(lambda event: event["properties"]["nested"]["list"].append(2)))
    client.capture("seen", distinct_id="user", properties=given)
    return given


@scenario()
def capturing_in_it(case):
    client = case.client()

    def hook(event):
        if event["event"] != "from the hook":
            client.capture("from the hook", distinct_id="user")
        return event

    client.before_send = hook
    return client.capture("seen", distinct_id="user") is not None


@scenario()
def flushing_in_it(case):
    client = case.client()

    def hook(event):
        client.flush(1)
        return event

    client.before_send = hook
    return client.capture("seen", distinct_id="user") is not None


@scenario()
def tagging_in_it(case):
    client = case.client()

    def hook(event):
        client.tag("from", "the hook")
        return event

    client.before_send = hook
    with client.new_context():
        client.capture("first", distinct_id="user")
        client.capture("second", distinct_id="user")


@scenario()
def dropping_some(case):
    client = case.client(before_send=lambda event: None if event["properties"].get("internal") else event)
    return [
        client.capture("seen", distinct_id="user", properties={"internal": True}),
        client.capture("seen", distinct_id="user") is not None,
    ]


@scenario()
def while_nothing_is_sent(case):
    seen = []
    client = case.client(send=False, before_send=lambda event: seen.append(event["event"]) or event)
    return client.capture("seen", distinct_id="user") is not None, seen


@scenario()
def while_disabled(case):
    seen = []
    client = case.client(disabled=True, before_send=lambda event: seen.append(event["event"]) or event)
    return client.capture("seen", distinct_id="user"), seen


@scenario()
def in_synchronous_mode(case):
    client = case.client(sync_mode=True, before_send=_changing(lambda event: event.update(event="renamed")))
    return client.capture("seen", distinct_id="user") is not None


@scenario()
def an_interrupt_in_it(case):
    def interrupt(_event):
        raise KeyboardInterrupt

    client = case.client(before_send=interrupt)
    try:
        return client.capture("seen", distinct_id="user")
    except KeyboardInterrupt:
        return "passed on"
