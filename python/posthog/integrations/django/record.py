"""What is remembered about one request, from the first moment there is something to remember."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from posthog.contexts import _get_current_context

if TYPE_CHECKING:
    from django.http import HttpRequest

    from posthog.contexts import ContextScope

#: Where a request keeps its record. Requests that capture nothing have none.
ATTRIBUTE = "_posthog_record"


class Reading(NamedTuple):
    """Who sent a request, on which visit, and its tags."""

    distinct_id: str | None
    session_id: str | None
    tags: dict[str, Any]


#: Who, which visit, and tags.
Said = tuple[str | None, str | None, dict[str, Any]]

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

    # Class attributes until there is something to remember: most requests need few of them.

    #: What the site's filter has said.
    tracked: bool | None = None
    reading: Reading | None = None
    #: Whether the reading says who has logged in.
    names_user: bool = False
    #: Whether functions of the site are asked on the thread of the request only: one of them wanted to wait.
    asks_at_home: bool = False
    #: The status of the answer, as soon as there is one.
    status: int | None = None
    #: What the program has said in the context of the request, once that has ended.
    said: Said | None = None
    #: The exception that a view raised, until the response's status decides whether it is reported.
    candidate: Exception | None = None
    #: Exceptions that Django has told us about, until they are reported on the thread of the request.
    failures: tuple[Exception, ...] = ()
    #: Whether there are exceptions to decide about.
    is_pending: bool = False
    #: The result of `request.auser()`, in a one-element tuple, where it had to be awaited before the view.
    awaited_user: tuple[Any] | None = None
    #: The user who has logged in during the request, the last one if there are several.
    logged_in: Any = None
    # Their dicts stand for them: keeping the exceptions would keep their frames, and with them the request, and an
    # address may be that of another one by now.
    _reported: tuple[dict[str, Any], ...] = ()

    def suspect(self, error: Exception) -> None:
        """Remember what a view raised."""
        self.candidate = error
        self.is_pending = True

    def note(self, error: Exception) -> None:
        """Remember a failure of the server."""
        self.failures = (*self.failures, error)
        self.is_pending = True

    def settle(self) -> tuple[Exception, ...]:
        """Forget all exceptions, and return the failures among them."""
        failures, self.failures, self.candidate, self.is_pending = self.failures, (), None, False
        return failures

    @property
    def is_turned_away(self) -> bool:
        """Whether the site's filter has said no."""
        return self.tracked is False

    @property
    def has_reports(self) -> bool:
        """Whether an exception of this request was reported."""
        return bool(self._reported)

    def is_news(self, error: BaseException) -> bool:
        """Return, once, whether *error* is to be reported: neither it nor what it came of has been, nor too many."""
        if len(self._reported) >= MAX_REPORTS or any(map(self._is_reported, chain(error))):
            return False
        self._reported = (*self._reported, _dict_of(error))
        return True

    def _is_reported(self, error: BaseException) -> bool:
        own = _dict_of(error)
        return any(own is reported for reported in self._reported)


def request_scope() -> "ContextScope | None":
    """Return the context of the request that is being answered, the innermost if there are several."""
    scope = _get_current_context()
    while scope is not None and scope.owner is None:
        scope = scope.get_parent()
    return scope


def record_of(request: "HttpRequest") -> RequestRecord:
    """Return the record of *request*, made now if there is none yet."""
    record = existing_record(request)
    if record is None:
        record = RequestRecord()
        try:
            setattr(request, ATTRIBUTE, record)
        except AttributeError:
            return record  # a request without room for attributes is asked again each time
    return record


def existing_record(request: "HttpRequest") -> RequestRecord | None:
    """Return the record of *request* if it has one."""
    record = getattr(request, "__dict__", {}).get(ATTRIBUTE)
    return record if isinstance(record, RequestRecord) else None
