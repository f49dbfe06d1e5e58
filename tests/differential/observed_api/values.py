"""What Python values become on the wire: one scenario for each kind."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import pathlib
import re
import types
import uuid
from typing import Any, NamedTuple

from .case import Broken, add_scenario, scenario

EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))


class Text(str):
    """Says that it is another text than it is."""

    __slots__ = ()

    def __str__(self):
        return "another"


class Colour(str, enum.Enum):
    RED = "red"


class Plain(enum.Enum):
    ONE = 1


class Level(enum.IntEnum):
    HIGH = 3


class Bits(enum.IntFlag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Order:
    total: decimal.Decimal
    lines: list[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Small:
    total: int


class Model:
    """Is as a model of pydantic 2."""

    def __init__(self, answer):
        self.answer = answer

    def model_dump(self, **_):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class OldModel:
    """Is as a model of pydantic 1."""

    def dict(self):
        return {"id": uuid.UUID(int=7), "inner": Model({"a": 1})}


class Slots:
    __slots__ = ("a",)


class Holder:
    def __init__(self):
        self.a = 1


def _cycle():
    cycle: dict[str, Any] = {"a": 1}
    cycle["self"] = cycle
    return cycle


def _deep(levels):
    deep: Any = "end"
    for _ in range(levels):
        deep = [deep]
    return deep


def _shared():
    one = [1]
    return [one, one]


VALUES = {
    "texts": lambda: ["", "a", " a ", "é", "日本", "😀", "a\x00b", "\x1b", "</script>", "\u2028", '"\\'],
    "a lone surrogate": lambda: "a\ud800b",
    "a text's subclass": lambda: Text("content"),
    "booleans and none": lambda: [True, False, None],
    "numbers": lambda: [0, -1, 1.5, -0.0, 1e16, 1e300, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1],
    "a number of 65 bits": lambda: 2**64,
    "a number of 5000 digits": lambda: 10**5000,
    "floats that are no numbers": lambda: [float("nan"), float("inf"), float("-inf")],
    "decimals": lambda: [decimal.Decimal("1.10"), decimal.Decimal(5), decimal.Decimal("1e3")],
    "decimals that are no numbers": lambda: [decimal.Decimal("NaN"), decimal.Decimal("Infinity")],
    "a signalling decimal": lambda: decimal.Decimal("sNaN"),
    "a uuid": lambda: uuid.UUID(int=7),
    "bytes": lambda: [b"a", "é".encode(), b""],
    "bytes that are no text": lambda: b"\xff\xfe",
    "a bytearray": lambda: bytearray(b"a"),
    "a memoryview": lambda: memoryview(b"a"),
    "a tuple": lambda: (1, (2, "x")),
    "a named tuple": lambda: Point(1, 2),
    "a set": lambda: [{1}, frozenset({"a"}), set()],
    "a deque": lambda: collections.deque([1, 2]),
    "a range": lambda: range(3),
    "a generator": lambda: (number for number in (1, 2)),
    "an iterator": lambda: iter([1, 2]),
    "a view of a dict": {"a": 1}.keys,
    "nested": lambda: {"list": [{"tuple": ({"set": {1}},)}], "none": None, "empty": {}},
    "dicts of other kinds": lambda: [
        collections.OrderedDict(a=1),
        collections.defaultdict(list, a=[1]),
        collections.Counter("aa"),
    ],
    "a mapping that is no dict": lambda: types.MappingProxyType({"a": 1}),
    "a chain of maps": lambda: collections.ChainMap({"a": 1}, {"b": 2}),
    "keys that are numbers": lambda: {1: "one", 1.5: "more"},
    "keys that are words of JSON": lambda: {None: "none", True: "true"},
    "keys that are infinite": lambda: {float("inf"): 1},
    "keys that are tuples": lambda: {(1, "x"): 1},
    "keys that are uuids": lambda: {uuid.UUID(int=7): 1},
    "keys that are bytes": lambda: {b"key": 1},
    "keys that are dates": lambda: {dt.date(2020, 1, 2): 1},
    "keys that are enums": lambda: {Colour.RED: 1},
    "a dataclass": lambda: Order(decimal.Decimal("2.5"), [b"x", {1}]),
    "a small dataclass": lambda: Small(1),
    "the class of a dataclass": lambda: Order,
    "a model": lambda: Model({"when": dt.date(2020, 1, 2)}),
    "a model that answers with a list": lambda: Model([1]),
    "a model that answers with none": lambda: Model(None),
    "a model that fails": lambda: Model(ValueError("broken")),
    "an old model": OldModel,
    "an enum of texts": lambda: Colour.RED,
    "an enum of numbers": lambda: [Level.HIGH, Bits.READ | Bits.WRITE],
    "a plain enum": lambda: Plain.ONE,
    "a date": lambda: dt.date(2020, 1, 2),
    "times without a zone": lambda: [
        dt.datetime(2020, 1, 2, 3, 4, 5),  # noqa: DTZ001 - that is what is observed
        dt.datetime(2020, 1, 2, 3, 4, 5, 6),  # noqa: DTZ001 - same
    ],
    "times with a zone": lambda: [
        dt.datetime(2020, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc),
        dt.datetime(2020, 1, 2, 3, 4, 5, 600000, tzinfo=EAST),
    ],
    "a time of day": lambda: dt.time(1, 2),
    "a duration": lambda: dt.timedelta(seconds=90),
    "texts that look like times": lambda: ["2020-01-02T03:04:05+05:30", "2020-01-02", "20200102", "2020-01-02 03:04Z"],
    "a complex number": lambda: 1 + 2j,
    "a fraction": lambda: fractions.Fraction(1, 2),
    "a path": lambda: pathlib.PurePosixPath("/a/b"),
    "a pattern": lambda: re.compile("a+"),
    "an exception": lambda: ValueError("secret"),
    "a class": lambda: int,
    "functions": lambda: [len, lambda: None, "".join],
    "a module": lambda: types,
    "objects": lambda: [object(), Slots(), Holder(), Broken()],
    "a namespace": lambda: types.SimpleNamespace(a=1),
    "not implemented and an ellipsis": lambda: [NotImplemented, ...],
    "a cycle": _cycle,
    "one list twice": _shared,
    "fifty levels": lambda: _deep(50),
    "a thousand levels": lambda: _deep(1000),
    "a hundred thousand levels": lambda: _deep(100_000),
}


def _capture(make):
    def act(case):
        client = case.client()
        client.capture("before", distinct_id="user")
        captured = client.capture("seen", distinct_id="user", properties={"value": make(), "beside": "stays"})
        client.capture("after", distinct_id="user")
        return captured is not None

    return act


def _tag(make):
    def act(case):
        client = case.client()
        with client.new_context():
            client.tag("value", make())
            client.tag("beside", "stays")
            return client.capture("seen", distinct_id="user") is not None

    return act


for _name, _make in VALUES.items():
    add_scenario(f"values: {_name}", _capture(_make))
for _name in ("a tuple", "a uuid", "a plain enum", "keys that are tuples", "a complex number", "a cycle", "objects"):
    add_scenario(f"values: {_name}, as a tag", _tag(VALUES[_name]))


@scenario()
def names_of_properties_that_are_no_texts(case):
    return case.client().capture("seen", distinct_id="user", properties={1: "one", None: "none"})


@scenario()
def too_large_for_an_event(case):
    client = case.client()
    captured = client.capture("seen", distinct_id="user", properties={"large": "x" * 1_000_000, "beside": "stays"})
    client.capture("after", distinct_id="user")
    return captured is not None


@scenario()
def too_large_in_synchronous_mode(case):
    def length(event):
        event["properties"]["large"] = len(event["properties"]["large"])
        return event

    client = case.client(sync_mode=True, before_send=length)
    return client.capture("seen", distinct_id="user", properties={"large": "x" * 1_000_000}) is not None


@scenario()
def nearly_too_large_for_an_event(case):
    client = case.client()
    return client.capture("seen", distinct_id="user", properties={"large": "x" * 800_000}) is not None


@scenario()
def what_cannot_be_written_in_synchronous_mode(case):
    client = case.client(sync_mode=True)
    return client.capture("seen", distinct_id="user", properties={"value": 1j}) is not None


@scenario()
def what_cannot_be_written_in_debug(case):
    client = case.client(debug=True)
    return client.capture("seen", distinct_id="user", properties={"value": 1j}) is not None


@scenario()
def odd_properties_of_a_person(case):
    client = case.client()
    return client.set(distinct_id="user", properties={"enum": Plain.ONE, "decimal": decimal.Decimal(2), "set": {1}})


@scenario()
def odd_properties_of_a_group(case):
    client = case.client()
    return client.group_identify("company", "acme", {"enum": Plain.ONE, "date": dt.date(2020, 1, 2), "bytes": b"x"})


def _called(name):
    return lambda case: case.client().capture(name, distinct_id="user") is not None


for _name, _value in {
    "an enum of texts": Colour.RED,
    "bytes": b"name",
    "a list": ["name"],
    "a plain enum": Plain.ONE,
}.items():
    add_scenario(f"values: {_name}, as the name of an event", _called(_value))


@scenario()
def an_enum_as_a_distinct_id(case):
    return case.client().capture("seen", distinct_id=Colour.RED) is not None
