"""Which of the ids that a request offers names its visitor, as the site's settings say."""

from typing import Final

from posthog.integrations.django.callbacks import tell_once

SOURCES_SETTING: Final = "POSTHOG_MW_DISTINCT_ID_SOURCE"
#: Where the id of a person comes from: the first of them that has a usable one.
SOURCES: Final = ("header", "user")


def sources_of(value: object) -> tuple[str, ...]:
    """Return the sources that the setting names, in its order; all of them, in ours, if it names none."""
    named = (value,) if isinstance(value, str) else value
    if not isinstance(named, tuple | list):
        return SOURCES
    for name in named:
        if name not in SOURCES:
            tell_once(SOURCES_SETTING, "%s names %r, which is none of %s", SOURCES_SETTING, name, SOURCES)
    return tuple(name for name in named if name in SOURCES) or SOURCES
