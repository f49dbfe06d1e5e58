"""The global client, as the site's settings and the environment describe it.

An option is what the program has assigned (`posthog.host = ...`), else what `POSTHOG = {"HOST": ...}` says, else the
setting `POSTHOG_HOST`, else the environment variable `POSTHOG_HOST`, which there is for key, host and `DISABLED` only.
"""

import inspect
import os
import weakref
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any, Final, NamedTuple

import django.conf
from django.core.signals import setting_changed

import posthog
from posthog._log import log
from posthog.client import Client
from posthog.integrations.django.paths import callback_at, is_path
from posthog.integrations.django.settings import PREFIX as MIDDLEWARE_PREFIX

KEY: Final = "project_api_key"
TABLE: Final = "POSTHOG"

_PARAMETERS: Final = {
    name: parameter
    for name, parameter in inspect.signature(Client.__init__).parameters.items()
    if name != "self" and not name.startswith("_")
}
#: The client's options and their defaults.
DEFAULTS: Final[Mapping[str, Any]] = {
    name: "" if name == KEY else parameter.default for name, parameter in _PARAMETERS.items()
}
#: What the options are called as settings, and which of them each one is.
OPTION_OF: Final[Mapping[str, str]] = {
    **{f"POSTHOG_{name.upper()}": name for name in DEFAULTS},
    "POSTHOG_API_KEY": KEY,
    "POSTHOG_JOURNAL": "journal_dir",
}
_ENVIRONMENT: Final = ("POSTHOG_PROJECT_API_KEY", "POSTHOG_API_KEY", "POSTHOG_HOST", "POSTHOG_DISABLED")
#: Options that are functions, and so may be named by their path.
_CALLBACKS: Final = ("before_send", "on_error")
_EXPECTED: Final[Mapping[str, tuple[str, tuple[type, ...]]]] = {
    "bool": ("True or False", (bool,)),
    "int": ("a whole number", (int,)),
    "float": ("a number", (int, float)),
    "str": ("a string", (str,)),
    "str | None": ("a string", (str, NoneType)),
    "dict[str, Any] | None": ("a dict", (dict, NoneType)),
    "list[str] | None": ("a list of strings", (list, NoneType)),
}

#: The client made last, as long as it lives: an override of the settings replaces it, and no other.
_made: "weakref.ref[Client] | None" = None


class Found(NamedTuple):
    """A value, and the place that gives it."""

    value: Any
    source: str


def install() -> None:
    """Have the module's client made as this module says, and made anew when a test overrides the settings.

    One that was made before knows nothing of the settings. It sends what it has, and another takes its place.
    """
    if posthog._make_client is not make_client:  # noqa: SLF001 - a door of ours
        posthog._make_client = make_client  # noqa: SLF001
        if posthog._made is not None and posthog.default_client is posthog._made():  # noqa: SLF001
            posthog.default_client = None
    setting_changed.connect(_on_setting_changed, dispatch_uid="posthog.integrations.django.configuration")


def make_client(**assigned: Any) -> Client:
    """Return a client of the options in effect; without a usable key, one that is disabled."""
    global _made  # noqa: PLW0603 - there is one global client
    found = options_in_effect(assigned)
    options = {name: _resolved(name, option.value) for name, option in found.items()}
    key = str(options.pop(KEY, "")).strip()
    if not key:
        options["disabled"] = True
        if django.conf.settings.DEBUG:
            log.warning('there is no project API key, neither in POSTHOG["API_KEY"] nor elsewhere: nothing is captured')
    try:
        client = Client(key, **options)
    except Exception:
        log.exception("the settings make no client: nothing is captured")
        client = Client("", disabled=True)
    _made = weakref.ref(client)
    return client


def made_last() -> Client | None:
    """Return the client that was made of the settings, as long as it lives."""
    return _made() if _made is not None else None


def options_in_effect(assigned: Mapping[str, Any]) -> dict[str, Found]:
    """Return the options that are set, those *assigned* by the program first; values of a wrong type are left out."""
    given = {name: Found(value, f"posthog.{name}") for name, value in assigned.items() if value != DEFAULTS[name]}
    usable = {name: found for name, found in site_options().items() if problem_with(name, found.value) is None}
    return {**usable, **given}


def site_options() -> dict[str, Found]:
    """Return the options that the settings or the environment give, right or wrong; `None` gives nothing."""
    site = django.conf.settings
    options = {OPTION_OF[name]: Found(value, f"environment {name}") for name, value in _environment()}
    for name, option in OPTION_OF.items():
        if getattr(site, name, None) is not None:
            options[option] = Found(getattr(site, name), name)
    for name, value in table().items():
        option_name = option_of(name)
        if option_name is not None and value is not None:
            options[option_name] = Found(value, f'{TABLE}["{name}"]')
    return options


def table() -> Mapping[Any, Any]:
    """Return the setting `POSTHOG`; an empty one if it is no dict."""
    value = getattr(django.conf.settings, TABLE, None)
    return value if isinstance(value, Mapping) else {}


def option_of(name: object) -> str | None:
    """Return the option that the key *name* of `POSTHOG` means, in capitals or not."""
    return OPTION_OF.get(f"POSTHOG_{name.upper()}") if isinstance(name, str) else None


def problem_with(option: str, value: Any) -> str | None:
    """Return what is expected of *option*, if *value* is something else."""
    if option in _CALLBACKS:
        return None if callable(value) or is_path(value) else "a function or the dotted path of one"
    expectation, types = _EXPECTED.get(str(_PARAMETERS[option].annotation), ("", ()))
    is_wrong = isinstance(value, bool) and bool not in types
    return expectation if types and (is_wrong or not isinstance(value, types)) else None


def _environment() -> Iterator[tuple[str, Any]]:
    for name in _ENVIRONMENT:
        value = os.environ.get(name, "").strip()
        if value:
            yield name, value.lower() in {"1", "true", "yes", "on"} if OPTION_OF[name] == "disabled" else value


def _resolved(option: str, value: Any) -> Any:
    return callback_at(value) if option in _CALLBACKS and isinstance(value, str) else value


def _on_setting_changed(*, setting: str, **_signal: object) -> None:
    if setting.startswith(TABLE) and not setting.startswith(MIDDLEWARE_PREFIX):
        client = made_last()
        if client is not None and posthog.default_client is client:
            posthog.default_client = None
