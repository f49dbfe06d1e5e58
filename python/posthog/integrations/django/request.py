"""What a request says about itself: its URL, and its tags."""

from functools import lru_cache
from typing import Any, Final

import django.conf
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

from posthog import _native
from posthog.integrations.django.privacy import DEFAULT, Privacy

_URL_METHODS = ("build_absolute_uri", "get_full_path", "get_host")
_methods_of_django = [getattr(HttpRequest, name) for name in _URL_METHODS]

#: Hosts that Django has let pass, with the settings that decided it.
_passed: set[tuple[Any, ...]] = set()
_MOST_PASSED: Final = 256


def request_tags(
    request: HttpRequest, email: str | None, privacy: Privacy = DEFAULT, *, with_window: bool = False
) -> dict[str, Any]:
    """Return the tags of *request*; empty values are left out, and an odd part costs only its own tag."""
    try:
        url = current_url(request)
    except Exception:
        url = None
    return _native.request_tags(request, url, email, privacy, with_window)


def current_url(request: HttpRequest) -> str | None:
    """Return the absolute URL; only its path when the Host header is not one of ours."""
    try:
        return _plain_url(request) or request.build_absolute_uri()
    except DisallowedHost:
        return request.get_full_path()


def _plain_url(request: HttpRequest) -> str | None:
    """Return the absolute URL of an ordinary request, in a third of the time that Django takes.

    Django asks its settings four times whether the host is one of ours, and then quotes and joins what is whole
    already. ``None`` leaves the rest to Django.
    """
    if not _has_urls_of_django(type(request)):  # type: ignore[arg-type]  # a class can be hashed
        return None
    # What the settings keep of the answers they have given: asking them takes longer than all the rest.
    answers = object.__getattribute__(django.conf.settings, "__dict__")
    host: Any = request.META.get("HTTP_HOST")
    try:
        if answers["USE_X_FORWARDED_HOST"] or answers["SECURE_PROXY_SSL_HEADER"]:
            return None
        decided_by = (host, answers["DEBUG"], *answers["ALLOWED_HOSTS"])
        if decided_by not in _passed:
            _let_pass(request.get_host(), decided_by)
    except (KeyError, TypeError):
        return None
    return _native.plain_url(request, request._get_scheme() or "", host)  # type: ignore[attr-defined]  # noqa: SLF001


def _let_pass(host: str, decided_by: tuple[Any, ...]) -> None:
    """Remember that *host* is one of ours, by what has decided it."""
    if host != decided_by[0]:
        raise KeyError(host)
    if len(_passed) >= _MOST_PASSED:
        _passed.clear()
    _passed.add(decided_by)


@lru_cache(maxsize=8)
def _has_urls_of_django(request_class: Any) -> bool:
    return [getattr(request_class, name, None) for name in _URL_METHODS] == _methods_of_django
