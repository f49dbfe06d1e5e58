"""Functions of ours in the place of methods of classes that are not ours."""

from __future__ import annotations

import functools
import threading
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


def _is_or_wraps(there: Any, method: Callable[..., Any] | None) -> bool:
    """Return whether *method* is what stands *there*, or lies under it as far as `functools.wraps` tells."""
    while there is not None and method is not None:
        if there is method:
            return True
        there = getattr(there, "__wrapped__", None)
    return False
