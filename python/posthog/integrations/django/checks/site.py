"""Checks of how the site and the middleware fit together."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import django.conf
from django.core.checks import CheckMessage, Info, Warning  # noqa: A004 - Django's names

import posthog
from posthog.integrations.django import configuration
from posthog.integrations.django.paths import imported

MIDDLEWARE: Final = "posthog.integrations.django.PosthogContextMiddleware"
#: What posthog-js sends along, and a browser must be allowed to send to another origin.
TRACING_HEADERS: Final = ("x-posthog-distinct-id", "x-posthog-session-id", "x-posthog-window-id")

_UPDATE_CACHE: Final = "django.middleware.cache.UpdateCacheMiddleware"
_FETCH_FROM_CACHE: Final = "django.middleware.cache.FetchFromCacheMiddleware"
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


def check_middleware(**_options: Any) -> Iterator[CheckMessage]:
    """Yield what is wrong with the place of the middleware.

    Before or after that of sessions and users is all the same: they are looked up when something is captured.
    """
    places = places_of_middleware()
    if not places:
        yield Warning(
            "posthog.integrations.django is installed, and its middleware is not: requests have no context.",
            hint=f'Add "{MIDDLEWARE}" to the end of MIDDLEWARE.',
            id="posthog.W004",
        )
    elif len(places) > 1:
        yield Warning(
            f"The middleware of posthog is listed {len(places)} times in MIDDLEWARE.",
            hint="Keep the last: it sees the exceptions that other middleware answers.",
            id="posthog.W005",
        )
    path = list(django.conf.settings.MIDDLEWARE)
    if places and _FETCH_FROM_CACHE in path and path.index(_FETCH_FROM_CACHE) < places[0]:
        yield Info(
            "Pages that come from the cache do not reach the middleware of posthog.",
            hint=f'Nothing is captured for them. Put it before "{_UPDATE_CACHE}" if other middleware captures events.',
            id="posthog.I001",
        )


def check_cors(**_options: Any) -> Iterator[CheckMessage]:
    """Yield the tracing headers that browsers may not send from another origin."""
    site = django.conf.settings
    if "corsheaders" not in site.INSTALLED_APPS or getattr(site, "POSTHOG_MW_CAPTURE_TRACING_HEADERS", True) is False:
        return
    allowed = {str(name).lower() for name in getattr(site, "CORS_ALLOW_HEADERS", ())}
    missing = [name for name in TRACING_HEADERS if name not in allowed]
    if missing:
        yield Warning(
            f"CORS_ALLOW_HEADERS lacks {', '.join(missing)}: browsers refuse the requests that carry them.",
            hint="Write CORS_ALLOW_HEADERS = (*corsheaders.defaults.default_headers, ...) with these names.",
            id="posthog.W007",
        )


def check_debug(**_options: Any) -> Iterator[CheckMessage]:
    """Yield that exceptions are reported from somebody's desk."""
    site = django.conf.settings
    is_off = getattr(site, "POSTHOG_MW_CAPTURE_EXCEPTIONS", True) is False or _option("disabled") is True
    if site.DEBUG and _option(configuration.KEY) and not is_off and not _is_local(_host()):
        yield Info(
            f"DEBUG is on, and exceptions are reported to {_host()}.",
            hint="Write POSTHOG_MW_CAPTURE_EXCEPTIONS = not DEBUG to keep those of your desk out of the project.",
            id="posthog.I002",
        )


def check_host(**_options: Any) -> Iterator[CheckMessage]:
    """Yield that events travel in the clear."""
    host = _host()
    if host.lower().startswith("http://") and not django.conf.settings.DEBUG and not _is_local(host):
        yield Warning(
            f"Events are sent to {host} without encryption.", hint="Use an address with https://.", id="posthog.W006"
        )


def places_of_middleware() -> list[int]:
    """Return the places in `MIDDLEWARE` that are the middleware of posthog or a class made of it."""
    # The command that names files of the official package must be importable among them; the middleware is not.
    from posthog.integrations.django.middleware import PosthogContextMiddleware  # noqa: PLC0415

    kinds = [imported(path) for path in django.conf.settings.MIDDLEWARE]
    return [
        place
        for place, kind in enumerate(kinds)
        if isinstance(kind, type) and issubclass(kind, PosthogContextMiddleware)
    ]


def _option(name: str) -> Any:
    """Return the value of an option of the global client, as the program or the settings give it."""
    found = configuration.options_in_effect(posthog._assigned_options()).get(name)  # noqa: SLF001 - a function of ours
    return found.value if found is not None else None


def _host() -> str:
    return _option("host") or "https://us.i.posthog.com"


def _is_local(host: str) -> bool:
    try:
        return urlsplit(host).hostname in _LOCAL
    except ValueError:
        return False


CHECKS = (check_middleware, check_cors, check_debug)
DEPLOYMENT_CHECKS = (check_host,)
