"""The events that a test has seen, and what it says about them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from posthog import _interception

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from posthog.args import ID_TYPES

_MOST_LISTED = 20
_MOST_SHOWN = 80
_NEAR = 0.6


class CapturedEvents(list[dict[str, Any]]):
    """The events of a :class:`posthog.testing.capture_events` block, as dicts, in the order in which they were built.

    Each has ``event``, ``distinct_id``, ``properties``, ``timestamp`` and ``uuid``, as it would be sent.
    """

    @property
    def exceptions(self) -> list[dict[str, Any]]:
        """The captured exceptions."""
        return self.named("$exception")

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the events called *name*."""
        return [event for event in self if event.get("event") == name]

    def assert_event(
        self, name: str, *, distinct_id: ID_TYPES | None = None, properties: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the first event that is as described, and fail if there is none.

        Args:
            name: What it is called.
            distinct_id: Whom it is about; anybody unless given.
            properties: What its properties must hold; they may hold more.

        """
        __tracebackhide__ = True
        expected = _Expected(name, None if distinct_id is None else str(distinct_id), properties or {})
        for event in self:
            if not any(expected.mismatches(event)):
                return event
        raise AssertionError("\n".join([f"no event {expected}", *self._listed(), *self._nearest(expected)]))

    def assert_no_events(self, name: str | None = None) -> None:
        """Fail if anything, or anything called *name*, was captured."""
        __tracebackhide__ = True
        unexpected = self if name is None else self.named(name)
        if unexpected:
            kind = "events" if name is None else f"{name!r} events"
            raise AssertionError("\n".join([f"no {kind} expected, but:", *self._listed()]))

    def _listed(self) -> Iterator[str]:
        if not self:
            yield "nothing was captured"
            disabled = _interception.disabled_clients()
            if disabled:
                yield f"({disabled} disabled client(s): capture_events(include_disabled=True) makes them capture)"
            return
        yield f"captured ({len(self)}):"
        for number, event in enumerate(self[:_MOST_LISTED], 1):
            properties = event.get("properties") or {}
            own = {key: value for key, value in properties.items() if not key.startswith("$")}
            yield f"  {number}. {event.get('event')!r} distinct_id={event.get('distinct_id')!r} {_short(own)}"
        if len(self) > _MOST_LISTED:
            yield f"  and {len(self) - _MOST_LISTED} more"

    def _nearest(self, expected: _Expected) -> Iterator[str]:
        """Say what is wrong with the event that is most like the expected one."""
        names = {str(event.get("event")) for event in self}
        near = difflib.get_close_matches(expected.name, names, n=1, cutoff=_NEAR)
        name = expected.name if expected.name in names else next(iter(near), None)
        alike = [(number, event) for number, event in enumerate(self, 1) if event.get("event") == name]
        if alike:
            number, event = min(alike, key=lambda pair: len(list(expected.mismatches(pair[1]))))
            yield f"nearest is {number}: {'; '.join(expected.mismatches(event))}"


class _Expected:
    """What a test expects of one event."""

    def __init__(self, name: str, distinct_id: str | None, properties: Mapping[str, Any]) -> None:
        self.name = name
        self._distinct_id = distinct_id
        self._properties = properties

    def mismatches(self, event: dict[str, Any]) -> Iterator[str]:
        """Say in what *event* is different."""
        if event.get("event") != self.name:
            yield f"its name is {event.get('event')!r}, not {self.name!r}"
        if self._distinct_id is not None and event.get("distinct_id") != self._distinct_id:
            yield f"distinct_id is {event.get('distinct_id')!r}, not {self._distinct_id!r}"
        properties = event.get("properties") or {}
        for key, value in self._properties.items():
            if key not in properties:
                yield f"property {key!r} is missing"
            elif properties[key] != value:
                yield f"property {key!r} is {_short(properties[key])}, not {_short(value)}"

    def __str__(self) -> str:
        words = [repr(self.name)]
        if self._distinct_id is not None:
            words.append(f"with distinct_id {self._distinct_id!r}")
        if self._properties:
            words.append(f"with properties {_short(dict(self._properties))}")
        return " ".join(words)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
