"""What other packages use of the description of exceptions: single steps of it, and the names in it.

``posthog.capture_exception`` does all of this by itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from posthog import _native
from posthog._defaults import (
    DEFAULT_CODE_VARIABLES_DETECT_SECRETS,
    DEFAULT_CODE_VARIABLES_IGNORE_PATTERNS,
    DEFAULT_CODE_VARIABLES_MASK_PATTERNS,
    DEFAULT_CODE_VARIABLES_MASK_URL_CREDENTIALS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from posthog.args import ExcInfo

__all__ = [
    "CODE_VARIABLES_REDACTED_VALUE",
    "CODE_VARIABLES_TOO_LONG_VALUE",
    "DEFAULT_CODE_VARIABLES_DETECT_SECRETS",
    "DEFAULT_CODE_VARIABLES_IGNORE_PATTERNS",
    "DEFAULT_CODE_VARIABLES_MASK_PATTERNS",
    "DEFAULT_CODE_VARIABLES_MASK_URL_CREDENTIALS",
    "DEFAULT_MAX_VALUE_LENGTH",
    "DEFAULT_TOTAL_VARIABLES_SIZE_LIMIT",
    "exc_info_from_error",
    "exception_is_already_captured",
    "exceptions_from_error_tuple",
    "handle_in_app",
    "iter_stacks",
    "mark_exception_as_captured",
]

DEFAULT_MAX_VALUE_LENGTH = 1024
"""Characters that are shown of one variable."""

DEFAULT_TOTAL_VARIABLES_SIZE_LIMIT = 10 * 1024
"""Characters that are shown of all variables of one event."""

CODE_VARIABLES_REDACTED_VALUE = "$$_posthog_redacted_based_on_masking_rules_$$"
"""Stands for a value that is masked."""

CODE_VARIABLES_TOO_LONG_VALUE = "$$_posthog_value_too_long_$$"
"""Stands for a value that is too long, too deep or too large to be shown."""


def exceptions_from_error_tuple(exc_info: ExcInfo, mechanism: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return an exception and what it came from as ``$exception_list`` has them, without ``in_app``.

    Args:
        exc_info: As ``sys.exc_info()`` returns it; without an exception the list is empty.
        mechanism: How the exception was caught: ``type``, ``handled`` and whatever else is to be told.

    """
    _, error, traceback = exc_info
    if error is None:
        return []
    described = _native.described_exception(error, traceback, mechanism)
    exceptions: list[dict[str, Any]] = json.loads(described)
    for exception in exceptions:
        for frame in exception.get("stacktrace", {}).get("frames", ()):
            frame.pop("in_app", None)
    return exceptions


def exc_info_from_error(error: Any) -> ExcInfo:
    """Return an exception, or what ``sys.exc_info()`` returns, in the form of the latter.

    Raises:
        ValueError: For anything else.

    """
    if isinstance(error, tuple) and len(error) == len(("type", "value", "traceback")):
        return error
    if isinstance(error, BaseException):
        return type(error), error, error.__traceback__
    raise ValueError(f"an exception is what can be reported, not {type(error).__qualname__}")


def handle_in_app(
    event: dict[str, Any],
    in_app_exclude: list[str] | None = None,
    in_app_include: list[str] | None = None,
    project_root: str | None = None,
) -> dict[str, Any]:
    """Say of each frame in ``event["exception"]["values"]`` whether it is the user's own code, and return the event.

    Frames that say it already, and those that nothing is known of, are left alone.

    Args:
        event: It is changed.
        in_app_exclude: Modules that are somebody else's, with those below them.
        in_app_include: Modules that are the user's; they win.
        project_root: The folder of the user's code.

    """
    for exception in (event.get("exception") or {}).get("values") or ():
        for frame in (exception.get("stacktrace") or {}).get("frames") or ():
            if frame.get("in_app") is None:
                decided = _in_app(frame, in_app_exclude or [], in_app_include or [], project_root)
                if decided is not None:
                    frame["in_app"] = decided
    return event


def _in_app(frame: dict[str, Any], others: list[str], own: list[str], root: str | None) -> bool | None:
    module, path = frame.get("module"), frame.get("abs_path") or ""
    if _native.is_in_app(module, "", own, None):
        return True
    if _native.is_in_app(module, "", others, None):
        return False
    return _native.is_in_app(module, path, [], root)


def mark_exception_as_captured(error: BaseException, uuid: str) -> None:
    """Remember that an exception was captured, and under which id; ``capture_exception`` then skips it."""
    _native.mark_as_captured(error, uuid)


def exception_is_already_captured(error: Any) -> bool:
    """Return whether an exception was captured before."""
    return _native.is_captured(error)


def iter_stacks(tb: TracebackType | None) -> Iterator[TracebackType]:
    """Yield the entries of a traceback whose frames are shown, outermost first."""
    yield from _native.shown_calls(tb)


def _looks_like_secret(value: str) -> bool:
    """Return whether a text is, or holds, a key, a token or a generated password."""
    return _native.looks_like_secret(value)
