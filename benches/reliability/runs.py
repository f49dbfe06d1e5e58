"""Runs a scenario for one peer, and counts what became of its events."""

import signal
from collections import Counter
from typing import Any

from harness.sink import Sink

from reliability import uwsgi
from reliability.place import CAPTURED, Answer, Peer, Place, place
from reliability.processes import BrokenError
from reliability.rows import Scenario, Size

# How a program ends, where it is not with 0.
ENDS = {"killed": -signal.SIGKILL}
# The bad event may make a bad request: that is its row.
MAY_BE_BAD = "poisoned"


def run_all(scenario: Scenario, size: Size, runs: int, peer: Peer, sink: Sink) -> tuple[Answer, list[Answer]]:
    """Run the scenario so many times, each in a place of its own; return the sum of the answers, and each of them."""
    answers = []
    for _ in range(runs):
        with place(peer, sink) as here:
            answers.append(_run(scenario, size, here))
    if runs == 1:
        return answers[0], answers
    total: Counter[str] = Counter()
    for answer in answers:
        total.update({name: number for name, number in answer.items() if number is not None})
    return dict(total), answers


def _run(scenario: Scenario, size: Size, here: Place) -> Answer:
    """Run the scenario once, and the next program if events are missing that may be in the journal."""
    if scenario.program == "wsgi":
        answer = uwsgi.run(int(size["events"]), here)
    else:
        answer = here.run(scenario.program, size, scenario.limit, ends_with=ENDS.get(scenario.program, 0))
    before = here.sink.stats()
    # The failure is over.
    here.sink.open()
    here.sink.script()
    if scenario.is_followed and here.peer.keeps_journal and _unique(before) < answer["captured"]:
        here.run("next", {"events": answer["captured"]}, scenario.limit)
    after = here.sink.stats()
    stored = _unique(after)
    if stored > answer["captured"]:
        raise BrokenError(f"{scenario.name}: {answer['captured']} events were captured and {stored} arrived")
    if after["bad_requests"] and scenario.program != MAY_BE_BAD:
        raise BrokenError(f"{scenario.name}: {after['bad_requests']} requests made no sense")
    return {
        **answer,
        "stored": stored,
        "lost": answer["captured"] - stored,
        "left_behind": stored - _unique(before),
        "duplicates": here.sink.stored(CAPTURED)["duplicates"],
        "early_requests": after["early_requests"],
        "bad_requests": after["bad_requests"],
        **_times(before["seconds"]),
    }


def _unique(stats: dict[str, Any]) -> int:
    return int(stats["stored"].get(CAPTURED, {"unique": 0})["unique"])


def _times(seconds: dict[str, float | None]) -> dict[str, float | None]:
    """Return when the last event arrived, counted from the opening of the door and from the first success after it."""
    first, last_new = seconds["first"], seconds["last_new"]
    recovery = None if first is None or last_new is None else last_new - first
    return {"arrived_s": last_new, "recovery_s": recovery}
