"""Objects that answer no question as they should."""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import enum
import math
import uuid
import weakref
from typing import Any
from unittest.mock import MagicMock


class OnPurposeError(Exception):
    """What hostile objects raise."""


def refuse(*_: Any, **__: Any) -> Any:
    raise OnPurposeError("on purpose")


def refusing(*methods: str, kind: type = object, **members: Any) -> type:
    """Return a subclass of *kind* whose *methods* fail."""
    return type("Refusing", (kind,), {**dict.fromkeys(methods, refuse), **members})


class Liar:
    """Says that it is of another class."""

    def __init__(self, kind: type) -> None:
        self._kind = kind

    @property
    def __class__(self) -> Any:
        return self._kind


class ClassRefuses:
    """Does not say of which class it is."""

    @property
    def __class__(self) -> Any:
        return refuse()


class Everything:
    """Has every attribute, and is its value."""

    def __getattr__(self, _name: str) -> Any:
        return self

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self


class Array:
    """Is as an array of NumPy: comparing it gives an array, which is neither true nor false."""

    shape = (2,)
    dtype = "float64"

    def __array__(self) -> Any:
        return self

    def __eq__(self, _other: object) -> Any:
        return self

    def __bool__(self) -> bool:
        raise ValueError("the truth value of an array is ambiguous")

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Any:
        return iter([Number(1.5), Number(math.nan)])

    def tolist(self) -> list[float]:
        return [1.5, 2.5]

    __hash__ = None  # type: ignore[assignment]


class Number:
    """Is as a number of NumPy: no `float`, but it can become one."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __float__(self) -> float:
        return self.value

    def __index__(self) -> int:
        return int(self.value)

    def item(self) -> float:
        return self.value


class Text(str):
    """Is another text than it says, in every way."""

    __slots__ = ()

    def __str__(self) -> str:
        return "another"

    def __len__(self) -> int:
        return 10**9

    def __iter__(self) -> Any:
        return refuse()

    def __eq__(self, _other: object) -> bool:
        return bool(refuse())

    __hash__ = str.__hash__

    def encode(self, *_: Any, **__: Any) -> bytes:
        return b"\xff\xff"


class Whole(int):
    """Is a number that cannot be written."""

    __str__ = __repr__ = __format__ = __index__ = __int__ = __float__ = refuse


class Pairs(dict):
    """Is a dict whose items are not those it has."""

    def items(self) -> Any:
        return [("key",), 5, None]

    def keys(self) -> Any:
        return [object(), "missing"]


class LongPairs(dict):
    """Is a dict that never ends."""

    def __len__(self) -> int:
        return 2**60

    def items(self) -> Any:
        number = 0
        while True:
            number += 1
            yield number, number


class Endless(list):
    """Is a list that never ends."""

    def __iter__(self) -> Any:
        while True:
            yield 1


class Model:
    """Makes another model of itself each time it is asked."""

    def model_dump(self, **_: Any) -> Any:
        return {"inner": Model()}


class OldModel:
    def dict(self) -> Any:
        return self


class Plain(enum.Enum):
    ONE = 1


def itself(container: Any) -> Any:
    """Return a container that is in itself."""
    if isinstance(container, dict):
        container["self"] = container
    else:
        container.append(container)
    return container


def running() -> Any:
    """Return a generator that is being run: asking it for more fails."""

    def generate() -> Any:
        yield next(generator)

    generator = generate()
    return generator


def gone() -> Any:
    """Return a proxy of an object that is no more: whatever is asked of it fails."""
    return weakref.proxy(Model())


def released() -> memoryview:
    view = memoryview(b"bytes")
    view.release()
    return view


#: Makes a new hostile object, by its name.
HOSTILE = {
    "no text": refusing("__str__", "__repr__", "__format__"),
    "no equality": refusing("__eq__", "__ne__", "__lt__", __hash__=object.__hash__),
    "no hash": refusing("__hash__"),
    "no truth": refusing("__bool__"),
    "no length": refusing("__len__"),
    "no attributes": refusing("__getattribute__"),
    "no iteration": refusing("__iter__", kind=list),
    "no items": refusing("items", "keys", "values", "__iter__", "__getitem__", "__len__", kind=dict),
    "no members": refusing("__iter__", "__len__", "__contains__", kind=set),
    "no ends": refusing("__iter__", "__len__", "pop", "popleft", kind=collections.deque),
    "no dump": refusing("model_dump", "dict"),
    "no dump of a text": refusing("model_dump", "dict", kind=str),
    "no answer of a class": refusing("__getattribute__", kind=type)("Silent", (), {}),
    "no date": lambda: refusing("isoformat", "__str__", kind=dt.date)(2020, 1, 2),
    "no time": lambda: refusing("isoformat", "utcoffset", "astimezone", kind=dt.datetime)(2020, 1, 2),
    "no zone": lambda: dt.datetime(2020, 1, 2, tzinfo=refusing("utcoffset", "dst", "tzname", kind=dt.tzinfo)()),
    "no uuid": lambda: refusing("__str__", "__int__", "hex", kind=uuid.UUID)(int=7),
    "no decimal": lambda: refusing("__float__", "__str__", "is_nan", kind=decimal.Decimal)(1),
    "no number": lambda: Whole(5),
    "no float": lambda: refusing("__float__", "__repr__", "__str__", kind=float)(1.5),
    "no bytes": lambda: refusing("decode", "__bytes__", "__len__", kind=bytes)(b"bytes"),
    "another text": lambda: Text("content"),
    "other pairs": lambda: Pairs(a=1),
    "a liar who says dict": lambda: Liar(dict),
    "a liar who says str": lambda: Liar(str),
    "a liar who says int": lambda: Liar(int),
    "a liar who says datetime": lambda: Liar(dt.datetime),
    "a liar who says UUID": lambda: Liar(uuid.UUID),
    "no class": ClassRefuses,
    "everything": Everything,
    "a mock": MagicMock,
    "an array": Array,
    "a number of NumPy": lambda: Number(2.5),
    "a model without end": Model,
    "an old model of itself": OldModel,
    "a list without end": Endless,
    "a dict without end": LongPairs,
    "a list in itself": lambda: itself([1]),
    "a dict in itself": lambda: itself({"a": 1}),
    "a generator": lambda: (number for number in (1, 2)),
    "a running generator": running,
    "gone": gone,
    "released": released,
    "a huge number": lambda: 10**5000,
    "not a number": lambda: math.nan,
    "half a character": lambda: "a\ud800",
    "a plain enum": lambda: Plain.ONE,
    "not implemented": lambda: NotImplemented,
    "a class": lambda: int,
    "an exception": lambda: OnPurposeError("secret"),
}
