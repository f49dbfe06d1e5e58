"""What a request says about itself: ids from its tracing headers, and its tags."""

import re
from typing import TYPE_CHECKING, Any

from django.core.exceptions import DisallowedHost

if TYPE_CHECKING:
    from django.http import HttpRequest

SESSION_ID_HEADER = "X-POSTHOG-SESSION-ID"
DISTINCT_ID_HEADER = "X-POSTHOG-DISTINCT-ID"

#: The official clients cut ids to this length too, so both ends name a person alike.
MAX_ID_LENGTH = 1000

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def cleaned_id(value: object) -> str | None:
    """Return *value* without control characters, trimmed and cut; ``None`` when nothing usable is left."""
    if not isinstance(value, str):
        return None
    return _CONTROL_CHARACTERS.sub("", value).strip()[:MAX_ID_LENGTH] or None


def header(request: "HttpRequest", name: str) -> Any:
    """Return the header *name* as sent, or ``None``."""
    try:
        own = vars(request)
        # `request.headers` parses every header when it is first asked for; the environ has the few we want.
        if "headers" not in own and "META" in own:
            return own["META"].get("HTTP_" + name.upper().replace("-", "_"))
        return request.headers.get(name)
    except Exception:
        return None


def tracing_ids(request: "HttpRequest") -> tuple[str | None, str | None]:
    """Return the distinct id and the session id that the browser sent along."""
    return cleaned_id(header(request, DISTINCT_ID_HEADER)), cleaned_id(header(request, SESSION_ID_HEADER))


def current_url(request: "HttpRequest") -> str | None:
    """Return the absolute URL; only its path when the Host header is not one of ours."""
    try:
        return request.build_absolute_uri()
    except DisallowedHost:
        return request.get_full_path()


def request_tags(request: "HttpRequest", email: str | None) -> dict[str, Any]:
    """Return the tags of *request*; empty values are left out."""
    agent = header(request, "User-Agent")
    tags = {
        "email": email,
        "$current_url": _or_none(current_url, request),
        "$request_method": _or_none(_method, request),
        "$request_path": _or_none(_path, request),
        "$ip": header(request, "X-Forwarded-For"),
        "$user_agent": agent,
        "$raw_user_agent": agent,
    }
    return {name: value for name, value in tags.items() if value}


def _method(request: "HttpRequest") -> str | None:
    return request.method


def _path(request: "HttpRequest") -> str:
    return request.path


def _or_none(part: Any, request: "HttpRequest") -> Any:
    """Return *part* of the request, or ``None`` if reading it fails: one odd part costs only its own tag."""
    try:
        return part(request)
    except Exception:
        return None
