"""Checks of the settings that describe the global client."""

from collections.abc import Iterator, Mapping
from typing import Any

import django.conf
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's names

from posthog.integrations.django import configuration, settings
from posthog.integrations.django.checks.hints import did_you_mean, shown
from posthog.integrations.django.paths import is_path, problem_with_path

#: How the keys begin that belong to a person, not to a project.
PERSONAL = "phx_"


def check_options(**_options: Any) -> Iterator[CheckMessage]:
    """Yield what is wrong with the values of `POSTHOG` and of `POSTHOG_...`."""
    value = getattr(django.conf.settings, configuration.TABLE, None)
    if value is not None and not isinstance(value, Mapping):
        yield Error(
            f"POSTHOG must be a dict, not {shown(value)}: it is ignored.",
            hint='Write POSTHOG = {"API_KEY": "phc_...", "HOST": "https://eu.i.posthog.com"}.',
            id="posthog.E007",
        )
    for name, found in configuration.site_options().items():
        expected = configuration.problem_with(name, found.value)
        if expected is not None:
            yield Error(
                f"{found.source} must be {expected}, not {shown(found.value)}: it is ignored.",
                hint="Correct the value, or remove it to get the default.",
                id="posthog.E007",
            )
        elif name in ("before_send", "on_error") and is_path(found.value):
            problem = problem_with_path(found.value)
            if problem is not None:
                yield Error(
                    f"{found.source}: {problem}.", hint="Write the dotted path of a function.", id="posthog.E002"
                )


def check_keys(**_options: Any) -> Iterator[CheckMessage]:
    """Yield what is wrong with the project's key."""
    options = configuration.site_options()
    key = options.get(configuration.KEY)
    if key is None or not isinstance(key.value, str):
        return
    personal = {options[name].value for name in ("personal_api_key", "secret_key") if name in options}
    if key.value.strip().startswith(PERSONAL) or key.value in personal:
        yield Error(
            f"{key.source} holds a personal API key: no event is accepted with it, and it opens your account.",
            hint='Use the project API key, which begins with "phc_", and keep the personal one out of the settings.',
            id="posthog.E008",
        )


#: Settings that other modules of the package read.
OF_OTHERS = (
    "POSTHOG_COMMAND_CONTEXT",
    "POSTHOG_COMMAND_FLUSH_TIMEOUT",
    "POSTHOG_DRF_AUTO",
    "POSTHOG_DRF_CLIENT",
    "POSTHOG_TEST_MODE",
)


def check_names(**_options: Any) -> Iterator[CheckMessage]:
    """Yield the keys of `POSTHOG` that mean nothing, and settings that are probably misspelt."""
    known = [name.removeprefix("POSTHOG_") for name in configuration.OPTION_OF]
    for name in configuration.table():
        if configuration.option_of(name) is None:
            yield Warning(
                f"POSTHOG[{name!r}] is unknown: it is ignored.",
                hint=did_you_mean(str(name).upper(), known) or f"The keys are {', '.join(sorted(known))}.",
                id="posthog.W003",
            )
    names = [*configuration.OPTION_OF, configuration.TABLE, *settings.OPTION_OF, *OF_OTHERS]
    for name in dir(django.conf.settings):
        is_ours = name in names or name.startswith(settings.PREFIX)
        if name.startswith(configuration.TABLE) and not is_ours:
            hint = did_you_mean(name, names, cutoff=0.85)
            if hint:
                yield Warning(f"{name} is no setting of posthog: it is ignored.", hint=hint, id="posthog.W003")


CHECKS = (check_options, check_keys, check_names)
