"""What a request says about itself: ids from its tracing headers, and its tags."""

from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.urls import ResolverMatch

from posthog.integrations.django.address import forwarded_address, plain_address
from posthog.integrations.django.ids import cleaned_id, usable_header_id
from posthog.integrations.django.privacy import DEFAULT, Privacy
from posthog.integrations.django.query_string import applied

SESSION_ID_HEADER = "X-POSTHOG-SESSION-ID"
DISTINCT_ID_HEADER = "X-POSTHOG-DISTINCT-ID"
WINDOW_ID_HEADER = "X-POSTHOG-WINDOW-ID"
FORWARDED_HEADER = "X-Forwarded-For"
AGENT_HEADER = "User-Agent"

#: The names under which servers hand the headers over.
_ENVIRON_NAMES = {
    name: "HTTP_" + name.upper().replace("-", "_")
    for name in (SESSION_ID_HEADER, DISTINCT_ID_HEADER, WINDOW_ID_HEADER, FORWARDED_HEADER, AGENT_HEADER)
}

_build_absolute_uri = HttpRequest.build_absolute_uri


def header(request: HttpRequest, name: str) -> Any:
    """Return the header *name* as sent, or ``None``."""
    try:
        own = vars(request)
        # `request.headers` parses every header when it is first asked for; the environ has the few we want.
        if "headers" not in own and "META" in own:
            return own["META"].get(_ENVIRON_NAMES[name])
        return request.headers.get(name)
    except Exception:
        return None


def tracing_ids(request: HttpRequest) -> tuple[str | None, str | None]:
    """Return the distinct id and the session id that the browser sent along."""
    return sent_distinct_id(request), cleaned_id(header(request, SESSION_ID_HEADER))


def sent_distinct_id(request: HttpRequest) -> str | None:
    """Return the distinct id that the browser sent along."""
    joined = header(request, DISTINCT_ID_HEADER)
    if isinstance(joined, str) and "," in joined:
        ids = map(usable_header_id, _values(request, DISTINCT_ID_HEADER) or [joined])
        return next(filter(None, ids), None)
    return usable_header_id(joined)


def window_id(request: HttpRequest) -> str | None:
    """Return the id of the browser's window or tab."""
    return cleaned_id(header(request, WINDOW_ID_HEADER))


def current_url(request: HttpRequest) -> str | None:
    """Return the absolute URL; only its path when the Host header is not one of ours."""
    try:
        if getattr(type(request), "build_absolute_uri", None) is not _build_absolute_uri:
            return request.build_absolute_uri()
        path = request.get_full_path()
        if "/." in path or not path.startswith("/"):
            return request.build_absolute_uri()
        # The same text in half the time: without parsing and joining again what is whole already.
        return f"{request.scheme}://{request.get_host()}{path}"
    except DisallowedHost:
        return request.get_full_path()


def client_address(request: HttpRequest, privacy: Privacy) -> str | None:
    """Return the IP address of the client, as far as the headers tell."""
    address = forwarded_address(header(request, FORWARDED_HEADER), privacy.trusted_proxies)
    if address is None and privacy.ip_from_peer:
        address = plain_address(request.META.get("REMOTE_ADDR"))
    return address


def request_tags(request: HttpRequest, email: str | None, privacy: Privacy = DEFAULT) -> dict[str, Any]:
    """Return the tags of *request*; empty values are left out."""
    agent = header(request, AGENT_HEADER)
    tags = {
        "email": email,
        "$current_url": _or_none(_url, request, privacy),
        "$request_method": _or_none(_method, request),
        "$request_path": _or_none(_path, request),
        "$ip": _or_none(client_address, request, privacy),
        "$user_agent": agent,
        "$raw_user_agent": agent,
        **_match_tags(request),
    }
    return {name: value for name, value in tags.items() if value}


def _values(request: HttpRequest, name: str) -> list[str]:
    """Return what was sent in the header *name*, each value for itself, where the server keeps them apart."""
    try:
        pairs = vars(request)["scope"]["headers"]
        return [value.decode("latin-1") for key, value in pairs if key.decode("latin-1").upper() == name]
    except Exception:
        return []


def _match_tags(request: HttpRequest) -> dict[str, str | None]:
    """Return what the URLconf calls the view, as soon as Django has found one."""
    match = getattr(request, "__dict__", {}).get("resolver_match")
    if not isinstance(match, ResolverMatch):
        return {}
    return {"django_route": match.route, "django_view_name": match.view_name, "django_url_name": match.url_name}


def _url(request: HttpRequest, privacy: Privacy) -> str | None:
    url = current_url(request)
    return url and applied(privacy.query_string, url)


def _method(request: HttpRequest) -> str | None:
    return request.method


def _path(request: HttpRequest) -> str:
    return request.path


def _or_none(part: Any, *arguments: object) -> Any:
    """Return *part* of the request, or ``None`` if reading it fails: one odd part costs only its own tag."""
    try:
        return part(*arguments)
    except Exception:
        return None
