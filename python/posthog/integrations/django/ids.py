"""Which texts can name a person or a visit."""

import re
from typing import Final

from posthog.integrations.django.callbacks import tell_once

SOURCES_SETTING: Final = "POSTHOG_MW_DISTINCT_ID_SOURCE"
#: Where the id of a person comes from: the first of them that has a usable one.
SOURCES: Final = ("header", "user")

#: The official clients cut ids to this length too, so both ends name a person alike.
MAX_ID_LENGTH: Final = 1000

_CONTROL_CHARACTERS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")

#: What programs send for somebody they do not know. Everybody they do not know would become one person.
_PLACEHOLDERS_IN_ANY_CASE: Final = frozenset(
    (
        "anonymous",
        "guest",
        "distinctid",
        "distinct_id",
        "id",
        "not_authenticated",
        "email",
        "undefined",
        "true",
        "false",
    )
)
_PLACEHOLDERS: Final = frozenset(("", "[object Object]", "NaN", "None", "none", "null", "0"))


def cleaned_id(value: object) -> str | None:
    """Return *value* without control characters, trimmed and cut; ``None`` when nothing usable is left."""
    if not isinstance(value, str):
        return None
    clean = value if value.isprintable() else _CONTROL_CHARACTERS.sub("", value)
    return clean.strip()[:MAX_ID_LENGTH] or None


def usable_id(value: object) -> str | None:
    """Return *value* cleaned, if it can be the id of one person: ``None`` for ``undefined`` and its like."""
    clean = cleaned_id(value)
    return None if clean is None or _is_placeholder(clean) else clean


def usable_header_id(value: object) -> str | None:
    """Return the id in a header, which servers join with commas when it was sent repeatedly.

    An id may hold a comma itself, and half an id could be the id of somebody else. So the text is taken as a whole
    unless it shows that it is none: because all its parts are equal, or because one of them can be nobody's id. Then
    the first usable part counts.
    """
    whole = usable_id(value)
    if whole is None or not isinstance(value, str) or "," not in value:
        return whole
    parts = [usable_id(part) for part in value.split(",")]
    if None in parts or len(set(parts)) == 1:
        return next((part for part in parts if part is not None), None)
    return whole


def sources_of(value: object) -> tuple[str, ...]:
    """Return the sources that the setting names, in its order; all of them, in ours, if it names none."""
    named = (value,) if isinstance(value, str) else value
    if not isinstance(named, tuple | list):
        return SOURCES
    for name in named:
        if name not in SOURCES:
            tell_once(SOURCES_SETTING, "%s names %r, which is none of %s", SOURCES_SETTING, name, SOURCES)
    return tuple(name for name in named if name in SOURCES) or SOURCES


def _is_placeholder(text: str) -> bool:
    if len(text) > 1 and text[0] in "'\"" and text[0] == text[-1]:
        text = text[1:-1].strip()
    return text in _PLACEHOLDERS or text.lower() in _PLACEHOLDERS_IN_ANY_CASE
