"""Which versions of Python and Django `make test` runs on."""

from __future__ import annotations

import pytest

from ..versions import chosen


def everywhere(_python):
    return True


def nowhere(_python):
    return False


@pytest.mark.parametrize("default", [(3, 10), (3, 11), (3, 12), (3, 13), (3, 14)])
def test_where_every_python_is_found_all_are_tested_and_nothing_is_skipped(default):
    names, skipped = chosen(default, everywhere)
    of_venv = "py{}{}-django52".format(*default)
    assert {*names, of_venv} == {"py310-django42", "py311-django52", "py312-django52", "py313-django6", of_venv}
    assert skipped == []


def test_the_environment_of_everything_else_is_not_made_twice():
    assert "py311-django52" not in chosen((3, 11), everywhere)[0]


def test_a_python_that_is_not_found_is_skipped_by_name():
    names, skipped = chosen((3, 11), lambda python: python != (3, 12))
    assert names == ["py310-django42", "py313-django6"]
    assert skipped == ["SKIPPED py312-django52: Python 3.12 was not found"]


def test_a_django_is_tested_on_the_default_python_where_its_own_is_not_found():
    names, skipped = chosen((3, 12), nowhere)
    assert names == ["py312-django42", "py312-django6"]
    assert skipped[0] == "SKIPPED py310-django42: Python 3.10 was not found; py312-django42 is tested instead"


def test_a_django_goes_to_the_newest_python_it_runs_on_where_the_default_is_none():
    assert "py312-django6" in chosen((3, 11), lambda python: python == (3, 12))[0]
    assert "py313-django42" in chosen((3, 14), lambda python: python == (3, 13))[0]


def test_a_django_that_no_python_here_runs_is_skipped_by_name():
    names, skipped = chosen((3, 10), nowhere)
    assert names == ["py310-django42"]
    assert skipped[-1] == "SKIPPED py313-django6: Python 3.13 was not found"
