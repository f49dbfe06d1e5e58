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

    A header that the program sets itself stays as it is. A request that is redirected to another host leaves ours
    behind.

    Args:
        client: A ``requests.Session``, an ``httpx.Client`` or an ``httpx.AsyncClient``.
        hosts: Names of hosts, without port, in any case: each is that host alone, and not those below it.

    Raises:
        TypeError: It is none of these clients, or *hosts* is a text.

    Example:
        >>> import httpx
        >>> from posthog.propagation import propagate
        >>> catalogue = propagate(httpx.Client(base_url="http://catalogue:8000"), ["catalogue"])

    """
    if isinstance(hosts, str):
        raise TypeError(f"hosts must be a list of host names, not the text {hosts!r}: say [{hosts!r}]")
    allowed = frozenset(host.strip().lower() for host in hosts)
    kinds = {base.__module__.partition(".")[0] + "." + base.__name__ for base in type(client).__mro__}
    if "requests.Session" in kinds:
        _of_requests(client, allowed)
    elif "httpx.AsyncClient" in kinds:
        _of_asynchronous_httpx(client, allowed)
    elif "httpx.Client" in kinds:
        _of_httpx(client, allowed)
    else:
        raise TypeError(f"a requests.Session or a client of httpx can be told of contexts, not {type(client)!r}")
    return client


def _of_requests(session: Any, allowed: frozenset[str]) -> None:
    from urllib.parse import urlsplit  # noqa: PLC0415 - `requests` has imported it

    send = session.send

    def send_with_headers(request: Any, **options: Any) -> Any:
        # Called for each step of a redirected request, with the headers of the step before.
        _adjust(request.headers, urlsplit(request.url).hostname, allowed)
        return send(request, **options)

    session.send = send_with_headers


def _of_httpx(client: Any, allowed: frozenset[str]) -> None:
    def adjust(request: Any) -> None:
        _adjust(request.headers, request.url.host, allowed)

    _add_hook(client, adjust)


def _of_asynchronous_httpx(client: Any, allowed: frozenset[str]) -> None:
    async def adjust(request: Any) -> None:
        _adjust(request.headers, request.url.host, allowed)

    _add_hook(client, adjust)


def _add_hook(client: Any, hook: Any) -> None:
    hooks = client.event_hooks
    client.event_hooks = {**hooks, "request": [*hooks.get("request", []), hook]}


def _adjust(headers: MutableMapping[str, str], host: str | None, allowed: frozenset[str]) -> None:
    """Put the headers on a request to a host that may know; take ours off one that was redirected to another host."""
    may_know = (host or "").lower() in allowed
    for name, value in tracing_headers().items():
        if may_know:
            headers.setdefault(name, value)
        elif headers.get(name) == value:
            del headers[name]
