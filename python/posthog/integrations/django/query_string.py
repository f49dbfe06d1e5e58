"""What of a query string may leave the site."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final
from urllib.parse import unquote_plus

#: Makes a query string, without its question mark, the one to send.
Policy = Callable[[str], str]

REDACTED: Final = "[redacted]"

#: Parameters whose values open doors.
SECRET_NAMES: Final = frozenset(
    (
        "token",
        "access_token",
        "refresh_token",
        "id_token",
        "auth",
        "authorization",
        "api_key",
        "apikey",
        "key",
        "secret",
        "client_secret",
        "password",
        "passwd",
        "pwd",
        "code",
        "otp",
        "jwt",
        "signature",
        "sig",
        "credential",
        "credentials",
        "session",
        "sessionid",
        "csrfmiddlewaretoken",
        "x-amz-signature",
        "x-amz-security-token",
        "x-goog-signature",
    )
)

#: No name that is longer can be one of them, even with each of its characters percent-encoded.
_LONGEST_ENCODED: Final = 3 * max(map(len, SECRET_NAMES))


def redacted(query: str) -> str:
    """Return *query* with the values of secret parameters replaced, and otherwise byte for byte the same."""
    parameters = query.split("&")
    changed = False
    for index, parameter in enumerate(parameters):
        name, _equals, value = parameter.partition("=")
        if value and len(name) <= _LONGEST_ENCODED and _plain(name) in SECRET_NAMES:
            parameters[index] = f"{name}={REDACTED}"
            changed = True
    return "&".join(parameters) if changed else query


def only(names: Iterable[str]) -> Policy:
    """Return the policy that keeps the parameters called one of *names*, in any case, as they are."""
    return partial(_only, frozenset(name.lower() for name in names))


def dropped(_query: str) -> str:
    """Return nothing of the query."""
    return ""


def unchanged(query: str) -> str:
    """Return all of *query*, secrets included."""
    return query


def applied(policy: Policy, url: str) -> str:
    """Return *url* with what *policy* makes of its query string."""
    address, mark, query = url.partition("?")
    if not mark:
        return url
    kept = policy(query)
    return f"{address}?{kept}" if kept or not query else address


def _only(names: frozenset[str], query: str) -> str:
    return "&".join(parameter for parameter in query.split("&") if _plain(parameter.partition("=")[0]) in names)


def _plain(name: str) -> str:
    """Return *name* as the site reads it, in lower case."""
    return (unquote_plus(name) if "%" in name or "+" in name else name).lower()
