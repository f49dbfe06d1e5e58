"""Functions of the program, asked so that what goes wrong in them costs their answer and one line in the log."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger("posthog")

#: Stands in place of the answer of a callback that had none.
FAILED: Final = object()

_told: set[str] = set()


def guarded(name: str, callback: Callable[..., Any], *arguments: object) -> Any:
    """Return what *callback* says; `FAILED`, after one log line per *name* and process, if it raises."""
    try:
        return callback(*arguments)
    except Exception:
        tell_raised(name)
        return FAILED


async def aguarded(name: str, callback: Callable[..., Any], *arguments: object) -> Any:
    """As `guarded`, awaiting what *callback* returns where that is to be awaited."""
    try:
        answer = callback(*arguments)
        return await answer if inspect.isawaitable(answer) else answer
    except Exception:
        tell_raised(name)
        return FAILED


def verdict(name: str, answer: object) -> bool:
    """Return what a filter has said; one that has failed lets everything pass."""
    said = FAILED if answer is FAILED else guarded(name, bool, answer)
    return True if said is FAILED else bool(said)


def properties(name: str, answer: object) -> dict[str, Any]:
    """Return the properties that a callback has answered; none for `None`, a failure and anything but a dict."""
    if answer is FAILED or answer is None:
        return {}
    if not isinstance(answer, Mapping):
        tell_wrong_type(name, "a dict", answer)
        return {}
    copied = guarded(name, copied_tags, answer)
    return {} if copied is FAILED else copied


def copied_tags(tags: Mapping[Any, Any]) -> dict[str, Any]:
    """Return *tags* as a dict of our own, with texts as names."""
    return {name if type(name) is str else str(name): value for name, value in tags.items()}


def tell_once(key: str, message: str, *arguments: object, with_traceback: bool = False) -> None:
    """Log *message* the first time this process has something to say about *key*."""
    if key not in _told:
        _told.add(key)
        logger.warning(message, *arguments, exc_info=with_traceback)


def tell_raised(name: str) -> None:
    """Say once that the callback *name* raises; called while its exception is handled."""
    tell_once(name, "%s raised an exception; what it would have said is left out", name, with_traceback=True)


def tell_wrong_type(name: str, expected: str, answer: object) -> None:
    """Say once that the callback *name* returns what is of no use."""
    tell_once(name, "%s returned %s instead of %s; its answer is ignored", name, type(answer).__name__, expected)
