"""The middleware: opens a context for each request, and decides which failures are reported."""

import sys
from collections.abc import Awaitable, Callable, Container
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from asgiref.sync import sync_to_async
from django.core.signals import request_finished
from django.http import HttpResponseBase

from posthog.contexts import _captures_exceptions, _current
from posthog.integrations.django import afterwards, exceptions, login, on_demand, settings
from posthog.integrations.django.reader import RequestReader
from posthog.integrations.django.record import ATTRIBUTE, RequestRecord, record_of, request_scope
from posthog.integrations.django.streaming import keep_context

if sys.version_info >= (3, 12):
    from inspect import iscoroutinefunction, markcoroutinefunction
else:
    from asgiref.sync import iscoroutinefunction, markcoroutinefunction

if TYPE_CHECKING:
    from django.http import HttpRequest

    from posthog.client import Client
    from posthog.contexts import ContextScope


class PosthogContextMiddleware(RequestReader):
    """Gives every request a context: who sent it, on which visit, and tags such as `$current_url`.

    Everything captured while the request runs, exceptions included, carries them. Nothing of the request is read
    before something is captured or the context is asked, so a request that captures nothing is left as it was.

    Settings, each called ``POSTHOG_MW_`` and one of these names; ``docs/django.md`` has their types and defaults:

    - exceptions: `CAPTURE_EXCEPTIONS`, `CAPTURE_STATUS`, `IGNORE_EXCEPTIONS`, `CAPTURE_HTTP_ERRORS`
    - whose client, on which threads: `CLIENT`, `CLIENT_IS_DEFAULT`, `PROPAGATE_THREADS`
    - functions of the site: `REQUEST_FILTER`, `EXTRA_TAGS` (or `EXTRA_PROPERTIES`), `TAG_MAP` (or `PROPERTIES_MAP`)
    - who it is: `CAPTURE_TRACING_HEADERS` (once `TRUST_TRACING_HEADERS`), `DISTINCT_ID_SOURCE`, `RESOLVE_USER`,
      `USER_ID`
    - privacy: `SEND_EMAIL`, `QUERY_STRING`, `TRUSTED_PROXIES`, `IP_FROM_PEER`

    The functions are asked at most once per request, and only when something is captured. One that raises, or returns
    something else than it should, costs its tags and one line in the log.
    """

    sync_capable: ClassVar[bool] = True
    async_capable: ClassVar[bool] = True

    # Defaults of the class, so that an instance made without `__init__` works too.
    client: "Client | None" = None
    client_is_default: bool = False
    capture_exceptions: bool | None = True
    capture_status: Container[int] = settings.SERVER_ERRORS
    capture_http_errors: bool = False
    ignore_exceptions: tuple[type[BaseException], ...] = ()

    def __init__(self, get_response: Callable[["HttpRequest"], Any]) -> None:
        """Read the settings, and answer for the exceptions of the requests that come."""
        super().__init__()
        self.get_response = get_response
        self._is_coroutine = iscoroutinefunction(get_response)
        if self._is_coroutine:
            markcoroutinefunction(self)
        self.apply_settings()
        settings.keep_current(self)
        exceptions.watch(self)
        login.watch()
        on_demand.follow(settings.CLIENT_IS_DEFAULT, "posthog.integrations.django.default_client")
        on_demand.follow(settings.PROPAGATE_THREADS, "posthog._thread_pools")

    # -- one request ---------------------------------------------------------------------------------------------

    def __call__(self, request: "HttpRequest") -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer *request* with its context current."""
        if self._is_coroutine:
            return self.__acall__(request)
        scope = self._contexts.open(request)
        streams = False
        try:
            if self._reads_early:
                scope.collect_tags()
            response: HttpResponseBase = self.get_response(request)
            record = request.__dict__.get(ATTRIBUTE)
            if scope.parked or (record is not None and record.is_pending) or self._is_http_error(response):
                self._conclude(request, scope, response)
            streams = getattr(response, "streaming", False) is True and self._streams(request, scope, response)
        except Exception as error:
            self._conclude_failed(request, scope, error)
            raise
        finally:
            if streams:
                scope.leave()
            elif scope.finish():
                record_of(request).said = scope.said()
        if len(request_finished.receivers) != afterwards.receivers_of_django:
            afterwards.keep_context(response, scope)
        return response

    async def __acall__(self, request: "HttpRequest") -> HttpResponseBase:
        """Answer *request* with its context current, where the next handler is asynchronous."""
        scope = self._contexts.open(request)
        streams = False
        try:
            if self._reads_early:
                await self._aread_into(request, scope)
            elif "session" not in request.__dict__:
                await self._await_user(request)
            response: HttpResponseBase = await self.get_response(request)
            record = request.__dict__.get(ATTRIBUTE)
            if scope.parked or (record is not None and record.is_pending) or self._is_http_error(response):
                # On the thread of the request, where its user may be looked up.
                await sync_to_async(self._conclude)(request, scope, response)
            streams = getattr(response, "streaming", False) is True and self._streams(request, scope, response)
        except Exception as error:
            await sync_to_async(self._conclude_failed)(request, scope, error)
            raise
        except BaseException:  # cancelled: nobody waits any more
            self._report_all(request, self._failures(record_of(request)))
            raise
        finally:
            if streams:
                scope.leave()
            elif scope.finish():
                record_of(request).said = scope.said()
        if len(request_finished.receivers) != afterwards.receivers_of_django:
            afterwards.keep_context(response, scope)
        return response

    def _conclude(self, request: "HttpRequest", scope: "ContextScope", response: HttpResponseBase) -> None:
        """Report what is to be reported, and finish the events that waited for the request's user."""
        record = record_of(request)
        status = getattr(response, "status_code", None)
        verdicts = self._verdicts(record, response)
        if isinstance(status, int):
            self.add_status(request, scope, status)
        self._report_all(request, verdicts)
        self._report_answer(request, record, response)
        if getattr(response, "streaming", False) is True:
            scope.release()
        else:
            scope.end()

    def _conclude_failed(self, request: "HttpRequest", scope: "ContextScope", error: Exception) -> None:
        """Report *error*, which left the handlers that would have answered."""
        self._report_all(request, self._failures(record_of(request)))
        self._report_failure(request, error)
        scope.end()

    def _streams(self, request: "HttpRequest", scope: "ContextScope", response: HttpResponseBase) -> bool:
        """Let the body of *response* be made with the context current; return whether the context lasts until then."""
        end = partial(self._end, request, scope)
        lasts = keep_context(response, scope, partial(self._report_failure, request), end)
        if lasts:
            self.add_status(request, scope, response.status_code)
        return lasts

    def _end(self, request: "HttpRequest", scope: "ContextScope") -> None:
        """Let the context end with the body of a streaming answer."""
        if scope.end():
            record_of(request).said = scope.said()

    # -- exceptions ----------------------------------------------------------------------------------------------

    def process_exception(self, request: "HttpRequest", exception: Exception) -> None:
        """Remember what a view raised until the status is known; report it now where that will not happen."""
        if self.capture_status is settings.EVERY_STATUS or exceptions.current_reporter() is None:
            self._report(request, exception)
        else:
            record_of(request).suspect(exception)

    def on_failure(self, request: "HttpRequest", error: Exception) -> None:
        """Take note of *error*, which Django is about to answer with status 500."""
        if self._is_coroutine:
            # Django tells us on a thread of its own, where a query would open a connection that nobody closes.
            record_of(request).note(error)
            return
        if (scope := request_scope()) is not None:
            self.add_status(request, scope, exceptions.SERVER_ERROR)
        self._report_failure(request, error)

    def on_failure_outside(self, request: "HttpRequest", error: Exception) -> None:
        """Report *error* where the context of *request* is not current (any more)."""
        scope = self.reopened(request, is_here=not self._is_coroutine)
        self.add_status(request, scope, exceptions.SERVER_ERROR)
        token = _current.set(scope)
        try:
            self._report_failure(request, error)
        finally:
            _current.reset(token)

    def _verdicts(self, record: RequestRecord, response: HttpResponseBase) -> list[tuple[Exception, bool]]:
        """Return, once, the exceptions to report now that *response* is known, and whether each was handled."""
        candidate = record.candidate
        verdicts = self._failures(record)
        if candidate is not None:
            status = getattr(response, "status_code", None)
            if not isinstance(status, int) or status in self.capture_status:
                # Had nobody handled it, Django would have told us, and it would be no candidate any more.
                verdicts.append((candidate, isinstance(response, HttpResponseBase)))
        return verdicts

    def _failures(self, record: RequestRecord) -> list[tuple[Exception, bool]]:
        """Return, once, the exceptions that Django has told us about: nobody handled them."""
        return [(error, False) for error in record.settle() if exceptions.SERVER_ERROR in self.capture_status]

    def _report_all(self, request: "HttpRequest", verdicts: list[tuple[Exception, bool]]) -> None:
        for error, handled in verdicts:
            self._report(request, error, handled=handled)

    def _report_failure(self, request: "HttpRequest", error: Exception) -> None:
        """Report *error*, which makes the answer to *request* a failure of the server."""
        if exceptions.SERVER_ERROR in self.capture_status:
            self._report(request, error)

    def _report(self, request: "HttpRequest", error: Exception, *, handled: bool = False) -> None:
        record = record_of(request)
        if (
            _captures_exceptions(self.capture_exceptions, self.client)
            and not isinstance(error, self.ignore_exceptions)
            and self._is_tracked(request, record)
            and record.is_news(error)
        ):
            exceptions.send(self.client, error, handled=handled)

    def _is_http_error(self, response: HttpResponseBase) -> bool:
        """Return whether *response* is a failure that is to be reported even without an exception."""
        if not self.capture_http_errors:
            return False
        status = getattr(response, "status_code", None)
        return status in settings.SERVER_ERRORS and status in self.capture_status

    def _report_answer(self, request: "HttpRequest", record: RequestRecord, response: HttpResponseBase) -> None:
        """Report that *response* is a failure of the server, unless an exception says so."""
        if (
            self._is_http_error(response)
            and not record.has_reports
            and _captures_exceptions(self.capture_exceptions, self.client)
            and self._is_tracked(request, record)
        ):
            exceptions.send_status(self.client, response.status_code)
