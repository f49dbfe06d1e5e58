"""ASGI: a context for every HTTP request and every WebSocket, and their failures reported.

For FastAPI, Starlette, Litestar, Quart and whatever else speaks ASGI:

    app = FastAPI()
    app.add_middleware(PosthogASGIMiddleware)

The context lasts as long as the application runs: also while it streams a body, and in Starlette's background tasks.
"""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from posthog._native import usable_id
from posthog.integrations import _callbacks
from posthog.integrations._web import Described, Visit, WebIntegration, current_visit, text, trusts_tracing_headers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    from posthog.client import Client

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

__all__ = ["PosthogASGIMiddleware"]

#: `$exception_source`.
SOURCE: Final = "asgi.middleware"
#: Kinds of connections that have a context; `lifespan` is none.
_CONNECTIONS: Final = ("http", "websocket")

_DISTINCT_ID: Final = "HTTP_X_POSTHOG_DISTINCT_ID"
_FORWARDED: Final = "HTTP_X_FORWARDED_FOR"
#: The headers that are read, and what CGI calls them.
_HEADERS: Final = {
    b"host": "HTTP_HOST",
    b"user-agent": "HTTP_USER_AGENT",
    b"x-forwarded-for": _FORWARDED,
    b"x-posthog-distinct-id": _DISTINCT_ID,
    b"x-posthog-session-id": "HTTP_X_POSTHOG_SESSION_ID",
    b"x-posthog-window-id": "HTTP_X_POSTHOG_WINDOW_ID",
}
#: Ports that URLs leave out.
_PORTS: Final[dict[object, int]] = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_MOST_SCHEME: Final = 16

#: What frameworks and servers raise where a visitor has gone away: not the application's failure.
_DISCONNECTS: Final = frozenset(
    {
        ("starlette.requests", "ClientDisconnect"),
        ("starlette.websockets", "WebSocketDisconnect"),
        ("uvicorn.protocols.utils", "ClientDisconnected"),
    }
)


class PosthogASGIMiddleware(WebIntegration):
    """Gives every request a context: who sent it, on which visit, and tags such as `$current_url`.

    Exceptions that leave the application are captured, and raised again. A visitor who has gone away is no exception.

    Args:
        app: The application around which this goes.
        client: Who captures exceptions; the module's client unless given.
        capture_exceptions: Whether exceptions are captured; as the client's (or the module's)
            ``enable_exception_autocapture`` says unless given.
        request_filter: Asked with the ASGI scope, may be asynchronous: where it answers false, the request gets no
            context, and its exceptions are not captured.
        extra_properties: Asked with the ASGI scope, may be asynchronous: tags to add.
        trust_tracing_headers: The older name of *capture_tracing_headers*.
        capture_tracing_headers: Take distinct id and session id from the headers that posthog-js sends; yes unless
            given.

    Ordinary callbacks are asked at most once per request, when something is captured or the context is asked;
    asynchronous ones before the application runs. One that raises, or answers something else than it should, costs its
    answer and one line in the log.

    """

    def __init__(
        self,
        app: Application,
        client: Client | None = None,
        capture_exceptions: bool | None = None,
        request_filter: Callable[[Scope], bool | Awaitable[bool]] | None = None,
        extra_properties: Callable[[Scope], Mapping[str, Any] | Awaitable[Mapping[str, Any]]] | None = None,
        trust_tracing_headers: bool | None = None,
        *,
        capture_tracing_headers: bool | None = None,
    ) -> None:
        trusts = trusts_tracing_headers(trust_tracing_headers, capture_tracing_headers)
        super().__init__(client, capture_exceptions, request_filter, extra_properties, trusts)
        self.app = app
        self._asks_early = _is_async(request_filter) or _is_async(extra_properties)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application with a context of its own for the request."""
        if scope["type"] not in _CONNECTIONS:
            await self.app(scope, receive, send)
            return
        visit = _Connection(scope)
        context = self.open(visit)
        token = current_visit.set(visit)
        try:
            if self._asks_early:
                await self._ask(visit)
            await self.app(scope, receive, send)
        except Exception as error:
            if not is_disconnect(error):
                self._report(visit, error, SOURCE)
            raise
        finally:
            context.finish()
            # Where the coroutine is destroyed from outside its own task, the variable is gone.
            with suppress(ValueError):
                current_visit.reset(token)

    async def _ask(self, visit: Visit) -> None:
        """Ask the callbacks; what they capture meanwhile has what is known until then."""
        visit.tracked, visit.extra, visit.is_asking = True, {}, True
        try:
            if self.request_filter is not None:
                name = "request_filter"
                answer = await _callbacks.aguarded(name, self.request_filter, visit.request)
                visit.tracked = _callbacks.verdict(name, answer)
            if self.extra_properties is not None and visit.tracked:
                name = "extra_properties"
                answer = await _callbacks.aguarded(name, self.extra_properties, visit.request)
                visit.extra = _callbacks.properties(name, answer)
        finally:
            visit.is_asking = False

    def _settled(self, name: str, answer: object) -> object:
        """Return what a callback has answered; one that turns out to be asynchronous is awaited from now on."""
        self._asks_early = self._asks_early or inspect.isawaitable(answer)
        return super()._settled(name, answer)

    def _described(self, visit: Visit) -> Described:
        return described(visit.request, visit.path if isinstance(visit, _Connection) else None)


class _Connection(Visit):
    """One HTTP request, or one WebSocket."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope)
        #: As it came: routers take what they have matched off the scope's.
        self.path = scope.get("path")

    @property
    def request(self) -> Scope:
        """The scope, with the path as it came."""
        scope = self._scope
        return scope if scope.get("path") == self.path else {**scope, "path": self.path}

    @request.setter
    def request(self, scope: Scope) -> None:
        self._scope = scope


def described(scope: Scope, path: object) -> Described:
    """Return what the ASGI *scope* of a connection says; odd parts of it cost only what they would have said."""
    meta = _meta(scope)
    client = scope.get("client")
    if isinstance(client, list | tuple) and client:
        meta["REMOTE_ADDR"] = client[0]
    host = text(meta.get("HTTP_HOST")) or _server(scope)
    scheme = text(scope.get("scheme"), _MOST_SCHEME)
    url = f"{scheme}://{host}{path or ''}" if scheme and host else None
    return Described(meta, scope.get("method"), path, url)


def _meta(scope: Scope) -> dict[str, Any]:
    """Return the headers that are read. Of one that was sent repeatedly the first usable value counts."""
    meta: dict[str, Any] = {}
    for header, value in scope.get("headers") or ():
        name = _HEADERS.get(header.lower()) if isinstance(header, bytes) else None
        if name is None or not isinstance(value, bytes):
            continue
        # Headers are bytes; each is the character of that number.
        said = value.decode("latin-1")
        if name == _FORWARDED and name in meta:
            meta[name] = f"{meta[name]},{said}"
        elif name not in meta and (usable_id(said) if name == _DISTINCT_ID else text(said)):
            meta[name] = said
    return meta


def _server(scope: Scope) -> str | None:
    """Return where the server listens, as URLs write it."""
    server = scope.get("server")
    if not isinstance(server, list | tuple) or len(server) != 2 or server[1] is None:  # noqa: PLR2004 - host and port
        return None
    host, port = server
    host = f"[{host}]" if ":" in str(host) else host
    return str(host) if _PORTS.get(scope.get("scheme")) == port else f"{host}:{port}"


def is_disconnect(error: BaseException) -> bool:
    """Return whether *error* says no more than that the visitor has gone away."""
    errors = getattr(error, "exceptions", None)
    if isinstance(errors, tuple) and errors:  # a group, as task groups raise it
        return all(isinstance(each, BaseException) and is_disconnect(each) for each in errors)
    return any((kind.__module__, kind.__qualname__) in _DISCONNECTS for kind in type(error).__mro__)


def _is_async(callback: object) -> bool:
    """Return whether calling *callback* gives something to await, as far as can be seen."""
    return inspect.iscoroutinefunction(callback) or inspect.iscoroutinefunction(getattr(callback, "__call__", None))  # noqa: B004 - an object may be called by an asynchronous method
