"""The middleware: opens a context for each request, and decides which failures are reported."""

import sys
from collections.abc import Awaitable, Callable, Container
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from asgiref.sync import sync_to_async
from django.http import HttpResponseBase

from posthog.contexts import ContextScope, _current, _default_capture_exceptions, _get_current_context
from posthog.integrations.django import exceptions, login, on_demand, settings
from posthog.integrations.django.reader import RequestReader
from posthog.integrations.django.record import ATTRIBUTE, RequestRecord, record_of
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

    Settings, each called ``POSTHOG_MW_`` and one of these names; ``docs/django.md`` has their types and defaults:

    - exceptions: `CAPTURE_EXCEPTIONS`, `CAPTURE_STATUS`, `IGNORE_EXCEPTIONS`
    - whose client, on which threads: `CLIENT`, `CLIENT_IS_DEFAULT`, `PROPAGATE_THREADS`
    - functions of the site: `REQUEST_FILTER`, `EXTRA_TAGS` (or `EXTRA_PROPERTIES`), `TAG_MAP` (or `PROPERTIES_MAP`)
    - who it is: `CAPTURE_TRACING_HEADERS` (once `TRUST_TRACING_HEADERS`), `DISTINCT_ID_SOURCE`, `USER_ID`
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
    ignore_exceptions: tuple[type[BaseException], ...] = ()
    _is_coroutine: Any = False

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
        scope = _deferred(self._read_into, request, _get_current_context(), self._is_ready)
        scope.owner = self
        token = _current.set(scope)
        try:
            if self._reads_early:
                scope.collect_tags()
            response: HttpResponseBase = self.get_response(request)
            record = request.__dict__.get(ATTRIBUTE)
            if record is not None and record.is_pending:
                self._report_all(request, self._verdicts(record, response))
        except Exception as error:
            self._report_failure(request, error)
            raise
        finally:
            try:
                scope.release()
            finally:
                _current.reset(token)
        if getattr(response, "streaming", False) is True:
            keep_context(response, scope, partial(self._report_failure, request))
        return response

    async def __acall__(self, request: "HttpRequest") -> HttpResponseBase:
        """Answer *request* with its context current, where the next handler is asynchronous."""
        scope = _deferred(self._read_into, request, _get_current_context(), self._is_ready)
        scope.owner = self
        token = _current.set(scope)
        try:
            if self._reads_early:
                await self._aread_into(request, scope)
            elif "session" not in request.__dict__ and hasattr(request, "auser"):
                await self._await_user(request)
            response: HttpResponseBase = await self.get_response(request)
            record = request.__dict__.get(ATTRIBUTE)
            verdicts = self._verdicts(record, response) if record is not None and record.is_pending else []
            if verdicts or scope.parked:
                # On the thread of the request, where its user may be looked up.
                await sync_to_async(self._finish)(request, scope, verdicts)
        except Exception as error:
            await sync_to_async(self._finish)(request, scope, [*self._failures(record_of(request)), (error, False)])
            raise
        except BaseException:  # cancelled: nobody waits any more
            self._report_all(request, self._failures(record_of(request)))
            raise
        finally:
            try:
                scope.release()
            finally:
                leave(token)
        if getattr(response, "streaming", False) is True:
            keep_context(response, scope, partial(self._report_failure, request))
        return response

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
        else:
            self._report_failure(request, error)

    def on_failure_outside(self, request: "HttpRequest", error: Exception) -> None:
        """Report *error* where the context of *request* is not current (any more)."""
        if self._is_coroutine:
            record_of(request).may_query = False
        token = _current.set(_deferred(self._read_into, request, _get_current_context()))
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

    def _finish(self, request: "HttpRequest", scope: ContextScope, verdicts: list[tuple[Exception, bool]]) -> None:
        """Report, and release the events that waited for the request's user."""
        self._report_all(request, verdicts)
        scope.release()

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
            _default_capture_exceptions(self.capture_exceptions, self.client)
            and not isinstance(error, self.ignore_exceptions)
            and self._is_tracked(request, record)
            and record.is_news(error)
        ):
            exceptions.send(self.client, error, handled=handled)
