"""What a request says about itself: ids from its tracing headers, and its tags."""

import re
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

SESSION_ID_HEADER = "X-POSTHOG-SESSION-ID"
DISTINCT_ID_HEADER = "X-POSTHOG-DISTINCT-ID"
FORWARDED_HEADER = "X-Forwarded-For"
AGENT_HEADER = "User-Agent"

#: The names under which servers hand the headers over.
_ENVIRON_NAMES = {
    name: "HTTP_" + name.upper().replace("-", "_")
    for name in (SESSION_ID_HEADER, DISTINCT_ID_HEADER, FORWARDED_HEADER, AGENT_HEADER)
}

#: The official clients cut ids to this length too, so both ends name a person alike.
MAX_ID_LENGTH = 1000

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


_build_absolute_uri = HttpRequest.build_absolute_uri


def cleaned_id(value: object) -> str | None:
    """Return *value* without control characters, trimmed and cut; ``None`` when nothing usable is left."""
    if not isinstance(value, str):
        return None
    clean = value if value.isprintable() else _CONTROL_CHARACTERS.sub("", value)
    return clean.strip()[:MAX_ID_LENGTH] or None


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
    return cleaned_id(header(request, DISTINCT_ID_HEADER)), cleaned_id(header(request, SESSION_ID_HEADER))


def current_url(request: HttpRequest) -> str | None:
    """Return the absolute URL; only its path when the Host header is not one of ours."""
    try:
        path = request.get_full_path()
        if "/." in path or not path.startswith("/") or type(request).build_absolute_uri is not _build_absolute_uri:
            return request.build_absolute_uri()
        # The same text in half the time: without parsing and joining again what is whole already.
        return f"{request.scheme}://{request.get_host()}{path}"
    except DisallowedHost:
        return request.get_full_path()


def request_tags(request: HttpRequest, email: str | None) -> dict[str, Any]:
    """Return the tags of *request*; empty values are left out."""
    agent = header(request, AGENT_HEADER)
    tags = {
        "email": email,
        "$current_url": _or_none(current_url, request),
        "$request_method": _or_none(_method, request),
        "$request_path": _or_none(_path, request),
        "$ip": header(request, FORWARDED_HEADER),
        "$user_agent": agent,
        "$raw_user_agent": agent,
    }
    return {name: value for name, value in tags.items() if value}


def _method(request: HttpRequest) -> str | None:
    return request.method


def _path(request: HttpRequest) -> str:
    return request.path


def _or_none(part: Any, request: HttpRequest) -> Any:
    """Return *part* of the request, or ``None`` if reading it fails: one odd part costs only its own tag."""
    try:
        return part(request)
    except Exception:
        return None
