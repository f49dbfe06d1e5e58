"""What a run of the site put on the wire, in a form that two runs can be compared in."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

#: In place of what one side does not have.
ABSENT = "<absent>"
#: In place of a whole event, or another large thing, that only one side has.
PRESENT = "<present>"

_TOO_OWN = {"timestamp": "<time>", "uuid": "<uuid>", "$lib_version": "<version>"}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AGENT = re.compile(r"^posthog-python/\S+$")
#: How ids begin that a scenario has chosen.
_CHOSEN = "00000000-0000-0000-0000-"


class Names:
    """Gives random ids names: equal ones the same, so that who is who stays visible."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def of(self, text: str) -> str:
        if text.startswith(_CHOSEN):
            return text
        return self._known.setdefault(text, f"<generated {len(self._known) + 1}>")

    def give(self, text: str, name: str) -> None:
        """Let an id have a name of its own, unless it has one."""
        if not text.startswith(_CHOSEN):
            self._known.setdefault(text, f"<{name}>")


def normalised(value: Any, folders: Mapping[str, str], names: Names, too_own: Mapping[str, str] = _TOO_OWN) -> Any:
    """Return *value* with what differs from run to run, or from machine to machine, replaced by its name.

    The values under the names of *too_own* are not looked at.
    """
    if isinstance(value, dict):
        return {key: _normalised_item(key, inner, folders, names, too_own) for key, inner in value.items()}
    if isinstance(value, list):
        return [normalised(inner, folders, names, too_own) for inner in value]
    if isinstance(value, str):
        for folder, name in folders.items():
            value = value.replace(folder, name)
        return _UUID.sub(lambda found: names.of(found[0]), value)
    return value


def _normalised_item(key: str, value: Any, folders: Mapping[str, str], names: Names, too_own: Mapping[str, str]) -> Any:
    if key in too_own:
        return too_own[key]
    value = normalised(value, folders, names, too_own)
    if key == "$context_tags" and isinstance(value, list):  # a set: its order says nothing
        return {each if isinstance(each, str) else f"{each!r}, no text": True for each in value}
    if key == "frames" and isinstance(value, list):  # by function, so that one more caller is one difference
        functions = numbered(value, lambda frame: f"{frame['module']}.{frame['function']}")
        return {**functions, "failing": next(reversed(functions), None)}
    return value


def numbered(things: Iterable[dict[str, Any]], name_of: Callable[[dict[str, Any]], str]) -> dict[str, dict[str, Any]]:
    """Return *things*, in their order, by name and how many of that name there were: ``seen 1``, ``seen 2``."""
    seen: Counter[str] = Counter()
    found = {}
    for thing in things:
        name = name_of(thing)
        seen[name] += 1
        found[f"{name} {seen[name]}"] = thing
    return found


def envelope(request: Any) -> dict[str, Any]:
    """Return what there is of a request beside its events."""
    wanted = ("content-type", "user-agent", "authorization", "content-encoding")
    headers = {name: _AGENT.sub("posthog-python/<version>", request.headers.get(name, ABSENT)) for name in wanted}
    rest = {key: "<time>" if key == "sent_at" else value for key, value in request.body.items() if key != "batch"}
    return {"path": request.path, "headers": headers, "body": rest}


def compared(official: dict[str, Any], ours: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield path and both values of everything in which two outcomes of a scenario differ."""
    for part in ("answer", "events"):
        yield from differences(official[part], ours[part], part)
    common = official["events"].keys() & ours["events"].keys()
    orders = [[name for name in side["events"] if name in common] for side in (official, ours)]
    yield from differences(*orders, "order")
    if common:  # who sends no events sends no request either
        yield from differences(official["requests"], ours["requests"], "requests")


def differences(official: Any, ours: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield path and both values of everything that *official* and *ours* do not agree on."""
    if isinstance(official, dict) and isinstance(ours, dict):
        for key in sorted({*official, *ours}, key=str):
            below = f"{path}.{key}" if path else key
            yield from differences(official.get(key, ABSENT), ours.get(key, ABSENT), below)
    elif isinstance(official, list) and isinstance(ours, list) and len(official) == len(ours):
        for place, pair in enumerate(zip(official, ours, strict=True)):
            yield from differences(*pair, f"{path}[{place}]")
    elif type(official) is not type(ours) or official != ours:
        yield path, _brief(official), _brief(ours)


def _brief(value: Any) -> Any:
    return PRESENT if isinstance(value, dict | list) and value else value


def folders_of(python: Path, site: Path) -> dict[str, str]:
    """Return the folders that frames may name, the longest first."""
    (packages,) = (python.parents[1] / "lib").glob("python*/site-packages")
    return {str(packages): "<packages>", str(site): "<site>"}
