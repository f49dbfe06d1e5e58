"""What a frame shows of its local variables: which frames, in what words, and how much."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import json
import os
import re
import sys
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from posthog import Posthog

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup  # pytest brings it

HERE = str(Path(__file__).resolve().parent)
TOO_LONG = "$$_posthog_value_too_long_$$"
REDACTED = "$$_posthog_redacted_based_on_masking_rules_$$"


class Shop:
    """A client that shows variables, and what it would have sent."""

    def __init__(self, **options: Any) -> None:
        self.events: list[dict[str, Any]] = []
        options = {"capture_exception_code_variables": True, "project_root": HERE, **options}
        self.client = Posthog("phc_test", send=False, before_send=self._keep, **options)

    def _keep(self, event: dict[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        return event

    def entries(self, error: Any) -> list[dict[str, Any]]:
        assert self.client.capture_exception(error) is not None
        return self.events[-1]["properties"]["$exception_list"]

    def variables(self, error: Any) -> dict[str, Any]:
        """Return what the innermost frame shows."""
        return self.entries(error)[0]["stacktrace"]["frames"][-1].get("code_variables", {})

    def shown(self, value: Any) -> Any:
        """Return what is shown of a variable with this value."""
        return self.variables(caught(holding, value))["held"]


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.client.shutdown()


def caught(function: Any, *args: Any) -> BaseException:
    try:
        function(*args)
    except BaseException as error:
        return error
    pytest.fail("nothing was raised")


def holding(held: Any) -> None:
    raise ValueError("x")


def test_nothing_is_shown_unless_it_is_switched_on():
    shop = Shop(capture_exception_code_variables=False)
    assert shop.variables(caught(holding, 1)) == {}


def test_the_switch_may_be_turned_while_the_client_runs(shop):
    shop.client.capture_exception_code_variables = False
    assert shop.variables(caught(holding, 1)) == {}
    shop.client.capture_exception_code_variables = True
    assert shop.variables(caught(holding, 1)) == {"held": 1}


def test_only_the_users_own_frames_show_variables(shop):
    frames = shop.entries(caught(json.loads, "{"))[0]["stacktrace"]["frames"]
    assert [frame["function"] for frame in frames if "code_variables" in frame] == ["caught"]
    assert len(frames) > 1


def test_every_frame_of_a_stack_shows_its_own_variables(shop):
    def inner(number):
        raise ValueError("x")

    def outer(text):
        inner(2)

    frames = shop.entries(caught(outer, "a"))[0]["stacktrace"]["frames"]
    assert frames[-1]["code_variables"] == {"number": 2}
    assert frames[-2]["code_variables"]["text"] == "a"


def test_each_exception_of_a_chain_shows_the_variables_of_its_own_frames(shop):
    def low():
        where = "low"
        raise KeyError(where)

    def high():
        where = "high"
        try:
            low()
        except KeyError as error:
            raise ValueError(where) from error

    raised, cause = shop.entries(caught(high))
    assert raised["stacktrace"]["frames"][-1]["code_variables"]["where"] == "high"
    assert [frame["code_variables"]["where"] for frame in cause["stacktrace"]["frames"]] == ["high", "low"]


def test_the_members_of_a_group_show_theirs(shop):
    def group():
        raise ExceptionGroup("all", [caught(holding, 1), caught(holding, 2)])

    entries = shop.entries(caught(group))
    assert [entry["stacktrace"]["frames"][-1]["code_variables"]["held"] for entry in entries[1:]] == [1, 2]


def test_an_exception_that_was_never_raised_shows_where_it_is_captured(shop):
    marker = "here"
    frames = shop.entries(ValueError("x"))[0]["stacktrace"]["frames"]
    here = sys._getframe().f_code.co_name
    own = next(frame for frame in frames if frame["function"] == here)
    assert own["code_variables"]["marker"] == marker


def test_simple_values_are_written_in_pythons_words_and_numbers_stay_numbers(shop):
    for value in (1, -1.5, "text", ""):
        assert shop.shown(value) == value
    assert [shop.shown(value) for value in (True, False, None)] == ["True", "False", "None"]
    assert shop.shown(float("nan")) == "nan"
    assert shop.shown(float("-inf")) == "-inf"
    assert shop.shown(10**30) == str(10**30)
    assert shop.shown(10**5000) == TOO_LONG


def test_containers_are_json(shop):
    for value, shown in [
        ([1, None, True, "ü", 1.5], [1, None, True, "ü", 1.5]),
        ((1, (2,)), [1, [2]]),
        ({"a": {"b": []}, 2: "c", None: 3}, {"a": {"b": []}, "2": "c", "null": 3}),
        ({7}, [7]),
        (frozenset("x"), ["x"]),
        (collections.deque([1, 2]), [1, 2]),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        ([], []),
    ]:
        assert json.loads(shop.shown(value)) == shown


class Plain:
    kind = "of the class"

    def __init__(self) -> None:
        self.number = 1
        self._private = "p"
        self.password = "hunter"

    @property
    def computed(self) -> None:
        raise AssertionError("a property was asked")


class Slotted:
    __slots__ = ("first", "second")

    def __init__(self) -> None:
        self.second = 2


@dataclasses.dataclass
class Order:
    number: int
    lines: list[str]


@dataclasses.dataclass(frozen=True, **({"slots": True} if sys.version_info >= (3, 10) else {}))
class Price:
    amount: int
    currency: str = "EUR"


class Colour(enum.Enum):
    RED = 1


class Size(enum.IntEnum):
    LARGE = 3


class Point(NamedTuple):
    x: int
    y: int


def test_objects_show_their_attributes_and_their_class(shop):
    order = Order(7, ["tea"])
    order.extra = 1  # type: ignore[attr-defined]
    for value, shown in [
        (Plain(), {"number": 1, "_private": "p", "password": REDACTED, "__class__": "Plain"}),
        (Slotted(), {"second": 2, "__class__": "Slotted"}),
        (order, {"number": 7, "lines": ["tea"], "__class__": "Order"}),
        (Price(5), {"amount": 5, "currency": "EUR", "__class__": "Price"}),
        (Point(1, 2), {"x": 1, "y": 2, "__class__": "Point"}),
        (SimpleNamespace(a=[1]), {"a": [1], "__class__": "SimpleNamespace"}),
        (KeyError("k", 2), {"args": ["k", 2], "__class__": "KeyError"}),
    ]:
        assert json.loads(shop.shown(value)) == shown


def test_what_is_no_container_is_described(shop):
    for value, shown in [
        (b"\xff", r"b'\xff'"),
        (1j, "1j"),
        (range(3), "range(0, 3)"),
        (..., "Ellipsis"),
        (decimal.Decimal("1.5"), "Decimal('1.5')"),
        (dt.date(2026, 11, 27), "datetime.date(2026, 11, 27)"),
        (dt.datetime(2026, 11, 27), "datetime.datetime(2026, 11, 27, 0, 0)"),  # noqa: DTZ001 - so it is shown
        (
            dt.datetime(2026, 11, 27, tzinfo=dt.timezone.utc),
            "datetime.datetime(2026, 11, 27, 0, 0, tzinfo=datetime.timezone.utc)",
        ),
        (dt.timedelta(1), "datetime.timedelta(days=1)"),
        (uuid.UUID(int=5), "UUID('00000000-0000-0000-0000-000000000005')"),
        (Path("/x"), "PosixPath('/x')"),
        (re.compile("x"), "re.compile('x')"),
        (Colour.RED, "Colour.RED"),
        (Size.LARGE, 3),
        (Plain, f"<class '{__name__}.Plain'>"),
        (json, "<module 'json'>"),
        (holding, "<function holding>"),
        (object(), "<object object>"),
        ((each for each in [1]), "<generator object>"),
    ]:
        assert shop.shown(value) == shown


def test_a_time_zone_of_python_is_named(shop):
    moment = dt.datetime(2026, 11, 27, tzinfo=ZoneInfo("Europe/Berlin"))
    assert shop.shown(moment).endswith("tzinfo=zoneinfo.ZoneInfo(key='Europe/Berlin'))")


def test_what_is_too_long_too_wide_or_too_deep_is_marked(shop):
    assert shop.shown("x " * 512) == "x " * 512
    assert shop.shown("x " * 513) == "x " * 510 + "x..."
    assert shop.shown("x" * 2049) == TOO_LONG
    assert shop.shown(b"x" * 2049) == TOO_LONG
    assert json.loads(shop.shown(["y" * 2049])) == [TOO_LONG]
    assert json.loads(shop.shown(list(range(50)))) == list(range(50))
    assert shop.shown(list(range(51))) == TOO_LONG
    assert shop.shown(set(range(51))) == TOO_LONG
    assert shop.shown(dict.fromkeys(range(51), 1)) == TOO_LONG
    assert shop.shown(SimpleNamespace(**{f"a{number}": 1 for number in range(51)})) == TOO_LONG
    deep: Any = 1
    for _ in range(12):
        deep = [deep]
    assert shop.shown(deep) == "[" * 12 + "1" + "]" * 12
    assert shop.shown([deep]) == "[" * 12 + f'"{TOO_LONG}"' + "]" * 12
    wide = [["a"] * 40, ["b"] * 40, ["c"] * 40, ["d"]]
    assert json.loads(shop.shown(wide)) == [["a"] * 40, ["b"] * 40, ["c"] * 16 + [TOO_LONG]]


def test_a_container_inside_of_itself_is_marked_and_one_that_is_there_twice_is_not(shop):
    inside: list[Any] = []
    inside.append({"again": inside})
    assert json.loads(shop.shown(inside)) == [{"again": "<circular ref>"}]
    assert json.loads(shop.shown([{"a": 1}] * 2)) == [{"a": 1}, {"a": 1}]
    one = [1]
    assert json.loads(shop.shown([one, one])) == [[1], [1]]


def test_simple_variables_come_before_larger_ones_each_by_name(shop):
    def many(b, a, Z, y, x):  # noqa: N803 - the order of capitals
        raise ValueError

    shown = shop.variables(caught(many, [1], {}, "z", 1, None))
    assert list(shown) == ["Z", "x", "y", "a", "b"]


def recurse(depth: int) -> None:
    text = "x " * 500  # noqa: F841 - to be shown
    if depth == 0:
        raise ValueError
    recurse(depth - 1)


def test_an_event_shows_ten_thousand_characters_beginning_at_the_crash(shop):
    frames = shop.entries(caught(recurse, 20))[0]["stacktrace"]["frames"]
    full = [frame for frame in frames if "text" in frame.get("code_variables", {})]
    assert len(full) == 10
    assert [frame["code_variables"]["depth"] for frame in full] == list(range(9, -1, -1))
    values = [value for frame in frames for value in frame.get("code_variables", {}).values()]
    assert sum(len(str(value)) for value in values) <= 10 * 1024


def test_variables_of_enclosing_functions_and_of_modules_are_variables(shop):
    outer = "o"

    def inner():
        raise ValueError(outer)

    assert shop.variables(caught(inner)) == {"outer": "o"}
    names: dict[str, Any] = {"__name__": "shop.script"}
    code = compile("colour = 'red'\nraise ValueError", f"{HERE}/script.py", "exec")
    assert shop.variables(caught(exec, code, names)) == {"colour": "red"}


def test_code_that_runs_in_a_mapping_of_the_program_shows_none(shop):
    class Names(dict):
        def __getitem__(self, name):
            return super().__getitem__(name)

    class Own(collections.abc.MutableMapping):
        def __init__(self):
            self.names = {}

        def __getitem__(self, name):
            return self.names[name]

        def __setitem__(self, name, value):
            self.names[name] = value

        __delitem__ = __iter__ = __len__ = None

        def keys(self):
            pytest.fail("the program's mapping was read")

    code = compile("colour = 'red'\nraise ValueError", f"{HERE}/script.py", "exec")
    assert shop.variables(caught(exec, code, {}, Own())) == {}
    assert shop.variables(caught(exec, code, {}, Names())) == {"colour": "red"}


def test_the_event_is_sent_when_a_setting_is_of_no_use(shop, caplog):
    class Odd:
        def __bool__(self):
            raise RuntimeError("no truth")

    shop.client.capture_exception_code_variables = Odd()
    assert shop.variables(caught(holding, 1)) == {}
    assert "code variables" in caplog.text


def test_a_forked_child_shows_variables_too(shop):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, json.dumps(shop.variables(caught(holding, 1))).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    assert json.loads(os.read(reader, 1000)) == {"held": 1}
    os.close(reader)
