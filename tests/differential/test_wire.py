"""The same site under the official package and under ours: what reaches the wire differs only where it should."""

import pytest

from .difference import listed
from .expected import DIFFERENCES, ONLY_OURS
from .observed_site.scenarios import SCENARIOS
from .wire import ABSENT, PRESENT, Names, compared, differences, normalised


def all_differences(left, right):
    """Return, by scenario and path, the two values of everything that differs."""
    return {
        (scenario, path): values
        for scenario in SCENARIOS
        for path, *values in compared(left[scenario], right[scenario])
    }


@pytest.fixture(scope="module")
def found(official, ours):
    return all_differences(official, ours)


def name_of(place):
    return place[1].rpartition(".")[2]


def test_every_difference_is_listed_with_its_reason(found):
    expected = dict(listed(DIFFERENCES))
    unlisted = {place: values for place, values in found.items() if expected.get(place) != values}
    assert {
        place: (theirs, ours)
        for place, (theirs, ours) in unlisted.items()
        if name_of(place) not in ONLY_OURS or theirs != ABSENT
    } == {}


def test_every_difference_that_is_listed_still_happens(found):
    assert {place: values for place, values in listed(DIFFERENCES) if found.get(place) != values} == {}
    assert {name_of(place) for place in found} >= ONLY_OURS.keys()


def test_a_difference_is_listed_once_for_a_scenario_that_exists_and_has_a_reason():
    places = [place for place, _ in listed(DIFFERENCES)]
    assert len(places) == len(set(places))
    assert {scenario for scenario, _ in places} <= SCENARIOS.keys()
    assert all(difference.reason for difference in DIFFERENCES)


def test_two_runs_of_one_package_do_not_differ(ours, run_site):
    assert all_differences(ours, run_site()) == {}


def test_the_events_of_most_scenarios_arrive_under_both(official, ours):
    assert sum(bool(official[name]["events"]) and bool(ours[name]["events"]) for name in SCENARIOS) >= 60


def test_a_difference_names_the_innermost_place():
    official = {"a": {"b": [1, {"c": "x"}]}, "only": {"whole": "event"}}
    ours = {"a": {"b": [1, {"c": "y"}]}}
    assert list(differences(official, ours)) == [("a.b[1].c", "x", "y"), ("only", PRESENT, ABSENT)]


def test_numbers_and_booleans_are_not_mixed_up():
    assert list(differences({"a": 1}, {"a": True})) == [("a", 1, True)]


def test_equal_random_ids_keep_one_name():
    one, other = "01a208f7-8278-784f-b29f-79db3359757b", "01a208f7-8278-784f-b29f-79db3359757c"
    names = normalised([one, other, one], {}, Names())
    assert names == ["<generated 1>", "<generated 2>", "<generated 1>"]
