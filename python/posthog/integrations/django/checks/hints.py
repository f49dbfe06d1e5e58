"""The words of the checks."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 60


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the question for the known name that is most like *name*, if one is."""
    matches = get_close_matches(name, known, n=1, cutoff=cutoff)
    return f"Did you mean {matches[0]}?" if matches else None


def shown(value: object) -> str:
    """Return *value* as it stands in the settings, as far as it fits into a sentence."""
    text = repr(value)
    return text if len(text) <= _LONGEST else f"a {type(value).__name__}"
