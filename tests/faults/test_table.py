"""docs/faults.md tells the truth about the tests that there are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs/faults.md").read_text()
SOURCES = [*ROOT.glob("tests/**/*.py"), *ROOT.glob("crates/*/tests/**/*.rs"), *ROOT.glob("crates/*/src/**/*.rs")]


def rows():
    return {int(row[1]): row[0] for row in re.finditer(r"^\| (\d+) \|.*$", TABLE, re.MULTILINE)}


def test_every_test_that_the_table_names_exists():
    there = {
        name for source in SOURCES for name in re.findall(r"^\s*(?:def|fn) (\w+)", source.read_text(), re.MULTILINE)
    }
    named = {name for row in rows().values() for name in re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+){3,})`", row)}
    assert len(named) > 100
    assert named - there == set()


def test_every_fault_has_its_row():
    assert sorted(rows()) == list(range(1, 49))


def rows_named_by(function):
    said = ast.get_docstring(function) or ""
    return [int(number) for words in re.findall(r"[Rr]ows? ([\d, and]+)", said) for number in re.findall(r"\d+", words)]


def test_every_test_of_a_fault_is_in_the_rows_that_it_names():
    functions = [
        function
        for source in Path(__file__).parent.glob("test_*.py")
        for function in ast.parse(source.read_text()).body
        if isinstance(function, ast.FunctionDef)
    ]
    missing = [(f.name, row) for f in functions for row in rows_named_by(f) if f.name not in rows()[row]]
    assert missing == []
