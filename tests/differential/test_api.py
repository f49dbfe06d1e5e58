"""The same calls under the official package and under ours: what they see and send differs only where it should."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from . import api
from .api import compared
from .difference import listed
from .expected_api import DIFFERENCES
from .observed_api.scenarios import FILES, SCENARIOS
from .wire import PRESENT, Names, normalised


def all_differences(left, right):
    """Return, by scenario and path, the two values of everything that differs."""
    return {
        (scenario, path): values
        for scenario in SCENARIOS
        for path, *values in compared(left[scenario], right[scenario])
    }


@pytest.fixture(scope="module")
def official(official_python, tmp_path_factory):
    return api.run(official_python, tmp_path_factory.mktemp("official-api"))


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return api.run(Path(sys.executable), tmp_path_factory.mktemp("our-api"))


@pytest.fixture(scope="module")
def found(official, ours):
    return all_differences(official, ours)


def test_every_difference_is_listed_with_its_reason(found):
    expected = dict(listed(DIFFERENCES))
    assert {place: values for place, values in found.items() if expected.get(place) != values} == {}


def test_every_difference_that_is_listed_still_happens(found):
    assert {place: values for place, values in listed(DIFFERENCES) if found.get(place) != values} == {}


def test_a_difference_is_listed_once_for_a_scenario_that_exists_and_has_a_reason():
    places = [place for place, _ in listed(DIFFERENCES)]
    assert len(places) == len(set(places))
    assert {scenario for scenario, _ in places} <= SCENARIOS.keys()
    assert all(difference.reason for difference in DIFFERENCES)


def test_every_file_of_scenarios_has_some_and_none_only_fails(official, ours):
    subjects = {file.__name__.rpartition(".")[2] for file in FILES}
    for side in (official, ours):
        returned = {name.partition(":")[0] for name, outcome in side.items() if "returned" in outcome["answer"]}
        assert returned == subjects


def test_two_runs_of_one_package_do_not_differ(ours, tmp_path):
    assert all_differences(ours, api.run(Path(sys.executable), tmp_path)) == {}


def test_the_events_of_most_scenarios_arrive_under_both(official, ours):
    assert sum(bool(official[name]["events"]) and bool(ours[name]["events"]) for name in SCENARIOS) >= 600


def test_an_id_that_was_chosen_is_compared_and_others_have_names():
    names = Names()
    names.give("01a208f7-8278-784f-b29f-79db3359757b", "id of seen 1")
    ids = ["00000000-0000-0000-0000-000000000007", "01a208f7-8278-784f-b29f-79db3359757b"]
    assert normalised(ids, {}, names) == ["00000000-0000-0000-0000-000000000007", "<id of seen 1>"]


def test_a_request_more_is_a_difference():
    one = {"answer": {}, "events": {}, "requests": {"/batch/ 1": {"events": 1}}}
    two = {**one, "requests": {**one["requests"], "/batch/ 2": {"events": 1}}}
    assert list(compared(one, two)) == [("requests./batch/ 2", "<absent>", PRESENT)]
