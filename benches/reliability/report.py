"""Says what the runs have shown: a table, what is worth saying below it, and the same as JSON."""

from dataclasses import dataclass
from typing import Any

from harness.report import figure, print_lines

from reliability.place import Answer
from reliability.rows import Row, Scenario, Size

HEADER = ("row", "official", "ours", "goal", "verdict")


@dataclass(frozen=True)
class Measured:
    """A scenario with both peers' answers: their sums, and each run's."""

    scenario: Scenario
    size: Size
    official: Answer
    ours: Answer
    runs: dict[str, list[Answer]]

    def title(self, row: Row) -> str:
        runs = len(self.runs["ours"])
        return row.title.format(**self.size, runs=runs, captured=self.ours["captured"])

    def verdict(self, row: Row) -> str:
        return row.goal.verdict(self.official[row.measure], self.ours[row.measure])

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {
                "row": self.title(row),
                "unit": row.unit,
                "official": self.official[row.measure],
                "ours": self.ours[row.measure],
                "goal": row.goal.text(row.unit),
                "verdict": self.verdict(row),
                "scenario": self.scenario.name,
            }
            for row in self.scenario.rows
        ]


def print_table(results: list[Measured]) -> None:
    lines = [
        (
            result.title(row),
            _cell(result.official[row.measure], row.unit),
            _cell(result.ours[row.measure], row.unit),
            row.goal.text(row.unit),
            result.verdict(row),
        )
        for result in results
        for row in result.scenario.rows
    ]
    print_lines(HEADER, lines)


def _cell(number: float | None, unit: str) -> str:
    if number is None:
        return "never"
    return f"{figure(number)} {unit}" if unit else f"{number:,.0f}"


def remarks(result: Measured) -> list[str]:
    """Say of a scenario what no row of it shows: refusals, events that a later process sent, duplicates."""
    shown = {row.measure for row in result.scenario.rows}
    said = []
    for peer, answer in (("official", result.official), ("ours", result.ours)):
        parts = [
            f"{answer[measure]:,.0f} {words}"
            for measure, words in (
                ("refused", "refused by capture()"),
                ("left_behind", "sent by the next process"),
                ("duplicates", "duplicates"),
            )
            if answer.get(measure) and measure not in shown
        ]
        if parts:
            said.append(f"{result.scenario.name}, {peer}: {', '.join(parts)}")
    return said
