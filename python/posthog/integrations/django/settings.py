"""The `POSTHOG_MW_*` settings: read when the middleware is made, and again when a test overrides one."""

import warnings
import weakref
from collections.abc import Callable, Collection, Container, Mapping
from typing import Any, Final, NamedTuple, Protocol

import django.conf
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from posthog.client import Client
from posthog.integrations.django.callbacks import tell_once
from posthog.integrations.django.identity import RESOLVE_USER, policy_of
from posthog.integrations.django.ids import SOURCES_SETTING, sources_of
from posthog.integrations.django.paths import callback_at, client_of, is_path
from posthog.integrations.django.privacy import QUERY_STRING, Privacy, privacy_of
from posthog.integrations.django.user_fields import USER_ID, UserFields, user_fields_of

PREFIX: Final = "POSTHOG_MW_"

REQUEST_FILTER: Final = ("POSTHOG_MW_REQUEST_FILTER",)
#: Each property-named setting has an older name; the newer wins as soon as it exists, even with ``None`` in it.
EXTRA_PROPERTIES: Final = ("POSTHOG_MW_EXTRA_PROPERTIES", "POSTHOG_MW_EXTRA_TAGS")
PROPERTIES_MAP: Final = ("POSTHOG_MW_PROPERTIES_MAP", "POSTHOG_MW_TAG_MAP")

CLIENT_IS_DEFAULT: Final = "POSTHOG_MW_CLIENT_IS_DEFAULT"
PROPAGATE_THREADS: Final = "POSTHOG_MW_PROPAGATE_THREADS"

#: What `POSTHOG_MW_CAPTURE_STATUS` means by ``"all"``: whatever a view raises, as the official package reports it.
EVERY_STATUS: Final = range(1000)
SERVER_ERRORS: Final = range(500, 600)

_MISSING: Final = object()


class Configurable(Protocol):
    """Something that takes the settings as attributes."""

    def apply_settings(self, changed: str | None = None) -> None:
        """Take over what is in the settings now: all of it, or what the setting *changed* decides."""


class Options(NamedTuple):
    """The settings with their types checked; a value of a wrong type counts as the default."""

    client: Client | None
    client_is_default: bool
    capture_exceptions: bool | None
    capture_tracing_headers: bool
    request_filter: Callable[..., Any] | None
    extra_properties: Callable[..., Any] | None
    properties_map: Callable[..., Any] | None
    capture_status: Container[int]
    ignore_exceptions: tuple[type[BaseException], ...]
    capture_http_errors: bool
    distinct_id_source: tuple[str, ...]
    resolve_user: str | bool
    user_fields: UserFields
    privacy: Privacy
    propagate_threads: bool


#: Which option each setting decides.
OPTION_OF: Final[Mapping[str, str]] = {
    "POSTHOG_MW_CLIENT": "client",
    CLIENT_IS_DEFAULT: "client_is_default",
    "POSTHOG_MW_CAPTURE_EXCEPTIONS": "capture_exceptions",
    "POSTHOG_MW_CAPTURE_TRACING_HEADERS": "capture_tracing_headers",
    "POSTHOG_MW_TRUST_TRACING_HEADERS": "capture_tracing_headers",
    "POSTHOG_MW_REQUEST_FILTER": "request_filter",
    "POSTHOG_MW_EXTRA_PROPERTIES": "extra_properties",
    "POSTHOG_MW_EXTRA_TAGS": "extra_properties",
    "POSTHOG_MW_PROPERTIES_MAP": "properties_map",
    "POSTHOG_MW_TAG_MAP": "properties_map",
    "POSTHOG_MW_CAPTURE_STATUS": "capture_status",
    "POSTHOG_MW_IGNORE_EXCEPTIONS": "ignore_exceptions",
    "POSTHOG_MW_CAPTURE_HTTP_ERRORS": "capture_http_errors",
    SOURCES_SETTING: "distinct_id_source",
    RESOLVE_USER: "resolve_user",
    USER_ID: "user_fields",
    "POSTHOG_MW_SEND_EMAIL": "user_fields",
    "POSTHOG_MW_TRUSTED_PROXIES": "privacy",
    "POSTHOG_MW_IP_FROM_PEER": "privacy",
    QUERY_STRING: "privacy",
    PROPAGATE_THREADS: "propagate_threads",
}

_configured: "weakref.WeakSet[Configurable]" = weakref.WeakSet()
#: What is to be done when the settings of these names change.
_followers: dict[str, Callable[[Any], None]] = {}


def read_options() -> Options:
    """Return the options that `django.conf.settings` holds at this moment."""
    capture_exceptions = _setting("POSTHOG_MW_CAPTURE_EXCEPTIONS")
    return Options(
        client=client_of("POSTHOG_MW_CLIENT", _setting("POSTHOG_MW_CLIENT")),
        client_is_default=_setting(CLIENT_IS_DEFAULT) is True,
        capture_exceptions=capture_exceptions if isinstance(capture_exceptions, bool | None) else True,
        capture_tracing_headers=_tracing_headers(),
        request_filter=_callback(REQUEST_FILTER),
        extra_properties=_callback(EXTRA_PROPERTIES),
        properties_map=_callback(PROPERTIES_MAP),
        capture_status=_statuses(_setting("POSTHOG_MW_CAPTURE_STATUS")),
        ignore_exceptions=_exception_types(_setting("POSTHOG_MW_IGNORE_EXCEPTIONS")),
        capture_http_errors=_setting("POSTHOG_MW_CAPTURE_HTTP_ERRORS") is True,
        distinct_id_source=sources_of(_setting(SOURCES_SETTING)),
        resolve_user=policy_of(_setting(RESOLVE_USER)),
        user_fields=user_fields_of(_setting(USER_ID), _setting("POSTHOG_MW_SEND_EMAIL")),
        privacy=privacy_of(
            trusted_proxies=_setting("POSTHOG_MW_TRUSTED_PROXIES"),
            ip_from_peer=_setting("POSTHOG_MW_IP_FROM_PEER"),
            query_string=_setting(QUERY_STRING),
        ),
        propagate_threads=_setting(PROPAGATE_THREADS) is True,
    )


def name_in_use(names: tuple[str, ...]) -> str:
    """Return the name, of the newer and the older one, that the site has given its setting."""
    return next((name for name in names if _setting(name) is not _MISSING), names[0])


def keep_current(configurable: Configurable) -> None:
    """Tell *configurable* whenever one of our settings is overridden, for as long as it lives."""
    _configured.add(configurable)
    _watch()


def follow(setting: str, act: Callable[[Any], None]) -> None:
    """Call *act* with the value of *setting*, `None` if it has none: now, and whenever a test overrides it.

    For what belongs to the process, not to a middleware; a second follower of one setting takes the first one's place.
    """
    _followers[setting] = act
    _watch()
    act(value_of(setting))


def value_of(setting: str) -> Any:
    """Return what the site has given *setting*; `None` if nothing."""
    value = _setting(setting)
    return None if value is _MISSING else value


def _watch() -> None:
    setting_changed.connect(_on_setting_changed, dispatch_uid="posthog.integrations.django.settings")


def _on_setting_changed(*, setting: str, **_signal: object) -> None:
    if setting in _followers:
        _followers[setting](value_of(setting))
    if setting.startswith(PREFIX):
        for configurable in list(_configured):
            configurable.apply_settings(setting)


def _setting(name: str) -> Any:
    site = django.conf.settings
    return getattr(site, name) if hasattr(site, name) else _MISSING


def _callback(names: tuple[str, ...]) -> Callable[..., Any] | None:
    value = _setting(name_in_use(names))
    if is_path(value):
        return callback_at(value)
    return value if callable(value) else None


def _tracing_headers() -> bool:
    value = _setting("POSTHOG_MW_CAPTURE_TRACING_HEADERS")
    older = _setting("POSTHOG_MW_TRUST_TRACING_HEADERS")
    if older is not _MISSING and older is not None:
        message = "POSTHOG_MW_TRUST_TRACING_HEADERS is deprecated; use POSTHOG_MW_CAPTURE_TRACING_HEADERS"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        if value is _MISSING or value is None:
            value = older
    if value is _MISSING or value is None:
        return True
    return value is True


def _statuses(value: object) -> Container[int]:
    if isinstance(value, str) and value == "all":
        return EVERY_STATUS
    if isinstance(value, int) and not isinstance(value, bool):
        return frozenset((value,))
    # An iterator would be empty when the next middleware reads the setting.
    if isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping):
        return frozenset(status for status in value if isinstance(status, int))
    return SERVER_ERRORS


def _exception_types(value: object) -> tuple[type[BaseException], ...]:
    if not isinstance(value, list | tuple | set | frozenset):
        return ()
    found = (_exception_type(item) for item in value)
    return tuple(kind for kind in found if kind is not None)


def _exception_type(item: object) -> type[BaseException] | None:
    if isinstance(item, str):
        try:
            item = import_string(item)
        except Exception:
            item = None
    if isinstance(item, type) and issubclass(item, BaseException):
        return item
    setting = "POSTHOG_MW_IGNORE_EXCEPTIONS"
    tell_once(setting, "%s holds something that is neither an exception class nor the path of one", setting)
    return None
