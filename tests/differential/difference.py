"""A difference between two packages that is listed, with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Difference(NamedTuple):
    """What differs for one reason: in each of these scenarios, at each of these paths, official and our value."""

    reason: str
    scenarios: tuple[str, ...]
    values: dict[str, tuple[Any, Any]]


def listed(differences: Iterable[Difference]) -> list[tuple[tuple[str, str], list[Any]]]:
    """Return, for each scenario and path, the two values that are expected there."""
    return [
        ((scenario, path), list(values))
        for difference in differences
        for scenario in difference.scenarios
        for path, values in difference.values.items()
    ]
