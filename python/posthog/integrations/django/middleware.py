"""The middleware: opens a context for each request, and decides which failures are reported."""

import sys
from collections.abc import Awaitable, Callable, Container
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpResponseBase, StreamingHttpResponse

from posthog.contexts import ContextScope, _current
from posthog.integrations.django import exceptions, settings
from posthog.integrations.django.reader import RequestReader
from posthog.integrations.django.record import ATTRIBUTE, existing_record, record_of
from posthog.integrations.django.streaming import keep_context, leave

if sys.version_info >= (3, 12):
    from inspect import iscoroutinefunction, markcoroutinefunction
else:
    from asgiref.sync import iscoroutinefunction, markcoroutinefunction

if TYPE_CHECKING:
    from django.http import HttpRequest

    from posthog.client import Client

_deferred = ContextScope.deferred


class PosthogContextMiddleware(RequestReader):
    """Gives every request a context: who sent it, on which visit, and tags such as `$current_url`.

    Everything captured while the request runs, exceptions included, carries them. Nothing of the request is read
    before something is captured or the context is asked, so a request that captures nothing is left as it was.

    Settings, read when the middleware is made; a value of a wrong type counts as the default:

    - `POSTHOG_MW_CAPTURE_EXCEPTIONS`: report exceptions (``True``), or as the client's autocapture says (``None``).
    - `POSTHOG_MW_CAPTURE_STATUS`: the statuses of the answers whose exceptions are reported, 500 to 599; or ``"all"``.
    - `POSTHOG_MW_IGNORE_EXCEPTIONS`: exception classes, or their paths, that are never reported.
    - `POSTHOG_MW_CLIENT`: the client that reports exceptions, instead of the global one.
    - `POSTHOG_MW_REQUEST_FILTER`: a function of the request; where it answers false, the request has no context.
    - `POSTHOG_MW_EXTRA_TAGS` (or `.._EXTRA_PROPERTIES`): a function of the request that returns more tags.
    - `POSTHOG_MW_TAG_MAP` (or `.._PROPERTIES_MAP`): a function of the tags that returns those to use.
    - `POSTHOG_MW_CAPTURE_TRACING_HEADERS`: take the ids from the headers that posthog-js sends (``True``).

    The functions are asked at most once per request, and only when something is captured. One that raises, or returns
    something else than it should, costs its tags and one line in the log.
    """

    sync_capable: ClassVar[bool] = True
    async_capable: ClassVar[bool] = True

    # Defaults of the class, so that an instance made without `__init__` works too.
    client: "Client | None" = None
    capture_exceptions: bool | None = True
    capture_status: Container[int] = settings.SERVER_ERRORS
    ignore_exceptions: tuple[type[BaseException], ...] = ()
    _is_coroutine: Any = False
    _reads_early: bool = False

    def __init__(self, get_response: Callable[["HttpRequest"], Any]) -> None:
        """Read the settings, and answer for the exceptions of the requests that come."""
        self.get_response = get_response
        self._is_coroutine = iscoroutinefunction(get_response)
        if self._is_coroutine:
            markcoroutinefunction(self)
        self._reads_early = self._overrides_hooks()
        self.apply_settings()
        settings.keep_current(self)
        exceptions.watch(self)

    def apply_settings(self, changed: str | None = None) -> None:
        """Take over what is in Django's settings now: all of it, or what the setting *changed* decides."""
        options = settings.read_options()._asdict()
        for name in options if changed is None else (settings.OPTION_OF.get(changed),):
            if name is not None:
                setattr(self, name, options[name])

    # -- one request ---------------------------------------------------------------------------------------------

    def __call__(self, request: "HttpRequest") -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer *request* with its context current."""
        if self._is_coroutine:
            return self.__acall__(request)
        scope = _deferred(self._read_into, request, _current.get())
        scope.owner = self
        token = _current.set(scope)
        try:
            if self._reads_early:
                scope.collect_tags()
            response: HttpResponseBase = self.get_response(request)
            if ATTRIBUTE in request.__dict__ or getattr(response, "streaming", False) is True:
                self._finish(request, response, scope)
        except Exception as error:
            self._report(request, error)
            raise
        finally:
            _current.reset(token)
        return response

    async def __acall__(self, request: "HttpRequest") -> HttpResponseBase:
        """Answer *request* with its context current, where the next handler is asynchronous."""
        scope = _deferred(self._read_into, request, _current.get())
        scope.owner = self
        token = _current.set(scope)
        try:
            if self._reads_early:
                await self._aread_into(request, scope)
            elif "session" not in request.__dict__ and hasattr(request, "auser"):
                await self._await_user(request)
            response: HttpResponseBase = await self.get_response(request)
            if ATTRIBUTE in request.__dict__ or getattr(response, "streaming", False) is True:
                self._finish(request, response, scope)
        except Exception as error:
            self._report(request, error)
            raise
        finally:
            leave(token)
        return response

    def _finish(self, request: "HttpRequest", response: HttpResponseBase, scope: ContextScope) -> None:
        """Decide by the status about what a view raised, and follow the body of a streaming response."""
        record = existing_record(request)
        if record is not None and record.candidate is not None:
            error, record.candidate = record.candidate, None
            status = getattr(response, "status_code", None)
            if not isinstance(status, int) or status in self.capture_status:
                # Django's own 500 has told us before: a response that comes with a candidate was made by somebody who
                # handled the exception.
                self._report(request, error, handled=isinstance(response, HttpResponseBase))
        if isinstance(response, StreamingHttpResponse):
            keep_context(response, scope, partial(self._report, request))

    # -- exceptions ----------------------------------------------------------------------------------------------

    def process_exception(self, request: "HttpRequest", exception: Exception) -> None:
        """Remember what a view raised until the status is known; report it now where that will not happen."""
        if self.capture_status is settings.EVERY_STATUS or exceptions.current_reporter() is None:
            self._report(request, exception)
        else:
            record_of(request).candidate = exception

    def report_failure(self, request: "HttpRequest", error: Exception) -> None:
        """Report *error*, which Django is about to answer with status 500."""
        if exceptions.FAILED in self.capture_status:
            self._report(request, error)

    def report_outside(self, request: "HttpRequest", error: Exception) -> None:
        """As `report_failure`, where the context of *request* is not current (any more)."""
        scope = _deferred(self._read_into, request, _current.get())
        scope.owner = self
        token = _current.set(scope)
        try:
            self.report_failure(request, error)
        finally:
            _current.reset(token)

    def _report(self, request: "HttpRequest", error: Exception, *, handled: bool = False) -> None:
        if (
            exceptions.wanted(self.capture_exceptions, self.client)
            and not isinstance(error, self.ignore_exceptions)
            and self._is_tracked(request, record_of(request))
        ):
            exceptions.send(self.client, error, handled=handled)
