"""Prints the table and writes the same as JSON."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.rounds import Result

HEADER = ("row", "official", "ours", "ratio (lowest..highest round)", "goal", "verdict")


def print_table(results: list[Result]) -> None:
    print_lines(HEADER, [_cells(result) for result in results])


def print_lines(header: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
    for number, line in enumerate([header, *lines]):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def _cells(result: Result) -> tuple[str, ...]:
    times = result.times()
    ratio = figure(statistics.median(times)) + "x"
    if len(times) > 1:
        ratio += f" ({figure(min(times))}..{figure(max(times))})"
    unit = result.row.unit
    return (
        result.row.title,
        f"{figure(statistics.median(result.official))} {unit}",
        f"{figure(statistics.median(result.ours))} {unit}",
        ratio,
        result.row.goal.text(),
        result.verdict(),
    )


def figure(number: float) -> str:
    """Return three digits that matter: `0.42`, `7.31`, `112`, `94,300`."""
    if abs(number) >= 1000:
        return f"{round(number, 3 - len(str(int(abs(number))))):,.0f}"
    if abs(number) >= 100:
        return f"{number:.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def rounds(results: list[Result]) -> list[dict[str, Any]]:
    """Return every round of every row."""
    return [
        {
            "row": result.row.title,
            "unit": result.row.unit,
            "official": result.official,
            "ours": result.ours,
            "times_better": result.times(),
            "goal": result.row.goal.text(),
            "verdict": result.verdict(),
        }
        for result in results
    ]


def machine_load() -> str:
    """Say how busy the machine was; with more at work than the processes of a row, times count for little."""
    return f"load average of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def write_json(path: Path, rows: list[dict[str, Any]], facts: dict[str, Any]) -> None:
    """Write the rows, and the machine they were measured on."""
    machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    path.write_text(json.dumps({"machine": machine, **facts, "rows": rows}, indent=2) + "\n")
