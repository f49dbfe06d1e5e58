"""Whatever a program hands over, wherever: nothing is raised, what arrives is JSON, and the neighbours arrive too."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from posthog import Posthog

from .arriving import Sink, strict
from .hostile import HOSTILE


@dataclasses.dataclass(frozen=True)
class Stand:
    """Stands for a hostile object while Hypothesis, which asks values questions of its own, has it."""

    name: str


def real(value: Any) -> Any:
    """Put hostile objects where they are stood for."""
    if isinstance(value, Stand):
        return HOSTILE[value.name]()
    if isinstance(value, list | tuple):
        return type(value)(real(inner) for inner in value)
    if isinstance(value, dict):
        return {key: real(inner) for key, inner in value.items()}
    return value


KEYS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None), max_size=20),
    st.binary(max_size=8),
    st.dates(),
    st.uuids(),
    st.complex_numbers(),
)
ANY = st.recursive(
    KEYS | st.decimals() | st.builds(Stand, st.sampled_from(sorted(HOSTILE))),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text(st.characters(codec=None), max_size=10)
OFTEN = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Door:
    """Clients of both wire formats, and what arrives of what they capture.

    The worker takes events of capture v1 apart with `serde_json`: what it could not read would not arrive there.
    """

    def __init__(self) -> None:
        self.sink = Sink()
        self.clients = [Posthog("phc_test", host=self.sink.url, capture_mode=mode) for mode in ("v0", "v1")]

    def through(self, *captures: Any) -> list[dict[str, Any]]:
        """Return the events of both clients that *captures* made, if any; their neighbours must arrive too."""
        return [event for client in self.clients for event in self._through(client, captures)]

    def _through(self, client: Posthog, captures: Any) -> list[dict[str, Any]]:
        uuids = [client.capture("before", distinct_id="u")]
        try:
            for capture in captures:
                uuids.append(capture(client))
                client.super_properties = None
                uuids.append(client.capture("after", distinct_id="u"))
        finally:
            client.flush()
            bodies = self.sink.take()
        assert None not in uuids[::2]
        arrived = {event["uuid"]: event for body in bodies for event in strict(body)["batch"]}
        assert list(arrived) == [uuid for uuid in uuids if uuid is not None]
        return [arrived[uuid] for uuid in uuids[1::2] if uuid is not None]

    def close(self) -> None:
        for client in self.clients:
            client.shutdown()
        self.sink.close()


@pytest.fixture(scope="module")
def door():
    opened = Door()
    yield opened
    opened.close()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_object_harms_no_event(door, name):
    make = HOSTILE[name]
    properties = {"value": make(), "within": [make()], "plan": "pro"}
    one, other = door.through(lambda client: client.capture("e", distinct_id="u", properties=properties))
    assert one["properties"]["plan"] == other["properties"]["plan"] == "pro"


def as_super_property(client: Posthog, value: Any) -> str | None:
    client.super_properties = {"value": value}
    return client.capture("e", distinct_id="u")


def as_super_properties(client: Posthog, value: Any) -> str | None:
    client.super_properties = value
    return client.capture("e", distinct_id="u")


def as_tag(client: Posthog, value: Any) -> str | None:
    with client.new_context():
        client.tag("value", value)
        return client.capture("e", distinct_id="u")


def as_id_of_the_context(client: Posthog, value: Any) -> str | None:
    with client.new_context():
        client.identify_context(value)
        return client.capture("e")


def as_visit(client: Posthog, value: Any) -> str | None:
    with client.new_context():
        client.set_context_session(value)
        return client.capture("e", distinct_id="u")


#: Where a value may stand; the event is there in any case.
PLACES = {
    "a property": lambda client, value: client.capture("e", distinct_id="u", properties={"value": value}),
    "a tag": as_tag,
    "a super property": as_super_property,
    "the super properties": as_super_properties,
}
#: Where a value may be of no use; then there is no event, and the log says why.
PICKY_PLACES = {
    "the name": lambda client, value: client.capture(value, distinct_id="u"),
    "the distinct id": lambda client, value: client.capture("e", distinct_id=value),
    "the properties": lambda client, value: client.capture("e", distinct_id="u", properties=value),
    "the groups": lambda client, value: client.capture("e", distinct_id="u", groups=value),
    "a group": lambda client, value: client.capture("e", distinct_id="u", groups={"company": value}),
    "the time": lambda client, value: client.capture("e", distinct_id="u", timestamp=value),
    "the id": lambda client, value: client.capture("e", distinct_id="u", uuid=value),
    "a switch": lambda client, value: client.capture("e", distinct_id="u", disable_geoip=value),
    "a person's property": lambda client, value: client.set(distinct_id="u", properties={"value": value}),
    "a group's key": lambda client, value: client.group_identify("company", value, distinct_id="u"),
    "a former id": lambda client, value: client.alias(value, "u"),
    "a new id": lambda client, value: client.alias("u", value),
    "an exception": lambda client, value: client.capture_exception(value, distinct_id="u"),
}
PLACES_OF_CONTEXTS = {"the id of a context": as_id_of_the_context, "the visit of a context": as_visit}


def standing_at(place: Any) -> list[Any]:
    """Return calls that put each of the hostile objects there."""
    return [lambda client, make=make: place(client, make()) for make in HOSTILE.values()]


@pytest.mark.parametrize("place", PLACES)
def test_a_hostile_object_costs_no_event(door, place):
    assert len(door.through(*standing_at(PLACES[place]))) == 2 * len(HOSTILE)


@pytest.mark.parametrize("place", PICKY_PLACES)
def test_a_hostile_object_costs_at_most_its_own_event(door, place):
    door.through(*standing_at(PICKY_PLACES[place]))


@pytest.mark.parametrize("place", PLACES_OF_CONTEXTS)
def test_a_hostile_object_in_a_context_costs_at_most_its_own_event(door, place):
    door.through(*standing_at(PLACES_OF_CONTEXTS[place]))


@OFTEN
@given(properties=st.dictionaries(KEYS, ANY, max_size=4))
def test_any_properties_are_an_event(door, properties):
    properties = {**real(properties), "plan": "pro"}
    one, other = door.through(lambda client: client.capture("e", distinct_id="u", properties=properties))
    assert one["properties"]["plan"] == other["properties"]["plan"] == "pro"


@OFTEN
@given(name=ANY)
def test_any_name_is_that_of_an_event(door, name):
    for event in door.through(lambda client: client.capture(real(name), distinct_id="u")):
        assert isinstance(event["event"], str)


@OFTEN
@given(distinct_id=ANY)
def test_any_distinct_id_is_somebody(door, distinct_id):
    for event in door.through(lambda client: client.capture("e", distinct_id=real(distinct_id))):
        assert isinstance(event["distinct_id"], str)
        assert event["distinct_id"]


@OFTEN
@given(distinct_id=KEYS, session=KEYS)
def test_any_id_of_a_context_is_somebody(door, distinct_id, session):
    def capture(client: Posthog) -> Any:
        with client.new_context():
            client.identify_context(distinct_id)
            client.set_context_session(session)
            return client.capture("e")

    for event in door.through(capture):
        assert isinstance(event["distinct_id"], str)


@OFTEN
@given(tags=st.dictionaries(NAMES, ANY, max_size=4))
def test_any_tags_are_on_an_event(door, tags):
    def capture(client: Posthog) -> Any:
        with client.new_context():
            for name, value in {**real(tags), "plan": "pro"}.items():
                client.tag(name, value)
            return client.capture("e", distinct_id="u")

    one, other = door.through(capture)
    assert one["properties"]["plan"] == other["properties"]["plan"] == "pro"


@OFTEN
@given(groups=ANY | st.dictionaries(NAMES, ANY, max_size=3))
def test_any_groups_leave_an_event_or_nothing(door, groups):
    door.through(lambda client: client.capture("e", distinct_id="u", groups=real(groups)))


@OFTEN
@given(super_properties=ANY | st.dictionaries(NAMES, ANY, max_size=3))
def test_any_super_properties_leave_an_event(door, super_properties):
    def capture(client: Posthog) -> Any:
        client.super_properties = real(super_properties)
        return client.capture("e", distinct_id="u", properties={"plan": "pro"})

    assert len(door.through(capture)) == 2
