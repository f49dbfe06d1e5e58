"""Every name of the official package that a program may use is there, and is what it is there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .absent import ABSENT, DIFFERENT
from .surface import MODULES, missing_and_different, offered, public, stands_for, takes_as_much

WHYS = ("T2: ", "T3: ", "private: ", "ours: ")
MISSING = ["there", "missing"]


@pytest.fixture(scope="module")
def official(official_python):
    return offered(official_python, dict.fromkeys(MODULES))


@pytest.fixture(scope="module")
def ours(official):
    wanted = {module: list(names) for module, names in public(official).items()}
    return offered(Path(sys.executable), wanted)


@pytest.fixture(scope="module")
def found(official, ours):
    """Return, by place, what is missing or different."""
    return {
        place: values
        for module, names in public(official).items()
        for name, value in names.items()
        for place, *values in missing_and_different(
            value, ours["modules"][module].get("names", {}).get(name), f"{module}.{name}"
        )
    } | {
        place: values
        for name, value in official["client"].items()
        for place, *values in missing_and_different(value, ours["client"].get(name), f"client.{name}")
    }


def test_every_module_of_the_official_package_can_be_looked_at(official):
    assert {name: said["error"] for name, said in official["modules"].items() if "error" in said} == {}
    assert sum(len(names) for names in public(official).values()) >= 250


def test_what_is_missing_or_different_is_listed(found):
    lists = (*ABSENT, *DIFFERENT)
    assert {
        place: values for place, values in found.items() if not any(stands_for(name, place) for name in lists)
    } == {}


def test_what_is_listed_as_missing_is_missing(official, found):
    offered = [f"{module}.{name}" for module, all_names in public(official).items() for name in all_names]
    offered += [f"client.{name}" for name in official["client"]]
    offered += [place for place, values in found.items() if values == MISSING]
    there = [
        (name, place) for name in ABSENT for place in offered if stands_for(name, place) and found.get(place) != MISSING
    ]
    assert there == []
    assert [name for name in ABSENT if not any(stands_for(name, place) for place in offered)] == []


def test_what_is_listed_as_different_is_different(found):
    assert [place for place in DIFFERENT if found.get(place, MISSING) == MISSING] == []


def test_every_entry_says_why():
    assert [place for place, why in {**ABSENT, **DIFFERENT}.items() if not why.startswith(WHYS)] == []


def test_a_star_stands_for_whatever_begins_so():
    assert stands_for("posthog.utils.str_i*", "posthog.utils.str_iequals")
    assert not stands_for("posthog.utils.str_i*", "posthog.utils.clean")
    assert not stands_for("posthog.utils.clean", "posthog.utils.clean_all")


def test_more_keyword_parameters_with_defaults_take_as_much():
    official = [["a", "POSITIONAL_OR_KEYWORD", "<required>"]]
    assert takes_as_much(official, [*official, ["b", "KEYWORD_ONLY", "None"]])


@pytest.mark.parametrize(
    "ours",
    [
        None,
        [],
        [["b", "POSITIONAL_OR_KEYWORD", "<required>"]],
        [["a", "POSITIONAL_OR_KEYWORD", "None"]],
        [["a", "KEYWORD_ONLY", "<required>"]],
        [["a", "POSITIONAL_OR_KEYWORD", "<required>"], ["b", "KEYWORD_ONLY", "<required>"]],
        [["b", "POSITIONAL_OR_KEYWORD", "None"], ["a", "POSITIONAL_OR_KEYWORD", "<required>"]],
    ],
)
def test_other_parameters_do_not_take_as_much(ours):
    assert not takes_as_much([["a", "POSITIONAL_OR_KEYWORD", "<required>"]], ours)
