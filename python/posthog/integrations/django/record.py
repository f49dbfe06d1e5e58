"""What is remembered about one request, from the first moment there is something to remember."""

from collections.abc import Callable, Iterator
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


#: Returns the attributes of an exception, whatever its class makes of `__dict__`.
_dict_of: Callable[[BaseException], dict[str, Any]] = vars(BaseException)["__dict__"].__get__

#: Exceptions reported per request: a failure that every layer of a site runs into again is told once or twice.
MAX_REPORTS = 3


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and every exception it was raised from or during, each once."""
    pending, seen = [error], set[int]()
    while pending:
        current = pending.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending.extend(other for other in (current.__cause__, current.__context__) if other is not None)


class RequestRecord:
    """The decisions taken about one request, so that each callback is asked once."""

    __slots__ = (
        "_reported",
        "awaited_user",
        "candidate",
        "failures",
        "is_pending",
        "logged_in",
        "may_query",
        "reading",
        "tracked",
    )

    def __init__(self) -> None:
        self.tracked: bool | None = None
        self.reading: Reading | None = None
        #: The exception that a view raised, until the response's status decides whether it is reported.
        self.candidate: Exception | None = None
        #: Whether there are exceptions to decide about.
        self.is_pending = False
        #: Exceptions that Django has told us about, until they are reported on the thread of the request.
        self.failures: list[Exception] = []
        #: The user who has logged in during the request, the last one if there are several.
        self.logged_in: Any = None
        #: Whether a look-up may query: not on a thread that closes no database connections.
        self.may_query = True
        # Their dicts stand for them: keeping the exceptions would keep their frames, and with them the request, and an
        # address may be that of another one by now.
        self._reported: list[dict[str, Any]] = []
        #: The result of `request.auser()`, in a one-element tuple, where it had to be awaited before the view.
        self.awaited_user: tuple[Any] | None = None

    def suspect(self, error: Exception) -> None:
        """Remember what a view raised."""
        self.candidate = error
        self.is_pending = True

    def note(self, error: Exception) -> None:
        """Remember a failure of the server."""
        self.failures.append(error)
        self.is_pending = True

    def settle(self) -> list[Exception]:
        """Forget all exceptions, and return the failures among them."""
        failures, self.failures, self.candidate, self.is_pending = self.failures, [], None, False
        return failures

    def is_news(self, error: BaseException) -> bool:
        """Return, once, whether *error* is to be reported: neither it nor what it came of has been, nor too many."""
        if len(self._reported) >= MAX_REPORTS or any(map(self._is_reported, chain(error))):
            return False
        self._reported.append(_dict_of(error))
        return True

    def _is_reported(self, error: BaseException) -> bool:
        own = _dict_of(error)
        return any(own is reported for reported in self._reported)


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
