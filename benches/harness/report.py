"""Prints the table and writes the same as JSON."""

import json
import os
import platform
import statistics
from pathlib import Path
from typing import Any

from harness.rounds import Result

HEADER = ("row", "official", "ours", "ratio (lowest..highest round)", "goal", "verdict")


def print_table(results: list[Result]) -> None:
    lines = [HEADER, *(_cells(result) for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    for number, line in enumerate(lines):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def _cells(result: Result) -> tuple[str, ...]:
    times = result.times()
    ratio = _figure(statistics.median(times)) + "x"
    if len(times) > 1:
        ratio += f" ({_figure(min(times))}..{_figure(max(times))})"
    unit = result.row.unit
    return (
        result.row.title,
        f"{_figure(statistics.median(result.official))} {unit}",
        f"{_figure(statistics.median(result.ours))} {unit}",
        ratio,
        result.row.goal.text(),
        result.verdict(),
    )


def _figure(number: float) -> str:
    """Return three digits that matter: `0.42`, `7.31`, `112`, `94,300`."""
    if abs(number) >= 1000:
        return f"{round(number, 3 - len(str(int(abs(number))))):,.0f}"
    if abs(number) >= 100:
        return f"{number:.0f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def write_json(path: Path, results: list[Result], facts: dict[str, Any]) -> None:
    """Write every round of every row, and the machine it was measured on."""
    machine = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    rows = [
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
    path.write_text(json.dumps({"machine": machine, **facts, "rows": rows}, indent=2) + "\n")
