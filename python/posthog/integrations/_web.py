"""What the integrations with ASGI and Flask share: which requests get a context, what is in it, and what is reported.

A request's context is read when somebody asks for it: a request that captures nothing costs next to nothing, and runs
none of the program's functions, except asynchronous ones, which must be awaited before the application runs.
"""

from __future__ import annotations

import inspect
import re
import warnings
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from posthog._native import Answer, Privacy, RequestContexts, request_tags, tracing_ids
from posthog.contexts import _captures_exceptions
from posthog.integrations import _callbacks, _exceptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from posthog.client import Client
    from posthog.contexts import ContextScope

#: Characters of a header's value, of a path, of a method and of a URL, that go into a tag.
MOST_TEXT: Final = 1_000
MOST_PATH: Final = 2_048
MOST_METHOD: Final = 32
MOST_URL: Final = MOST_PATH + MOST_TEXT + 20

#: The attribute of an exception that was captured, as officially.
_MARK: Final = "__posthog_exception_captured"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PRIVACY: Final = Privacy(ip_from_peer=True)


def text(value: object, most: int = MOST_TEXT) -> str | None:
    """Return *value* without control characters, trimmed and cut; `None` if it is no text, or none is left."""
    return (_CONTROL.sub("", value).strip()[:most] or None) if isinstance(value, str) else None


def trusts_tracing_headers(older: bool | None, capture: bool | None) -> bool:
    """Return whether requests may say who sent them: as *capture* says, else as the option's *older* name; else yes."""
    if older is not None:
        message = "trust_tracing_headers is deprecated; use capture_tracing_headers"
        warnings.warn(message, DeprecationWarning, stacklevel=3)
    said = older if capture is None else capture
    return True if said is None else said is True


class Described:
    """A request in the form in which the native module reads it: that of a request of Django.

    Args:
        meta: Headers and address, under the names of CGI.
        method: `GET` and the like, unless the request has none.
        path: Its path.
        url: Its URL, without the query.
        more: Tags that only this framework has; empty ones are left out.

    """

    def __init__(
        self, meta: dict[str, Any], method: object, path: object, url: object, more: dict[str, Any] | None = None
    ) -> None:
        self.META = {name: clean for name, value in meta.items() if (clean := text(value)) is not None}
        self.method = text(method, MOST_METHOD)
        self.path = text(path, MOST_PATH)
        self.url = text(url, MOST_URL)
        self.more = {name: clean for name, value in (more or {}).items() if (clean := text(value)) is not None}


class Visit:
    """One request, and what was decided about it.

    Args:
        request: What callbacks are asked with.

    """

    #: What the program's filter has said.
    tracked: bool | None = None
    #: What the program's `extra_properties` has said.
    extra: dict[str, Any] | None = None
    #: Whether callbacks are being awaited.
    is_asking: bool = False
    #: Whether an integration further in has reported an exception, which may be on its way out.
    reported_within: bool = False

    def __init__(self, request: Any) -> None:
        self.request = request
        #: The request inside of which this one is answered: the same one, where an application is wrapped twice.
        self.around = current_visit.get()

    def note_report(self) -> None:
        """Tell the integrations further out that an exception was reported."""
        visit = self.around
        while visit is not None:
            visit.reported_within = True
            visit = visit.around


#: The request that is answered here.
current_visit: ContextVar[Visit | None] = ContextVar("posthog_visit", default=None)


class WebIntegration:
    """Gives requests their contexts, as the program's options say, and reports what they fail with.

    Its arguments are those of the integrations, of the same names.
    """

    def __init__(
        self,
        client: Client | None,
        capture_exceptions: bool | None,
        request_filter: Callable[..., Any] | None,
        extra_properties: Callable[..., Any] | None,
        capture_tracing_headers: bool,
    ) -> None:
        self.client = client
        self.capture_exceptions = capture_exceptions
        self.request_filter = request_filter
        self.extra_properties = extra_properties
        self.capture_tracing_headers = capture_tracing_headers
        own = type(self)
        # Functions, not methods: the contexts would keep this object alive, which owns them.
        self._contexts = RequestContexts(own._read, own._is_ready, self)  # noqa: SLF001 - its own

    def open(self, visit: Visit) -> ContextScope:
        """Return the context of a request, which is current from now on."""
        return self._contexts.open(visit)

    @property
    def trust_tracing_headers(self) -> bool:
        """The older name of `capture_tracing_headers`."""
        return self.capture_tracing_headers

    @trust_tracing_headers.setter
    def trust_tracing_headers(self, trusted: bool) -> None:
        self.capture_tracing_headers = trusted

    # -- for the integrations to say -------------------------------------------------------------------------------

    def _described(self, visit: Visit) -> Described:
        """Return what there is to read of a request."""
        raise NotImplementedError

    def _settled(self, name: str, answer: object) -> object:
        """Return what a callback has answered, where nothing can be awaited."""
        if not inspect.isawaitable(answer):
            return answer
        if inspect.iscoroutine(answer):
            answer.close()
        _callbacks.tell_once(name, "%s is to be awaited, and cannot be here; its answer is ignored", name)
        return _callbacks.FAILED

    # -- reading ---------------------------------------------------------------------------------------------------

    def _is_ready(self, _visit: Visit, _identified: bool, _scope: ContextScope) -> bool:
        """Return whether a context may be read: always, since reading one waits for nothing."""
        return True

    def _read(self, visit: Visit, scope: ContextScope) -> Answer:
        """Fill the context of a request: called when somebody asks for it, until the answer is final."""
        if not self._is_tracked(visit):
            scope.close()  # as if no context were open, not even one outside
            return Answer.FINAL
        described = self._described(visit)
        trusts = self.capture_tracing_headers
        distinct_id, session_id = tracing_ids(described) if trusts else (None, None)
        tags = request_tags(described, described.url, None, _PRIVACY, with_window=trusts)
        tags.update(described.more)
        tags.update(self._extra(visit))
        scope.fill(distinct_id, session_id, tags)
        # While callbacks are awaited, what they capture is not the last word.
        return Answer.FOR_NOW if visit.is_asking else Answer.FINAL

    def _is_tracked(self, visit: Visit) -> bool:
        """Return what the program's filter says about a request; it is asked once."""
        if visit.tracked is None:
            visit.tracked = True  # for what the filter itself captures
            if self.request_filter is not None:
                name = "request_filter"
                answer = _callbacks.guarded(name, self.request_filter, visit.request)
                visit.tracked = _callbacks.verdict(name, self._settled(name, answer))
        return visit.tracked

    def _extra(self, visit: Visit) -> dict[str, Any]:
        """Return the program's own properties of a request; it is asked for them once."""
        if visit.extra is None:
            visit.extra = {}  # for what the callback itself captures
            if self.extra_properties is not None:
                name = "extra_properties"
                answer = _callbacks.guarded(name, self.extra_properties, visit.request)
                visit.extra = _callbacks.properties(name, self._settled(name, answer))
        return visit.extra

    # -- exceptions ------------------------------------------------------------------------------------------------

    def _report(self, visit: Visit, error: BaseException, source: str) -> None:
        """Capture *error*, which the application did not answer, in the context that is current."""
        if (
            _captures_exceptions(self.capture_exceptions, self.client)
            and not (visit.reported_within and getattr(error, _MARK, None) is True)
            and self._is_tracked(visit)
        ):
            _exceptions.send(self.client, error, handled=False, source=source)
            visit.note_report()
