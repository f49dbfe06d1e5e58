"""Runs every scenario of the plain API, under whichever `posthog` this interpreter has.

Arguments: where events go, and the file for what came of the scenarios. Each scenario has a key of its own, so that
requests tell where they come from.
"""

import json
import logging
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from observed_api.case import Case
from observed_api.scenarios import SCENARIOS

#: So many scenarios that wait for the server run at a time.
BESIDE = 48


class Levels(logging.Handler):
    """Remembers at which levels something was logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.seen: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.add(record.levelname)


def shown(value):
    """Return *value* as JSON can have it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict):
        return {str(key): shown(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shown(inner) for inner in value]
    return f"<{type(value).__name__}>"


def outcome(name, scenario, host):
    """Return what the program sees of a scenario."""
    case, said = Case(name, host), {}
    try:
        said["returned"] = shown(scenario.act(case))
    except Exception as error:
        said["raised"] = type(error).__name__
    try:
        case.close()
    except Exception as error:
        said["raised while closing"] = type(error).__name__
    return said


def observed(name, scenario, host, levels):
    """Return what the program sees, and what was logged and warned of meanwhile."""
    levels.seen.clear()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        said = outcome(name, scenario, host)
    said["logged"] = " ".join(sorted(levels.seen))
    said["deprecated"] = any(issubclass(warning.category, DeprecationWarning) for warning in warned)
    return said


def main(host, answers):
    levels = Levels()
    logging.getLogger("posthog").addHandler(levels)
    said = {name: observed(name, scenario, host, levels) for name, scenario in SCENARIOS.items() if not scenario.waits}
    waiting = {name: scenario for name, scenario in SCENARIOS.items() if scenario.waits}
    with ThreadPoolExecutor(BESIDE) as threads:
        said |= zip(
            waiting,
            threads.map(lambda name: outcome(name, waiting[name], host), waiting),
            strict=True,
        )
    Path(answers).write_text(json.dumps(said))


if __name__ == "__main__":
    threading.excepthook = lambda _details: None  # scenarios let threads fail
    main(*sys.argv[1:])
