"""Checks of the settings about visitors: who they are, and what of their requests leaves the site."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.core.checks import CheckMessage, Error

from posthog.integrations.django.checks.given import given
from posthog.integrations.django.checks.hints import did_you_mean, shown
from posthog.integrations.django.identity import NEVER, POLICIES, RESOLVE_USER
from posthog.integrations.django.ids import SOURCES, SOURCES_SETTING
from posthog.integrations.django.paths import is_path, problem_with_path
from posthog.integrations.django.privacy import QUERY_STRING, QUERY_WORDS
from posthog.integrations.django.user_fields import USER_ID


def check_sources(**_options: Any) -> Iterator[CheckMessage]:
    """Yield the sources of ids that are none."""
    for name, value in given(SOURCES_SETTING):
        named = (value,) if isinstance(value, str) else value
        unknown = [source for source in named if source not in SOURCES] if isinstance(named, list | tuple) else None
        if unknown is None or unknown or not named:
            suggestions = (did_you_mean(source, SOURCES) for source in unknown or () if isinstance(source, str))
            yield Error(
                f"{name} must name some of {', '.join(SOURCES)}, not {shown(value)}.",
                hint=next(filter(None, suggestions), f"Write {SOURCES!r}, in the order in which they count."),
                id="posthog.E009",
            )


def check_user_id(**_options: Any) -> Iterator[CheckMessage]:
    """Yield that nothing of a user can be their id."""
    for name, value in given(USER_ID):
        problem = problem_with_path(value) if is_path(value) else None
        if problem is not None:
            yield Error(f"{name}: {problem}.", hint="Write the dotted path of a function.", id="posthog.E002")
            continue
        is_name = isinstance(value, str) and (is_path(value) or value.isidentifier())
        if not (is_name or callable(value)):
            yield Error(
                f"{name} must be an attribute of users or a function of them, not {shown(value)}.",
                hint='Write "pk", the name of another attribute, or a function that returns the id.',
                id="posthog.E010",
            )


def check_policy(**_options: Any) -> Iterator[CheckMessage]:
    """Yield that the setting does not say when users are looked up."""
    for name, value in given(RESOLVE_USER):
        if value is not NEVER and not (isinstance(value, str) and value in POLICIES):
            words = [word for word in POLICIES if isinstance(word, str)]
            suggestion = did_you_mean(value, words) if isinstance(value, str) else None
            yield Error(
                f'{name} must be "lazy", "loaded", "eager" or False, not {shown(value)}: users are looked up lazily.',
                hint=suggestion or 'Remove it for "lazy": when something is captured.',
                id="posthog.E016",
            )


def check_query_string(**_options: Any) -> Iterator[CheckMessage]:
    """Yield that the setting does not say what of the query string is kept."""
    for name, value in given(QUERY_STRING):
        is_word = isinstance(value, str)
        if not (value in QUERY_WORDS if is_word else _are_names(value)):
            yield Error(
                f'{name} must be "keep", "drop", "all" or a collection of names, not {shown(value)}.',
                hint=(did_you_mean(value, QUERY_WORDS) if is_word else None)
                or 'A single name is written as a list: ["page"].',
                id="posthog.E011",
            )


def check_proxies(**_options: Any) -> Iterator[CheckMessage]:
    """Yield what is no number of proxies."""
    for name, value in given("POSTHOG_MW_TRUSTED_PROXIES"):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            yield Error(
                f"{name} must be a whole number from 0, not {shown(value)}: it is ignored.",
                hint="Count the proxies in front of the site that append to X-Forwarded-For.",
                id="posthog.E012",
            )


def _are_names(value: object) -> bool:
    if not isinstance(value, Collection) or isinstance(value, bytes | Mapping):
        return False
    return all(isinstance(name, str) for name in value)


CHECKS = (check_sources, check_policy, check_user_id, check_query_string, check_proxies)
