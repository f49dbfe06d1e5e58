"""Tells other services of yours who and which visit a context is about, in the headers of outgoing requests.

A service that reads the headers ``X-POSTHOG-DISTINCT-ID`` and ``X-POSTHOG-SESSION-ID``, as the middleware of this
package does, puts both on its own events: one visit is one session, whatever services it passes.

Example:
    >>> import posthog
    >>> from posthog.propagation import tracing_headers
    >>> with posthog.new_context():
    ...     posthog.identify_context("user-7")
    ...     posthog.set_context_session("visit-3")
    ...     tracing_headers()
    {'X-POSTHOG-DISTINCT-ID': 'user-7', 'X-POSTHOG-SESSION-ID': 'visit-3'}

"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from posthog import contexts

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    _C = TypeVar("_C")

__all__ = ["DISTINCT_ID_HEADER", "SESSION_ID_HEADER", "propagate", "tracing_headers"]

DISTINCT_ID_HEADER = "X-POSTHOG-DISTINCT-ID"
SESSION_ID_HEADER = "X-POSTHOG-SESSION-ID"


def tracing_headers() -> dict[str, str]:
    """Return the headers that say who and which visit the current context is about, as far as both are known.

    An id that no header can carry (control characters, other than ASCII) is left away.
    """
    ids = {
        DISTINCT_ID_HEADER: contexts.get_context_distinct_id(),
        SESSION_ID_HEADER: contexts.get_context_session_id(),
    }
    return {name: value for name, value in ids.items() if value and value.isascii() and value.isprintable()}


def propagate(client: _C, hosts: Iterable[str]) -> _C:
    """Add the headers to what *client* sends to these hosts, and to no other, and return the client.

    A header that the program sets itself stays as it is. A request that is redirected to another host, or sent again in
    another context, leaves ours behind. Called again, it adds hosts to those of before. A copy of the client that is
    made by `copy` or `pickle` adds nothing.

    Args:
        client: A ``requests.Session``, an ``httpx.Client`` or an ``httpx.AsyncClient``.
        hosts: Names or addresses of hosts, without scheme and port, in any case: each is that host alone, and not those
            below it.

    Raises:
        TypeError: It is none of these clients, or *hosts* is a text.
        ValueError: A host has a scheme, a port or a path.

    Example:
        >>> import httpx
        >>> from posthog.propagation import propagate
        >>> catalogue = propagate(httpx.Client(base_url="http://catalogue:8000"), ["catalogue"])

    """
    if isinstance(hosts, str):
        raise TypeError(f"hosts must be a list of host names, not the text {hosts!r}: say [{hosts!r}]")
    wanted = {_host(host) for host in hosts}
    kinds = {base.__module__.partition(".")[0] + "." + base.__name__ for base in type(client).__mro__}
    wrap = next((wrap for kind, wrap in _WRAPPERS.items() if kind in kinds), None)
    if wrap is None:
        raise TypeError(f"a requests.Session or a client of httpx can be told of contexts, not {type(client)!r}")
    known: set[str] | None = vars(client).get(_HOSTS)
    if known is None:
        setattr(client, _HOSTS, wanted)
        wrap(client, wanted)
    else:
        known |= wanted
    return client


_HOSTS = "_posthog_hosts"
"""The attribute of a client that has the hosts which may know."""

_OURS = "posthog.headers"
"""The extension of a request of httpx that has the headers which we have put there."""


class _Ours(str):
    """A header's value that we have put there; `requests` keeps the object."""

    __slots__ = ()


def _host(host: str) -> str:
    name = host.strip().lower().removeprefix("[").removesuffix("]")
    if not name or "/" in name or name.count(":") == 1:
        raise ValueError(f"a host is a name or an address, without scheme, port and path: not {host!r}")
    return name


def _of_requests(session: Any, hosts: set[str]) -> None:
    from urllib.parse import urlsplit  # noqa: PLC0415 - `requests` has imported it

    own = vars(session).get("send")

    def send(request: Any, **options: Any) -> Any:
        # Called for each step of a redirected request, with the headers of the step before.
        headers = request.headers
        for name in (DISTINCT_ID_HEADER, SESSION_ID_HEADER):
            if isinstance(headers.get(name), _Ours):
                del headers[name]
        for name, value in _headers_for(urlsplit(request.url).hostname, hosts).items():
            headers.setdefault(name, _Ours(value))
        # Looked up now: who mocks or watches the class comes later.
        return own(request, **options) if own else type(session).send(session, request, **options)

    session.send = send


def _of_httpx(client: Any, hosts: set[str]) -> None:
    def adjust(request: Any) -> None:
        _adjust(request, hosts)

    _add_hook(client, adjust)


def _of_asynchronous_httpx(client: Any, hosts: set[str]) -> None:
    async def adjust(request: Any) -> None:
        _adjust(request, hosts)

    _add_hook(client, adjust)


_WRAPPERS = {"requests.Session": _of_requests, "httpx.AsyncClient": _of_asynchronous_httpx, "httpx.Client": _of_httpx}


def _add_hook(client: Any, hook: Any) -> None:
    hooks = client.event_hooks
    client.event_hooks = {**hooks, "request": [*hooks.get("request", []), hook]}


def _adjust(request: Any, hosts: set[str]) -> None:
    """Take off what an earlier step has put on a request of httpx, and put on what this one may know."""
    headers: MutableMapping[str, str] = request.headers
    for name, value in request.extensions.pop(_OURS, {}).items():
        if headers.get(name) == value:
            del headers[name]
    ours = {name: value for name, value in _headers_for(request.url.host, hosts).items() if name not in headers}
    headers.update(ours)
    request.extensions[_OURS] = ours  # redirects hand it on


def _headers_for(host: str | None, hosts: set[str]) -> dict[str, str]:
    return tracing_headers() if (host or "").lower() in hosts else {}
