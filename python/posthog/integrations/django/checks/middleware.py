"""Checks of the settings of the middleware."""

from collections.abc import Collection, Iterator
from inspect import iscoroutinefunction
from typing import Any, Final

import django.conf
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's names

from posthog.client import Client
from posthog.integrations.django import settings
from posthog.integrations.django.checks.given import given
from posthog.integrations.django.checks.hints import did_you_mean, shown
from posthog.integrations.django.paths import imported, is_path, problem_with_module, problem_with_path

_BOOLEANS: Final = (
    "POSTHOG_MW_CAPTURE_EXCEPTIONS",
    "POSTHOG_MW_CAPTURE_TRACING_HEADERS",
    "POSTHOG_MW_TRUST_TRACING_HEADERS",
    "POSTHOG_MW_CAPTURE_HTTP_ERRORS",
    "POSTHOG_MW_SEND_EMAIL",
    "POSTHOG_MW_IP_FROM_PEER",
    settings.CLIENT_IS_DEFAULT,
    settings.PROPAGATE_THREADS,
    "POSTHOG_DRF_AUTO",
)
#: Settings with an older name, the newer name first.
_PAIRS: Final = (
    settings.EXTRA_PROPERTIES,
    settings.PROPERTIES_MAP,
    ("POSTHOG_MW_CAPTURE_TRACING_HEADERS", "POSTHOG_MW_TRUST_TRACING_HEADERS"),
)
_CALLBACKS: Final = (*settings.REQUEST_FILTER, *settings.EXTRA_PROPERTIES, *settings.PROPERTIES_MAP)


def check_callbacks(**_options: Any) -> Iterator[CheckMessage]:
    """Yield the callbacks that cannot be called."""
    for name, value in given(*_CALLBACKS):
        problem = problem_with_path(value) if is_path(value) else None
        if problem is not None:
            yield Error(f"{name}: {problem}.", hint="Write the dotted path of a function.", id="posthog.E002")
        elif not is_path(value) and not callable(value):
            yield Error(
                f"{name} must be a function or the dotted path of one, not {shown(value)}: it is ignored.",
                hint="Give the function itself, without calling it, or its path as a string.",
                id="posthog.E001",
            )
        elif iscoroutinefunction(imported(value)) and not getattr(django.conf.settings, "ASGI_APPLICATION", None):
            yield Warning(
                f"{name} is asynchronous, and the site has no ASGI_APPLICATION: each call starts an event loop.",
                hint="Write it as an ordinary function.",
                id="posthog.W008",
            )


def check_booleans(**_options: Any) -> Iterator[CheckMessage]:
    """Yield the switches that are neither on nor off."""
    for name, value in given(*_BOOLEANS):
        if not isinstance(value, bool):
            yield Error(
                f"{name} must be True, False or None, not {shown(value)}.",
                hint="A value from the environment is a string: compare it, as in os.environ.get(...) == '1'.",
                id="posthog.E003",
            )


def check_client(**_options: Any) -> Iterator[CheckMessage]:
    """Yield what is wrong with the clients of the middleware and of REST views, which are not made for that."""
    for name, value in given("POSTHOG_MW_CLIENT", "POSTHOG_DRF_CLIENT"):
        if is_path(value):
            problem = problem_with_module(value)
            if problem is not None:
                yield Error(f"{name}: {problem}.", hint="Write the dotted path of a client.", id="posthog.E002")
        elif not isinstance(value, Client) and not callable(value):
            yield Error(
                f"{name} must be a client, a function that returns one, or a dotted path, not {shown(value)}:"
                " it is ignored.",
                hint='Write Posthog("phc_..."), or remove the setting.',
                id="posthog.E004",
            )


def check_default_client(**_options: Any) -> Iterator[CheckMessage]:
    """Yield that there is no client to take the global one's place."""
    is_on = settings.value_of(settings.CLIENT_IS_DEFAULT) is True
    if is_on and settings.value_of("POSTHOG_MW_CLIENT") is None:
        yield Warning(
            f"{settings.CLIENT_IS_DEFAULT} is on, and POSTHOG_MW_CLIENT names no client: it has no effect.",
            hint="Set POSTHOG_MW_CLIENT, or remove it.",
            id="posthog.W009",
        )


def check_statuses(**_options: Any) -> Iterator[CheckMessage]:
    """Yield what is wrong with the statuses whose exceptions are reported."""
    for name, value in given("POSTHOG_MW_CAPTURE_STATUS"):
        if value != "all" and not _is_status(value) and not _are_statuses(value):
            yield Error(
                f'{name} must be a status, a collection of them or "all", not {shown(value)}.',
                hint="Server errors are range(500, 600).",
                id="posthog.E005",
            )


def check_ignored_exceptions(**_options: Any) -> Iterator[CheckMessage]:
    """Yield what is among the exceptions never to report, and is none."""
    name = "POSTHOG_MW_IGNORE_EXCEPTIONS"
    for _, value in given(name):
        if not isinstance(value, list | tuple | set | frozenset):
            yield Error(
                f"{name} must be a list, not {shown(value)}: it is ignored.",
                hint="Write a list of exception classes or of their dotted paths.",
                id="posthog.E006",
            )
            continue
        for item in value:
            found = imported(item)
            if not (isinstance(found, type) and issubclass(found, BaseException)):
                yield Error(
                    f"{name} holds {shown(item)}, which is neither an exception class nor the path of one.",
                    hint="Correct or remove it: without effect, it hides nothing.",
                    id="posthog.E006",
                )


def check_pairs(**_options: Any) -> Iterator[CheckMessage]:
    """Yield the settings that are given under both of their names."""
    for newer, older in _PAIRS:
        values = dict(given(newer, older))
        if len(values) > 1 and values[newer] != values[older]:
            yield Warning(
                f"{newer} and {older} are one setting under two names, with different values: {newer} counts.",
                hint=f"Remove {older}.",
                id="posthog.W001",
            )


def check_names(**_options: Any) -> Iterator[CheckMessage]:
    """Yield the settings that look like the middleware's, and mean nothing to it."""
    for name in dir(django.conf.settings):
        if name.startswith(settings.PREFIX) and name not in settings.OPTION_OF:
            yield Warning(
                f"{name} is unknown: it is ignored.",
                hint=did_you_mean(name, settings.OPTION_OF) or "Remove it.",
                id="posthog.W002",
            )


def _is_status(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_statuses(value: Any) -> bool:
    if not isinstance(value, Collection) or isinstance(value, str | bytes | dict):
        return False
    return all(_is_status(status) for status in value)


CHECKS = (
    check_callbacks,
    check_booleans,
    check_client,
    check_default_client,
    check_statuses,
    check_ignored_exceptions,
    check_pairs,
    check_names,
)
