"""The rows of the table: which program answers each, which number of its answer, and the goal beside it."""

from dataclasses import dataclass, field

# What a size names in a title: "{events:,}" becomes "1,000".
Size = dict[str, int | str]


@dataclass(frozen=True)
class Goal:
    """What ours must reach."""

    at_most: float | None = None
    at_least: float | None = None
    no_more_than_official: bool = False

    def text(self, unit: str) -> str:
        if self.no_more_than_official:
            return "<= official"
        if self.at_most is not None:
            return f"<= {self.at_most:g} {unit}".strip() if self.at_most else "0"
        return f"{self.at_least:g}" if self.at_least is not None else "-"

    def verdict(self, official: float | None, ours: float | None) -> str:
        """Compare; a number that is missing was never reached."""
        at_most = official if self.no_more_than_official else self.at_most
        if at_most is None and self.at_least is None:
            return "-"
        if ours is None:
            return "not yet"
        is_met = (at_most is None or ours <= at_most) and (self.at_least is None or ours >= self.at_least)
        return "met" if is_met else "not yet"


NOTHING = Goal(at_most=0)


@dataclass(frozen=True)
class Row:
    """One line of the table: a number of a scenario's answer."""

    title: str
    measure: str
    goal: Goal = field(default_factory=Goal)
    # Without a unit it is a count.
    unit: str = ""


@dataclass(frozen=True)
class Scenario:
    """One program under `programs/`, and what stands in its title."""

    name: str
    program: str
    rows: tuple[Row, ...]
    full: Size
    quick: Size
    # The runs' numbers are added up.
    runs: int = 1
    quick_runs: int = 1
    # Whether a second process may send what the first has left behind.
    is_followed: bool = True
    # Seconds that the program may take, its end included.
    limit: float = 300


def _outage(rate: int, *, works: bool = False) -> Scenario:
    title = "outage of {seconds} s at " + f"{rate:,} events/s" + (", a busy thread: " if works else ": ")
    # The goal is for a thread that has work: one that has slept finds cold caches, whatever it does then. Where the row
    # below it, a bare write, is above the goal, no journal can reach it.
    goal = Goal(at_most=20) if works else Goal()
    return Scenario(
        f"outage-{rate}-busy" if works else f"outage-{rate}",
        "outage",
        (
            Row(title + "lost of {captured:,}", "lost", NOTHING),
            Row(title + "lines in the log", "log_lines", Goal(at_most=5)),
            Row(title + "capture() p50", "p50_us", unit="us"),
            Row(title + "capture() p99", "p99_us", goal, unit="us"),
            Row(title + "a bare write of 1 KiB, p99", "floor_us", unit="us"),
            Row(title + "capture() at most", "max_us", unit="us"),
            Row(title + "memory", "memory_mib", Goal(at_most=32), unit="MiB"),
            Row(title + "first success to empty", "recovery_s", Goal(at_most=10), unit="s"),
        ),
        full={"rate": rate, "seconds": 60, "works": int(works)},
        quick={"rate": rate, "seconds": 15, "works": int(works)},
    )


def _end(server: str, what: str, most_seconds: float) -> Scenario:
    title = f"exit with {{events:,}} queued, server {what}: "
    return Scenario(
        f"end-{server}",
        "ends",
        (
            Row(title + "time", "end_s", Goal(at_most=most_seconds), unit="s"),
            Row(title + "lost, after a restart", "lost", NOTHING),
        ),
        full={"events": 5000, "server": server},
        quick={"events": 5000, "server": server},
    )


SCENARIOS = (
    Scenario(
        "kill",
        "killed",
        (
            Row("kill -9 right after {events:,} captures, {runs} times: lost of {captured:,}", "lost", NOTHING),
            Row("kill -9, the same: duplicates", "duplicates"),
        ),
        full={"events": 1000},
        quick={"events": 1000},
        runs=20,
        quick_runs=3,
    ),
    _outage(100),
    _outage(1000),
    _outage(1000, works=True),
    Scenario(
        "burst",
        "burst",
        (
            Row("burst of {events:,}, server up: lost", "lost", NOTHING),
            Row("burst of {events:,}: the captures", "capture_s", unit="s"),
            Row("burst of {events:,}: until all that arrived had", "arrived_s", unit="s"),
            Row("burst of {events:,}: memory", "memory_mib", Goal(at_most=32), unit="MiB"),
        ),
        full={"events": 1_000_000},
        quick={"events": 200_000},
        # On a busy machine the official package takes five minutes.
        limit=1200,
    ),
    Scenario(
        "uwsgi",
        "wsgi",
        (Row("pre-forking uWSGI, client made at import: delivered of {events}", "stored", Goal(at_least=200)),),
        full={"events": 200},
        quick={"events": 200},
        is_followed=False,
    ),
    Scenario(
        "forks",
        "forks",
        (Row("multiprocessing (fork), {children} children: delivered of {captured:,}", "stored", Goal(at_least=2200)),),
        full={"children": 4, "events": 550},
        quick={"children": 4, "events": 550},
        is_followed=False,
    ),
    Scenario(
        "large",
        "large",
        (Row("{events:,} events of 500 kB, server down: memory", "memory_mib", Goal(at_most=32), unit="MiB"),),
        full={"events": 2000},
        quick={"events": 500},
        is_followed=False,
    ),
    _end("slow", "answers in 200 ms", 5),
    _end("hung", "hangs", 2.5),
    _end("down", "down", 0.3),
    Scenario(
        "poisoned",
        "poisoned",
        (Row("one bad event among {events}, strict server: stored", "stored", Goal(at_least=100)),),
        full={"events": 100},
        quick={"events": 100},
    ),
    Scenario(
        "lost-acks",
        "lost_acks",
        (
            Row("3 lost acks of ten requests: lost of {events:,}", "lost", NOTHING),
            Row("3 lost acks, the same: duplicates", "duplicates", Goal(no_more_than_official=True)),
        ),
        full={"events": 1000},
        quick={"events": 1000},
    ),
    Scenario(
        "postponed",
        "postponed",
        (
            Row("429 with Retry-After {seconds}: requests before its end", "early_requests", NOTHING),
            Row("429 with Retry-After {seconds}: lost of {events}", "lost", NOTHING),
        ),
        full={"events": 100, "seconds": 60},
        quick={"events": 100, "seconds": 10},
    ),
)
