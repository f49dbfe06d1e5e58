"""Checks of the settings about what is no request: commands and test runs."""

import os
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error

from posthog import _test_mode
from posthog.integrations.django.checks.given import given
from posthog.integrations.django.checks.hints import shown


def check_test_mode(**_options: Any) -> Iterator[CheckMessage]:
    """Yield that nobody knows whether events of tests are to be sent."""
    name = _test_mode.SETTING
    places = {f"{name} in the environment": os.environ.get(name) or None, name: dict(given(name)).get(name)}
    for place, value in places.items():
        if value is not None and value not in (_test_mode.BLOCK, _test_mode.OFF):
            yield Error(
                f'{place} must be "block" or "off", not {shown(value)}: it is ignored.',
                hint="Remove it: in a test run nothing is sent anyway.",
                id="posthog.E013",
            )


def check_commands(**_options: Any) -> Iterator[CheckMessage]:
    """Yield that nobody knows which commands have a context, or how long they wait at their end."""
    for name, value in given("POSTHOG_COMMAND_CONTEXT"):
        is_collection = isinstance(value, list | tuple | set | frozenset)
        if not isinstance(value, bool) and not (is_collection and all(isinstance(item, str) for item in value)):
            yield Error(
                f"{name} must be True, False or a list of names, not {shown(value)}.",
                hint='A single command is written as a list: ["import_orders"].',
                id="posthog.E014",
            )
    for name, value in given("POSTHOG_COMMAND_FLUSH_TIMEOUT"):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not 0 <= value < float("inf"):
            yield Error(
                f"{name} must be a number of seconds from 0, not {shown(value)}: it is 10.",
                hint="0 leaves it to the exit of the process.",
                id="posthog.E015",
            )


CHECKS = (check_test_mode, check_commands)
