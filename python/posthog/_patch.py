"""Functions of ours in the place of methods of classes that are not ours."""

from __future__ import annotations

import functools
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_changing = threading.Lock()


class Patch:
    """A method of *owner* that is replaced for as long as it is switched on.

    Args:
        owner: The class whose method it is, its own or an inherited one.
        name: What the method is called.
        ours: Called in its place, with the original before the method's own arguments.

    """

    def __init__(self, owner: type, name: str, ours: Callable[..., Any]) -> None:
        self._owner: Any = owner
        self._name = name
        self._ours = ours
        self._is_on = False
        self._is_own = True
        #: Ours as it stands in the class, or under what somebody has put there meanwhile.
        self._method: Callable[..., Any] | None = None
        self._original: Callable[..., Any] | None = None

    def turn(self, *, on: bool) -> None:
        """Switch it on or off; doing so again changes nothing."""
        with _changing:
            self._turn(on)

    def _turn(self, on: bool) -> None:
        self._is_on = on
        there = vars(self._owner).get(self._name)
        if on and not _is_or_wraps(there, self._method):
            self._is_own = there is not None
            self._original = there if self._is_own else getattr(self._owner, self._name)
            self._method = self._around(self._original)
            setattr(self._owner, self._name, self._method)
        elif not on and self._method is not None and there is self._method:
            # Where somebody has wrapped ours it stays, and hands on as it gets.
            if self._is_own:
                setattr(self._owner, self._name, self._original)
            else:
                delattr(self._owner, self._name)
            self._method = None

    def _around(self, original: Any) -> Callable[..., Any]:
        @functools.wraps(original)
        def method(*args: Any, **kwargs: Any) -> Any:
            # One of before, which somebody has kept, only hands on.
            is_ours = self._is_on and self._method is method
            return self._ours(original, *args, **kwargs) if is_ours else original(*args, **kwargs)

        return method


_MOST_LOOKED_AT = 100
"""Functions among which a wrapped one is looked for."""


def _is_or_wraps(there: Any, method: Callable[..., Any] | None) -> bool:
    """Return whether *method* is what stands *there*, or lies under it: as what it wraps, or as what it refers to."""
    if method is None:
        return False
    looked_at, left = {id(None)}, [there]
    while left and len(looked_at) < _MOST_LOOKED_AT:
        function = left.pop()
        if function is method:
            return True
        if id(function) not in looked_at:
            looked_at.add(id(function))
            left += [getattr(function, "__wrapped__", None), *_referred_to(function)]
    return False


def _referred_to(function: Any) -> list[Any]:
    found = []
    for cell in getattr(function, "__closure__", None) or ():
        with suppress(ValueError):  # it is empty
            found.append(cell.cell_contents)
    return [each for each in found if callable(each)]
