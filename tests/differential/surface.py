"""What two packages offer to programs, as it is compared."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INTROSPECT = Path(__file__).with_name("introspect.py")

#: In the order in which a name belongs to the first module that has it; the later ones import it.
MODULES = (
    "posthog.version",
    "posthog.args",
    "posthog.types",
    "posthog.capture_mode",
    "posthog.capture_compression",
    "posthog.request",
    "posthog.exception_utils",
    "posthog.bucketed_rate_limiter",
    "posthog.exception_capture",
    "posthog.utils",
    "posthog.contexts",
    "posthog.client",
    "posthog.integrations.django",
    "posthog.integrations.drf",
    "posthog.integrations.asgi",
    "posthog.integrations.flask",
    "posthog.integrations.celery",
    "posthog",
)

#: Private names that other packages and tests use all the same.
USED_ALL_THE_SAME = {
    "posthog._proxy",
    "posthog.contexts._get_current_context",
    "posthog.contexts._default_capture_exceptions",
    "posthog.request._get_session",
    "posthog.exception_utils._looks_like_secret",
}


def offered(python: Path, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the `posthog` of *python* offers of what is wanted."""
    ended = subprocess.run(
        [python, INTROSPECT], input=json.dumps(wanted), check=False, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


def public(said: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return, by module, what of it is for programs: what is not private, and at home there."""
    homes: dict[str, Any] = {}
    found = {}
    for module in MODULES:
        names = said["modules"][module].get("names", {})
        found[module] = {
            name: value if module != "posthog" else {**value, "members": {}}  # they are looked at where they are made
            for name, value in names.items()
            if (not name.startswith("_") or f"{module}.{name}" in USED_ALL_THE_SAME)
            and (module == "posthog" or homes.get(name) != value or value["kind"] not in ("constant", "type"))
        }
        homes |= names
    return found


def missing_and_different(official: Any, ours: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield every place in which ours offers less than the official package, or another thing, with both values."""
    if ours is None:
        yield path, "there", "missing"
        return
    for what in ("kind", "type", "value", "async", "values", "fields", "is text", "is exception"):
        if what in official and official[what] != ours.get(what):
            yield f"{path} ({what})", official[what], ours.get(what)
    if official.get("parameters") is not None and not takes_as_much(official["parameters"], ours.get("parameters")):
        yield f"{path} (parameters)", official["parameters"], ours.get("parameters")
    for name, member in official.get("members", {}).items():
        yield from missing_and_different(member, ours.get("members", {}).get(name), f"{path}.{name}")


def takes_as_much(official: list[Any], ours: list[Any] | None) -> bool:
    """Return whether every call that suits the official parameters means the same with ours.

    Ours may have more: keyword parameters with defaults, behind the others.
    """
    if ours is None:
        return False
    added = [each for each in ours if each not in official]
    kept = [each for each in ours if each in official]
    return kept == official and all(kind == "KEYWORD_ONLY" and default != "<required>" for _, kind, default in added)


def stands_for(name: str, place: str) -> bool:
    """Return whether an entry of a list means this place; a star at its end stands for whatever begins so."""
    return place.startswith(name[:-1]) if name.endswith("*") else place == name
