"""Flask: a context for every request, and its failures reported.

    app = Flask(__name__)
    PosthogFlaskIntegration(app)

The context lasts until the answer's body is taken, and closed by the server: also a generator's, with
`stream_with_context` or without.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flask import got_request_exception, request, request_started
from werkzeug.exceptions import HTTPException

from posthog._code_variables import inherit
from posthog.contexts import _current, _get_current_context
from posthog.integrations._streaming import Parts
from posthog.integrations._web import Described, Visit, WebIntegration, current_visit, trusts_tracing_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flask import Flask, Request

    from posthog.client import Client

    Environ = dict[str, Any]
    Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

__all__ = ["PosthogFlaskIntegration"]

#: `$exception_source` of what a view raises and nobody answers, and of what is raised where Flask tells nobody.
SOURCE: Final = "flask.got_request_exception"
SOURCE_OUTSIDE: Final = "flask.wsgi_app"
#: Under which an application knows its integration.
EXTENSION: Final = "posthog"

#: What is read of the environment. Not the addresses that proxies tell: Flask has its own way to trust them.
_READ: Final = (
    "REMOTE_ADDR",
    "HTTP_USER_AGENT",
    "HTTP_X_POSTHOG_DISTINCT_ID",
    "HTTP_X_POSTHOG_SESSION_ID",
    "HTTP_X_POSTHOG_WINDOW_ID",
)


class PosthogFlaskIntegration(WebIntegration):
    """Gives every request a context of its own: who sent it, on which visit, and tags such as `$current_url`.

    Nothing is inherited from a context outside. Exceptions that end in status 500 without an answer of the application
    are captured; what an error handler answers, and `abort`, are not.

    Args:
        app: The application; or none, and `init_app` is called later, for each application.
        client: Who captures exceptions; the module's client unless given.
        capture_exceptions: Whether exceptions are captured; as the client's (or the module's)
            ``enable_exception_autocapture`` says unless given.
        request_filter: Asked with the request: where it answers false, the request gets no context, and its exceptions
            are not captured.
        extra_properties: Asked with the request: tags to add.
        trust_tracing_headers: The older name of *capture_tracing_headers*.
        capture_tracing_headers: Take distinct id and session id from the headers that posthog-js sends; yes unless
            given.

    The callbacks are asked at most once per request, when something is captured or the context is asked. One that
    raises, or answers something else than it should, costs its answer and one line in the log.

    """

    def __init__(
        self,
        app: Flask | None = None,
        *,
        client: Client | None = None,
        capture_exceptions: bool | None = None,
        request_filter: Callable[[Request], bool] | None = None,
        extra_properties: Callable[[Request], Mapping[str, Any]] | None = None,
        trust_tracing_headers: bool | None = None,
        capture_tracing_headers: bool | None = None,
    ) -> None:
        trusts = trusts_tracing_headers(trust_tracing_headers, capture_tracing_headers)
        super().__init__(client, capture_exceptions, request_filter, extra_properties, trusts)
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Give the requests of *app* their contexts from now on.

        Raises:
            RuntimeError: *app* has an integration already.

        """
        if EXTENSION in app.extensions:
            raise RuntimeError(f"{app.name!r} has a PosthogFlaskIntegration: two would report each exception twice")
        app.extensions[EXTENSION] = self
        app.wsgi_app = _InContext(self, app, app.wsgi_app)  # type: ignore[method-assign]
        request_started.connect(self._on_request, app)
        got_request_exception.connect(self._on_exception, app)

    def _on_request(self, _app: Flask, **_signal: object) -> None:
        """Remember the request that Flask has made: it forgets it before the body of the answer is taken."""
        if (visit := current_visit.get()) is not None:
            visit.request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - as documented

    def _on_exception(self, _app: Flask, exception: BaseException, **_signal: object) -> None:
        """Report what Flask is about to answer with status 500."""
        visit = current_visit.get()
        if visit is not None and isinstance(exception, Exception):
            self._report(visit, exception, SOURCE)

    def _described(self, visit: Visit) -> Described:
        return described(visit.request)

    def report_outside(self, visit: Visit, error: Exception) -> None:
        """Report what is raised where Flask tells nobody: in the body of an answer, and while a request is left."""
        self._report(visit, error, SOURCE_OUTSIDE)


class _Exchange(Visit):
    """One request, from its environment to the end of the answer's body."""

    def __init__(self, app: Flask, environ: Environ) -> None:
        super().__init__(None)
        self._app = app
        self._environ = environ

    @property
    def request(self) -> Request:
        """The request as Flask has made it; where it has not (yet), one of our own."""
        known: Request | None = self._request or self._environ.get("werkzeug.request")
        return known or self._app.request_class(self._environ)

    @request.setter
    def request(self, request: Request | None) -> None:
        self._request = request


class _InContext:
    """The WSGI application of Flask, run in the context of each request.

    Around all of it, not in functions before and after a request: then sessions, error handlers, functions at the end
    of a request and the body of the answer have the context too, and it ends in any case.
    """

    def __init__(self, integration: PosthogFlaskIntegration, app: Flask, application: Application) -> None:
        self._integration = integration
        self._app = app
        self._application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        visit = _Exchange(self._app, environ)
        report = partial(self._integration.report_outside, visit)
        around_all = _get_current_context()
        outside = _current.set(None)
        around = current_visit.set(visit)
        scope = self._integration.open(visit)
        inherit(around_all, scope)
        try:
            body = self._application(environ, start_response)
            # The server may send a file on its own; its parts are no code of the application.
            return body if _is_file(body, environ) else Parts(body, scope, report, scope.end)
        except Exception as error:
            report(error)
            raise
        finally:
            scope.leave()
            current_visit.reset(around)
            _current.reset(outside)


def described(request: Request) -> Described:
    """Return what *request* says; odd parts of it cost only what they would have said."""
    environ = request.environ
    meta = {name: environ.get(name) for name in _READ}
    try:
        url = request.base_url
    except HTTPException:  # its host is none of the application's
        url = request.path
    route = None if request.url_rule is None else request.url_rule.rule
    return Described(meta, request.method, request.path, url, {"$request_route": route})


def _is_file(body: object, environ: Environ) -> bool:
    wrapper = environ.get("wsgi.file_wrapper")
    return hasattr(body, "read") or (isinstance(wrapper, type) and isinstance(body, wrapper))
