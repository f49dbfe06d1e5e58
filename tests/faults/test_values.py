"""Values that nothing can be made of, beside those of tests/python/test_values.py: the events around them arrive."""

from __future__ import annotations

from collections import Counter

import pytest

from ..servers.environments import numpy_packages
from ..waiting import until
from .events import all_arrive, arrived, tell


def test_a_list_a_million_levels_deep_harms_no_event(recorder, make_client):
    """Row 40."""
    deep = []
    for _ in range(1_000_000):
        deep = [deep]
    client = make_client()
    uuids = [*tell(client, 5), client.capture("deep", distinct_id="me", properties={"deep": deep}), *tell(client, 5)]
    assert all_arrive(recorder, uuids) == 0


@pytest.mark.parametrize("where", ["event", "distinct_id", "key", "value"])
def test_half_a_character_harms_no_event(recorder, make_client, where):
    """Row 40: a lone surrogate, for which strict servers refuse the whole request."""
    client = make_client()
    parts = {"event": "told", "distinct_id": "me", "key": "key", "value": "value"} | {where: "\udc80"}
    uuids = tell(client, 5)
    properties = {parts["key"]: parts["value"]}
    uuids.append(client.capture(parts["event"], distinct_id=parts["distinct_id"], properties=properties))
    assert all_arrive(recorder, [*uuids, *tell(client, 5)]) == 0


@pytest.mark.timeout(600)  # the first run may have to install NumPy
def test_values_of_numpy_harm_no_event(recorder, start):
    """Row 40."""
    with start("lives.of_numpy", packages=[numpy_packages()]) as program:
        assert program.ends() == program.ids
    until(lambda: arrived(recorder) == Counter(program.ids), "every event")
    assert len(program.ids) == 13
    for event in recorder.accepted[:-1]:
        assert event["properties"]["neighbour"] == 1
    values = {event["distinct_id"]: event["properties"].get("value") for event in recorder.accepted}
    assert values["float64"] == 1.5
    assert values["text"] == "text"
