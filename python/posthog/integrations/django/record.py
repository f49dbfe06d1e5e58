"""What is remembered about one request, from the first moment there is something to remember."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from django.http import HttpRequest

#: Where a request keeps its record. Requests that capture nothing have none.
ATTRIBUTE = "_posthog_record"


class Reading(NamedTuple):
    """Who sent a request, on which visit, and its tags."""

    distinct_id: str | None
    session_id: str | None
    tags: dict[str, Any]


class RequestRecord:
    """The decisions taken about one request, so that each callback is asked once."""

    __slots__ = ("awaited_user", "candidate", "reading", "tracked")

    def __init__(self) -> None:
        self.tracked: bool | None = None
        self.reading: Reading | None = None
        #: The exception that a view raised, until the response's status decides whether it is reported.
        self.candidate: Exception | None = None
        #: The result of `request.auser()`, in a one-element tuple, where it had to be awaited before the view.
        self.awaited_user: tuple[Any] | None = None


def record_of(request: "HttpRequest") -> RequestRecord:
    """Return the record of *request*, made now if there is none yet."""
    record = existing_record(request)
    if record is None:
        record = RequestRecord()
        with suppress(AttributeError):  # a request without room for attributes is asked again each time
            setattr(request, ATTRIBUTE, record)
    return record


def existing_record(request: "HttpRequest") -> RequestRecord | None:
    """Return the record of *request* if it has one."""
    record = getattr(request, "__dict__", {}).get(ATTRIBUTE)
    return record if isinstance(record, RequestRecord) else None
