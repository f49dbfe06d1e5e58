"""What Python values become in an event, and that none of them can harm it."""

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import fractions
import gc
import json
import math
import pathlib
import subprocess
import sys
import textwrap
import threading
import types
import uuid
from typing import Any, ClassVar, NamedTuple
from unittest.mock import MagicMock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from posthog import Posthog

from .arriving import Sink, strict


class Writer:
    """A client that sends nothing and shows what it would have sent."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.client = Posthog("phc_test", send=False, before_send=self._keep)

    def _keep(self, event: dict[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        return event

    def properties(self, properties: dict[Any, Any]) -> dict[str, Any]:
        assert self.client.capture("written", distinct_id="u", properties=properties) is not None
        # The hook sees dates as objects; what is sent is their text.
        return json.loads(json.dumps(self.events.pop()["properties"], default=lambda date: date.isoformat()))

    def __call__(self, value: Any) -> Any:
        return self.properties({"value": value})["value"]


@pytest.fixture(scope="module")
def write():
    writer = Writer()
    yield writer
    writer.client.shutdown()


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "not the content"


class Colour(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Plain(enum.Enum):
    ONE = 1


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Order:
    number: int
    total: decimal.Decimal
    lines: list[Any] = dataclasses.field(default_factory=list)
    kind: ClassVar[str] = "order"


class Modelled:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def model_dump(self) -> Any:
        return self.answer

    def dict(self) -> dict[str, Any]:
        return {"never": "asked"}


class Dictable:
    def dict(self) -> dict[str, Any]:
        return {"id": uuid.UUID(int=1)}


class OwnItems(dict):
    def items(self) -> Any:
        return [("from", "items")]


class OwnIter(list):
    def __iter__(self) -> Any:
        return iter([9])


class WithText:
    def __str__(self) -> str:
        return "hello"


EAST = dt.timezone(dt.timedelta(hours=2))

OFFICIAL = {
    "text": ("é😀", "é😀"),
    "NUL": ("a\x00b", "a\x00b"),
    "subclass of str": (Text("content"), "content"),
    "int": (5, 5),
    "largest int of 64 bits": (2**64 - 1, 2**64 - 1),
    "smallest int of 64 bits": (-(2**63), -(2**63)),
    "true": (True, True),
    "none": (None, None),
    "float": (1e16, 1e16),
    "nan": (math.nan, None),
    "infinity": (-math.inf, None),
    "decimal": (decimal.Decimal("1.10"), 1.1),
    "decimal nan": (decimal.Decimal("NaN"), None),
    "uuid": (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
    "datetime as is": (dt.datetime(2020, 1, 2, 3, 4, 5, 6), "2020-01-02T03:04:05.000006"),  # noqa: DTZ001 - naive on purpose
    "aware datetime as is": (dt.datetime(2020, 1, 2, tzinfo=EAST), "2020-01-02T00:00:00+02:00"),
    "date": (dt.date(2020, 1, 2), "2020-01-02"),
    "time": (dt.time(1, 2), None),
    "timedelta": (dt.timedelta(seconds=90), None),
    "enum of texts": (Colour.RED, "red"),
    "enum of ints": (Level.HIGH, 3),
    "plain enum": (Plain.ONE, None),
    "nested": ([1, (2,), {3}], [1, [2], [3]]),
    "frozenset": (frozenset([1]), [1]),
    "deque": (collections.deque([1]), [1]),
    "named tuple": (Point(1, 2), [1, 2]),
    "list with its own iteration": (OwnIter([1]), [9]),
    "dataclass": (Order(1, decimal.Decimal("2.5"), [b"x"]), {"number": 1, "total": 2.5, "lines": ["x"]}),
    "class of a dataclass": (Order, None),
    "pydantic 2": (Modelled({"when": dt.date(2020, 1, 2)}), {"when": "2020-01-02"}),
    "model that answers with a list": (Modelled([1]), None),
    "pydantic 1": (Dictable(), {"id": "00000000-0000-0000-0000-000000000001"}),
    "dict with its own items": (OwnItems(a=1), {"from": "items"}),
    "ordered dict": (collections.OrderedDict(a=1), {"a": 1}),
    "keys that JSON knows": (
        {1: "a", 1.5: "b", None: "c", False: "d", Colour.RED: "e", math.inf: "f"},
        {"1": "a", "1.5": "b", "null": "c", "false": "d", "red": "e", "Infinity": "f"},
    ),
    "bytes": ("é".encode(), "é"),
    "bytes that are no text": (b"\xff", None),
    "bytearray": (bytearray(b"a"), None),
    "memoryview": (memoryview(b"a"), None),
    "range": (range(3), None),
    "generator": ((item for item in [1]), None),
    "class": (int, None),
    "function": (len, None),
    "exception": (ValueError("secret"), None),
    "namespace": (types.SimpleNamespace(a=1), None),
    "mock": (MagicMock(), None),
    "object": (object(), None),
    "object with a text": (WithText(), None),
}

BEYOND_OFFICIAL = {
    "lone surrogate": ("a\ud800b", "a\ufffdb"),
    "pair of surrogates": ("\ud83d\ude00", "😀"),
    "lone surrogate in a key": ({"a\udfff": 1}, {"a\ufffd": 1}),
    "larger than 64 bits": (2**64, "18446744073709551616"),
    "smaller than 64 bits": (-(2**63) - 1, "-9223372036854775809"),
    "too large to write": (10**100_000, None),
    "signalling nan": (decimal.Decimal("sNaN"), None),
    "fraction": (fractions.Fraction(1, 2), 0.5),
    "complex": (1j, None),
    "path": (pathlib.PurePosixPath("/a/b"), "/a/b"),
    "keys that JSON does not know": (
        {uuid.UUID(int=1): 1, b"b": 2, (1, "x"): 3, Plain.ONE: 4, dt.date(2020, 1, 2): 5},
        {"00000000-0000-0000-0000-000000000001": 1, "b": 2, '[1,"x"]': 3, "<Plain>": 4, "2020-01-02": 5},
    ),
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_a_value_becomes_what_the_official_package_makes_of_it(write, name):
    value, expected = OFFICIAL[name]
    assert write(value) == expected
    assert type(write(value)) is type(expected)


@pytest.mark.parametrize("name", BEYOND_OFFICIAL)
def test_a_value_that_the_official_package_cannot_write_harms_no_event(write, name):
    value, expected = BEYOND_OFFICIAL[name]
    assert write(value) == expected


def test_properties_that_claim_to_be_endless_are_as_wrong_as_any_others_and_end_no_process(write):
    assert write.client.capture("written", distinct_id="u", properties=range(10**12)) is None

    class Endless(dict):
        def __len__(self) -> int:
            return sys.maxsize

    assert write.properties(Endless({"plan": "pro"}))["plan"] == "pro"


def test_equal_sets_are_written_in_one_order(write):
    assert write({"pear", "apple", "fig"}) == ["apple", "fig", "pear"]
    assert write(frozenset([30, 4, 100])) == [4, 30, 100]


def test_containers_deeper_than_64_levels_end_in_a_marker(write):
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    written = write(deep)
    for _ in range(64):
        (written,) = written
    assert written == "<max depth>"


def test_a_cycle_ends_in_a_marker_and_a_shared_value_does_not(write):
    cycle: dict[str, Any] = {"shared": [1]}
    cycle |= {"again": cycle["shared"], "self": cycle}
    assert write(cycle) == {"shared": [1], "again": [1], "self": "<cycle>"}
    order = Order(1, decimal.Decimal(1))
    order.lines.append(order)
    assert write(order)["lines"] == ["<cycle>"]


def test_what_makes_a_new_object_each_time_ends_in_a_marker(write):
    class Endless:
        def model_dump(self) -> dict[str, Any]:
            return {"next": Endless()}

    assert "<max depth>" in json.dumps(write(Endless()))


def test_more_values_than_an_event_can_carry_are_cut_and_named(write):
    written = write.properties({"many": list(range(20_000)), "more": [1], "plan": "pro"})
    assert written["plan"] == "pro"
    assert written["more"] == []
    assert written["$truncated"][:2] == ["many", "more"]


def test_an_iteration_without_end_is_cut(write):
    class Endless(list):
        def __iter__(self) -> Any:
            while True:
                yield 1

    written = write.properties({"endless": Endless(), "plan": "pro"})
    assert "endless" in written["$truncated"]
    assert written["plan"] == "pro"


def test_a_list_that_shares_its_items_many_times_over_is_cut(write):
    bomb: list[Any] = ["x" * 1000]
    for _ in range(40):
        bomb = [bomb] * 10
    written = write.properties({"bomb": bomb, "plan": "pro"})
    assert "bomb" in written["$truncated"]
    assert written["plan"] == "pro"


def raising(kind: type, method: str, error: BaseException) -> Any:
    def fail(*_: Any) -> Any:
        raise error

    return type("Raising", (kind,), {method: fail})


@pytest.mark.parametrize(
    ("kind", "method", "args"),
    [
        (object, "model_dump", ()),
        (object, "dict", ()),
        (dict, "items", ()),
        (list, "__iter__", ()),
        (set, "__iter__", ()),
        (collections.deque, "__iter__", ()),
        (dt.date, "isoformat", (2020, 1, 1)),
        (uuid.UUID, "__str__", ("00000000-0000-0000-0000-000000000005",)),
        (decimal.Decimal, "__float__", (1,)),
        (fractions.Fraction, "__float__", (1,)),
        (pathlib.PurePosixPath, "__str__", ("/a",)),
    ],
)
def test_a_value_that_raises_is_null_and_its_neighbours_stay(write, kind, method, args):
    value = raising(kind, method, ValueError("broken"))(*args)
    written = write.properties({"before": 1, "value": value, "within": [value, 2], "after": 3})
    assert (written["before"], written["value"], written["within"], written["after"]) == (1, None, [None, 2], 3)


def test_a_class_that_answers_no_question_is_null(write):
    class Meta(type):
        def __getattribute__(cls, name: str) -> Any:
            raise ValueError(name)

    class Silent(metaclass=Meta):
        pass

    assert write.properties({"value": Silent(), "after": 1})["after"] == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()])
def test_an_interrupt_during_a_value_reaches_the_thread_it_was_meant_for(write, error):
    with pytest.raises(type(error)):
        write(raising(object, "dict", error)())


def test_no_method_of_an_object_is_asked_for_that_its_class_does_not_have(write):
    asked = []

    class Proxy:
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            raise AttributeError(name)

        @property
        def __class__(self) -> Any:
            asked.append("__class__")
            return dict

    assert write(Proxy()) is None
    assert asked == []


def test_a_dict_that_changes_while_it_is_written_is_written_as_it_was(write):
    changing: dict[str, Any] = {}

    class Changes:
        def dict(self) -> dict[str, Any]:
            changing.clear()
            changing.update({str(number): number for number in range(100)})
            return {"done": True}

    changing |= {"a": 1, "b": Changes(), "c": 3}
    assert write(changing) == {"a": 1, "b": {"done": True}, "c": 3}


def test_a_list_that_grows_while_it_is_written_has_an_end(write):
    growing: list[Any] = []

    class Grows:
        def dict(self) -> dict[str, Any]:
            growing.append(Grows())
            return {}

    growing.append(Grows())
    assert write(growing)[0] == {}


def test_a_value_that_captures_an_event_with_itself_does_not_end_the_process():
    script = """
        import sys
        from posthog import Posthog

        client = Posthog("phc_test", send=False, before_send=lambda event: event)

        class Captures:
            def dict(self):
                client.capture("inner", distinct_id="u", properties={"value": self})
                return {"done": True}

        print(client.capture("outer", distinct_id="u", properties={"value": Captures()}) is not None)
    """
    assert run(script) == "True"


def test_values_may_be_changed_by_other_threads_while_they_are_written(write):
    shared: dict[str, Any] = {"stable": 1}
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            shared[f"key {number % 50}"] = decimal.Decimal(number)
            shared.pop(f"key {(number + 25) % 50}", None)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(500):
            assert write(shared)["stable"] == 1
    finally:
        stop.set()
        thread.join()


def test_classes_that_are_made_all_the_time_do_not_pile_up(write):
    def written_class() -> int:
        made = type("Made", (), {"dict": lambda _: {}})
        write(made())
        return 1

    def alive() -> int:
        gc.collect()
        return sum(1 for it in gc.get_objects() if type(it) is type and it.__name__ == "Made")

    assert sum(written_class() for _ in range(2000)) == 2000
    assert alive() <= 600


def run(script: str) -> str:
    """Run a script in a process of its own, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_django_values_are_written_without_a_query_and_without_evaluating_them():
    pytest.importorskip("django")
    script = """
        import json, uuid
        from django.conf import settings

        settings.configure(
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, USE_I18N=True
        )
        import django

        django.setup()
        from django.db import connection, models
        from django.http import QueryDict
        from django.utils.functional import SimpleLazyObject
        from django.utils.safestring import mark_safe
        from django.utils.translation import gettext_lazy
        from posthog import Posthog

        class Shop(models.Model):
            class Meta:
                app_label = "town"

        class Cafe(Shop):
            class Meta:
                app_label = "town"

        class Ticket(models.Model):
            id = models.UUIDField(primary_key=True)

            class Meta:
                app_label = "town"

        class Size(models.TextChoices):
            SMALL = "s", "Small"

        def refuse(*_):
            raise AssertionError("a query was made or a lazy object evaluated")

        asked = SimpleLazyObject(lambda: Shop(pk=7))
        assert asked.pk == 7
        written = {}
        client = Posthog("phc_test", send=False, before_send=lambda event: written.update(event["properties"]))
        with connection.execute_wrapper(refuse):
            client.capture(
                "written",
                distinct_id="u",
                properties={
                    "model": Shop(pk=7),
                    "unsaved": Shop(),
                    "inherited": Cafe(shop_ptr_id=8, id=8),
                    "by_uuid": Ticket(id=uuid.UUID(int=1)),
                    "lazy_text": gettext_lazy("Welcome"),
                    "not_asked": SimpleLazyObject(refuse),
                    "asked": asked,
                    "query_set": Shop.objects.all(),
                    "values": Shop.objects.values_list("pk"),
                    "manager": Shop.objects,
                    "settings": settings,
                    "query": QueryDict("a=1&a=2&b=3"),
                    "safe": mark_safe("<b>"),
                    "choice": Size.SMALL,
                },
            )
        print(json.dumps({name: value for name, value in written.items() if not name.startswith("$")}))
    """
    assert json.loads(run(script)) == {
        "model": "town.Shop:7",
        "unsaved": "town.Shop:None",
        "inherited": "town.Cafe:8",
        "by_uuid": "town.Ticket:00000000-0000-0000-0000-000000000001",
        "lazy_text": "Welcome",
        "not_asked": None,
        "asked": "town.Shop:7",
        "query_set": None,
        "values": None,
        "manager": None,
        "settings": None,
        "query": {"a": "2", "b": "3"},
        "safe": "<b>",
        "choice": "s",
    }


def test_no_module_is_imported_for_the_sake_of_values():
    script = """
        import sys
        from posthog import Posthog

        client = Posthog("phc_test", send=False)
        before = set(sys.modules)
        client.capture("written", distinct_id="u", properties={"object": object(), "list": [{1}, b"x"]})
        imported = set(sys.modules) - before
        print(sorted({"numbers", "decimal", "dataclasses", "pydantic", "django", "pathlib"} & imported))
    """
    assert run(script) == "[]"


# The keys of generated dicts must be hashable: containers only as tuples and frozensets.
KEYS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None)),
    st.binary(max_size=8),
    st.dates(),
    st.uuids(),
    st.sampled_from([Plain.ONE, Colour.RED, Level.HIGH, int, len, 1j]),
)
LEAVES = st.one_of(
    KEYS,
    st.decimals(allow_nan=True, allow_infinity=True),
    st.fractions(),
    st.datetimes(timezones=st.none() | st.timezones()),
    st.timedeltas(),
    st.builds(object),
    st.builds(Text, st.text()),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.dictionaries(KEYS | st.tuples(KEYS, KEYS), inner),
        st.frozensets(KEYS),
        st.lists(inner).map(collections.deque),
        st.lists(inner).map(OwnIter),
        st.dictionaries(KEYS, inner).map(collections.OrderedDict),
        st.builds(Modelled, inner),
        st.builds(Order, KEYS, KEYS, inner),
    ),
    max_leaves=30,
)


WRAPPERS: list[Any] = [
    lambda inner: [inner],
    lambda inner: {"key": inner},
    lambda inner: (inner,),
    lambda inner: Modelled({"key": inner}),
    lambda inner: Order(1, decimal.Decimal(1), [inner]),
]


@pytest.fixture(scope="module")
def sent():
    """Return a function that captures properties and gives back the bytes that arrived at a server."""
    sink = Sink()
    client = Posthog("phc_test", host=sink.url, gzip=False)

    def send(properties: dict[Any, Any]) -> bytes:
        assert client.capture("written", distinct_id="u", properties=properties) is not None
        client.flush()
        (body,) = sink.take()
        return body

    yield send
    client.shutdown()
    sink.close()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(properties=st.dictionaries(KEYS, VALUES, max_size=5))
def test_whatever_python_builds_arrives_as_strict_json(sent, properties):
    (event,) = strict(sent({**properties, "plan": "pro"}))["batch"]
    assert event["properties"]["plan"] == "pro"


@settings(max_examples=50, deadline=None)
@given(levels=st.lists(st.sampled_from(WRAPPERS), max_size=200))
def test_whatever_is_nested_stays_within_the_depth_of_every_parser(sent, levels):
    value: Any = 1
    for wrap in levels:
        value = wrap(value)
    strict(sent({"value": value}))
