"""Any value in a local variable: the event arrives as JSON, nothing is raised, and no code of the program runs."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import functools
import json
import pathlib
import types
import uuid
import weakref
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .test_code_variables import Shop, caught, holding
from .test_values import KEYS, VALUES

RAN: list[str] = []
"""What ran of the classes below."""


def watched(name: str) -> Any:
    def run(*_args: Any, **_kwargs: Any) -> Any:
        RAN.append(name)
        raise RuntimeError(name)

    return run


METHODS = [
    "__getattr__",
    "__getattribute__",
    "__repr__",
    "__str__",
    "__format__",
    "__len__",
    "__iter__",
    "__next__",
    "__getitem__",
    "__contains__",
    "__bool__",
    "__hash__",
    "__eq__",
    "__lt__",
    "__int__",
    "__float__",
    "__index__",
    "__complex__",
    "__bytes__",
    "__fspath__",
    "__dir__",
    "__call__",
    "__reduce__",
    "__reduce_ex__",
    "__sizeof__",
    "__get__",
    "__length_hint__",
    "__reversed__",
    "__missing__",
    "__instancecheck__",
    "keys",
    "values",
    "items",
    "get",
    "copy",
    "isoformat",
    "as_posix",
    "model_dump",
    "dict",
    "hex",
    "resolve",
]


class Two(NamedTuple):
    """A named tuple."""

    a: int
    b: int


class Meta(type):
    """A metaclass that watches its classes, too."""

    __getattr__ = watched("Meta.__getattr__")
    __repr__ = watched("Meta.__repr__")
    __str__ = watched("Meta.__str__")
    __instancecheck__ = watched("Meta.__instancecheck__")
    __subclasscheck__ = watched("Meta.__subclasscheck__")
    __bool__ = watched("Meta.__bool__")
    __hash__ = type.__hash__


def watching(base: Any, *args: Any, meta: type = type, **own: Any) -> Any:
    """Return an object of a subclass that notes every method of its own that runs, once the object is there."""
    kind = meta("Watched", (base,), own)
    made = kind(*args)
    for name in METHODS:
        type.__setattr__(kind, name, watched(name))
    for name in ("computed", "_private", "message"):
        type.__setattr__(kind, name, property(watched(name)))
    return made


class Zone(dt.tzinfo):
    """A time zone of the program."""

    utcoffset = tzname = dst = __repr__ = __str__ = watched("tzinfo")


def of_dataclass() -> Any:
    names = {"__getattr__": watched("Data"), "b": property(watched("b"))}
    return dataclasses.make_dataclass("Data", ["a"], namespace=names)(1)


def named_like(module: str, name: str) -> Any:
    """Return an object whose class says that it is another one."""
    own = {"__module__": module, "__repr__": watched(name), "__str__": watched(name), "__getattr__": watched(name)}
    return type(name, (), own)()


def holder() -> Any:
    outer = watching(type("Base", (), {}))
    object.__setattr__(outer, "inner", watching(object))
    return outer


OBJECTS: list[Any] = [
    holder(),
    watching(object),
    watching(object, meta=Meta),
    watching(object, __slots__=("a", "__dict__")),
    watching(object, __slots__=()),
    watching(object, __dict__=property(watched("__dict__"))),
    watching(object, __class__=property(watched("__class__"))),
    watching(list, [1]),
    watching(dict, {"a": 1}),
    watching(set, [1]),
    watching(frozenset, [1]),
    watching(tuple, [1]),
    watching(str, "x"),
    watching(str, "x" * 5000),
    watching(int, 1),
    watching(int, 2**70),
    watching(float, 1.5),
    watching(bytes, b"x"),
    watching(bytearray, b"x"),
    watching(collections.OrderedDict, {"a": 1}),
    watching(collections.defaultdict, int),
    watching(collections.deque, [1]),
    watching(Two, 1, 2),
    watching(ValueError, "x"),
    watching(BaseException, "x"),
    watching(uuid.UUID, "00000000-0000-0000-0000-000000000005"),
    watching(decimal.Decimal, 5),
    watching(pathlib.PurePosixPath, "/x"),
    watching(dt.datetime, 2026, 11, 27),
    watching(dt.date, 2026, 11, 27),
    watching(types.ModuleType, "watched"),
    watching(types.SimpleNamespace),
    dt.datetime(2026, 11, 27, tzinfo=Zone()),
    dt.time(1, tzinfo=Zone()),
    type(watching(object)),
    type(watching(object, meta=Meta)),
    named_like("builtins", "bytes"),
    named_like("builtins", "function"),
    named_like("uuid", "UUID"),
    named_like("django.utils.functional", "Promise"),
    named_like("django.utils.functional", "LazyObject"),
    named_like("enum", "Enum"),
    enum.Enum("Colour", "RED", module=__name__).RED,
    of_dataclass(),
    watched("bound").__get__(watching(object)),
    functools.partial(len, watching(object)),
    types.MappingProxyType(watching(dict, {"a": 1})),
    weakref.ref(watching(object)),
    slice(watching(object)),
    iter([watching(object)]),
    (watching(object) for _ in [1]),
]


def test_no_code_of_the_program_runs_and_every_object_is_shown():
    shop = Shop()
    for each in OBJECTS:
        for held in (each, [each], {"key": each}, {Wrapped(each): 1}):
            error = caught(holding, held)
            RAN.clear()
            event_id = shop.client.capture_exception(error)
            assert RAN == [], type.__repr__(type(each))
            assert event_id is not None
            frames = shop.events[-1]["properties"]["$exception_list"][0]["stacktrace"]["frames"]
            assert "held" in frames[-1]["code_variables"], type.__repr__(type(each))


class Wrapped:
    """What may be a key, whatever it holds."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner


ANYTHING = st.recursive(
    VALUES | st.integers(0, len(OBJECTS) - 1).map(lambda number: OBJECTS[number]) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)


def refuse(constant: str) -> None:
    raise AssertionError(constant)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(value=ANYTHING)
def test_any_value_gives_an_event_that_is_json(value):
    shop = Shop()
    error = caught(holding, value)
    RAN.clear()
    assert shop.client.capture_exception(error) is not None
    assert RAN == []
    (event,) = shop.events
    assert json.loads(json.dumps(event, allow_nan=False), parse_constant=refuse) == event
    held = event["properties"]["$exception_list"][0]["stacktrace"]["frames"][-1]["code_variables"]["held"]
    assert isinstance(held, (str, int, float))
    assert len(str(held)) <= 1024
    if type(value) in {list, dict, tuple} and not held.endswith("...") and "$$" not in held[:2]:
        json.loads(held, parse_constant=refuse)
