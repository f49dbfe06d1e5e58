"""What of a context travels with a task, through a broker that others may read.

Three headers of ours, and no other. Of the tags those of the program: what a web request says about itself and its
visitor stays where it is, and so does what is large or has no form in JSON.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from posthog._native import usable_id
from posthog.integrations._callbacks import tell_once
from posthog.integrations._web import text

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

CONTEXT_DISTINCT_ID_HEADER: Final = "X-POSTHOG-DISTINCT-ID"
CONTEXT_SESSION_ID_HEADER: Final = "X-POSTHOG-SESSION-ID"
CONTEXT_TAGS_HEADER: Final = "X-POSTHOG-CONTEXT-TAGS"

#: Characters of all tags together, as JSON: every message carries them, twice.
MOST_TAGS: Final = 4_096
#: How the names of tags begin that a web request says; and those among them that are the program's own.
_OF_REQUESTS: Final = ("$", "email", "django_")
_OF_PROGRAMS: Final = ("$groups", "$feature/")
#: What begins so, says the task's own context.
_OF_TASKS: Final = "celery_"


class Said(NamedTuple):
    """Who, on which visit, and tags."""

    distinct_id: str | None = None
    session_id: str | None = None
    tags: Mapping[str, Any] = {}


def is_of_request(name: str) -> bool:
    """Return whether the tag *name* says something about a web request or its visitor."""
    return name.startswith(_OF_REQUESTS) and not name.startswith(_OF_PROGRAMS)


def outgoing(said: Said, *, with_request: bool = False) -> dict[str, str]:
    """Return the headers that say what *said* says; none for what is empty or of no use.

    Args:
        said: What the current context says.
        with_request: Send the tags of web requests too.

    """
    tags = {
        name: value
        for name, value in said.tags.items()
        if not name.startswith(_OF_TASKS) and (with_request or not is_of_request(name))
    }
    found = {
        CONTEXT_DISTINCT_ID_HEADER: usable_id(said.distinct_id),
        CONTEXT_SESSION_ID_HEADER: text(said.session_id),
        CONTEXT_TAGS_HEADER: _written(tags),
    }
    return {name: value for name, value in found.items() if value}


def put(message_headers: MutableMapping[str, Any], ours: Mapping[str, str]) -> None:
    """Put *ours* among the headers of a message, wherever workers look.

    What an earlier message of the same task has left there, when it is tried again, is replaced. Headers within headers
    are none of our making: where there are some, Celery does not look for those of the program beside them.
    """
    nested = message_headers.get("headers")
    message_headers.update(ours)
    if isinstance(nested, Mapping):
        message_headers["headers"] = {**nested, **ours}


def incoming(request: Any) -> Said:
    """Return what came with the task of *request*; what is no use counts as not sent."""
    return Said(
        next(filter(None, map(usable_id, _values(request, CONTEXT_DISTINCT_ID_HEADER))), None),
        next(filter(None, map(text, _values(request, CONTEXT_SESSION_ID_HEADER))), None),
        next(filter(None, map(_read, _values(request, CONTEXT_TAGS_HEADER))), {}),
    )


def _values(request: Any, header: str) -> Iterator[Any]:
    nested = getattr(request, "headers", None)
    if isinstance(nested, Mapping):
        yield nested.get(header)
    yield getattr(request, header, None)


def _read(tags: object) -> dict[str, Any] | None:
    try:
        read = json.loads(tags) if isinstance(tags, str | bytes) else tags
    except (ValueError, RecursionError):
        return None
    return {str(name): value for name, value in read.items()} if isinstance(read, Mapping) else None


def _written(tags: Mapping[str, Any]) -> str | None:
    """Return as many of *tags* as there is room for, as JSON; one that is too large, or is no JSON, is told once."""
    parts, left = list[str](), MOST_TAGS
    for name, value in tags.items():
        try:
            part = f"{json.dumps(name)}: {json.dumps(value, allow_nan=False, default=_as_text)}"
        except (TypeError, ValueError, RecursionError):
            tell_once(f"tag {name}", "the tag %r does not go along with Celery tasks: it is no JSON", name)
            continue
        if len(part) + 2 > left:
            tell_once(f"tag {name}", "the tag %r does not go along with Celery tasks: there is no room", name)
            continue
        left -= len(part) + 2
        parts.append(part)
    return f"{{{', '.join(parts)}}}" if parts else None


def _as_text(value: object) -> str:
    """Return what a tag of this value is on an event, where JSON has no form for it."""
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
