"""Calls the functions that a site names in its settings, so that none of them can harm a request."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import SynchronousOnlyOperation

from posthog.integrations._callbacks import FAILED, copied_tags, tell_once, tell_raised, tell_wrong_type
from posthog.integrations.django.threads import NotHereError, finished, in_event_loop

__all__ = ["FAILED", "asked_filter", "asked_tags", "guarded", "tell_once", "told"]


def guarded(setting: str, callback: Callable[..., Any], *arguments: object) -> Any:
    """Return what *callback* says, in the end if that is to be awaited.

    `FAILED`, after one log line per setting and process, if it raises.

    Raises:
        NotHereError: it wants to query, to know the user or to be awaited, and an event loop must not wait for that.

    """
    try:
        result = callback(*arguments)
        return finished(result) if inspect.isawaitable(result) else result
    except NotHereError:
        raise
    except SynchronousOnlyOperation as error:
        if in_event_loop():
            raise NotHereError from error
        tell_raised(setting)
        return FAILED
    except Exception:
        tell_raised(setting)
        return FAILED


@contextmanager
def told(setting: str) -> Iterator[None]:
    """End the block at an exception, which is logged once per process; that of a callback is no reason to fail."""
    try:
        yield
    except Exception:
        tell_raised(setting)


def asked_filter(setting: str, callback: Callable[..., Any], request: object) -> bool:
    """Return whether the filter wants *request* tracked; a filter that fails lets it pass."""
    answer = guarded(setting, callback, request)
    if answer is FAILED:
        return True
    verdict = guarded(setting, bool, answer)
    return True if verdict is FAILED else bool(verdict)


def asked_tags(setting: str, callback: Callable[..., Any], argument: object, *, optional: bool) -> dict[str, Any]:
    """Return the tags that *callback* makes of *argument*; none if it fails or answers something else than a dict.

    With *optional*, ``None`` is an answer too: no tags.
    """
    answer = guarded(setting, callback, argument)
    if answer is FAILED or (answer is None and optional):
        return {}
    if not isinstance(answer, Mapping):
        tell_wrong_type(setting, "a dict", answer)
        return {}
    copied = guarded(setting, copied_tags, answer)
    return {} if copied is FAILED else copied
