"""The rows of the table: which scenario answers each, which number of the answer, and the goal beside it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Goal:
    """What ours must reach: so many times better than the official package, or an absolute number, or both."""

    times: float | None = None
    at_most: float | None = None
    unit: str = ""

    def text(self) -> str:
        parts = [f"{self.times:.3g}x better"] if self.times else []
        parts += [f"<= {self.at_most:g} {self.unit}"] if self.at_most else []
        return " and ".join(parts) or "-"

    def verdict(self, ours: float, times: float) -> str:
        if self.times is None and self.at_most is None:
            return "-"
        fast_enough = self.times is None or times >= self.times
        small_enough = self.at_most is None or ours <= self.at_most
        return "met" if fast_enough and small_enough else "not yet"


@dataclass(frozen=True)
class Row:
    """One line of the table: a number of a scenario's answer."""

    title: str
    measure: str
    unit: str
    goal: Goal = field(default_factory=Goal)
    more_is_better: bool = False


@dataclass(frozen=True)
class Scenario:
    """One program under `scenarios/`, and how often it runs."""

    name: str
    program: str
    rows: tuple[Row, ...]
    full: tuple[str, ...] = ()
    quick: tuple[str, ...] = ()
    rounds: int = 5
    quick_rounds: int = 3
    # Set where sentry-sdk stands in the official package's place: the program that ours runs beside it.
    beside: str | None = None


# 8 us where the official package takes 110, which is what the goal was set beside: a slower machine slows both.
TAIL = Goal(times=110 / 8)

SCENARIOS = (
    Scenario(
        "middleware-alone",
        "middleware_alone",
        (Row("the middleware alone, without an event", "added_us", "us", Goal(times=30, at_most=1.5, unit="us")),),
        full=("--calls", "20000"),
        quick=("--calls", "5000"),
    ),
    Scenario(
        "idle-request",
        "idle_request",
        (Row("request without an event, over bare", "added_us", "us", Goal(times=30)),),
        full=("--calls", "20000"),
        quick=("--calls", "3000"),
    ),
    Scenario(
        "capturing-request",
        "capturing_request",
        (Row("request with one capture, over bare", "added_us", "us", Goal(times=10)),),
        full=("--calls", "5000"),
        quick=("--calls", "2000"),
    ),
    Scenario(
        "capture",
        "capture",
        (
            Row("capture(), 8 tags + 8 properties, memory queue: mean", "mean_us", "us", Goal(times=35)),
            Row("capture(), the same: p99", "p99_us", "us", TAIL),
        ),
        full=("--calls", "20000"),
        quick=("--calls", "6000"),
    ),
    Scenario(
        "capture-journal",
        "capture",
        (
            Row("capture(), 8 tags + 8 properties, on disk: mean", "mean_us", "us", Goal(times=20)),
            Row("capture(), the same: p99", "p99_us", "us", TAIL),
        ),
        full=("--calls", "20000", "--journal"),
        quick=("--calls", "6000", "--journal"),
    ),
    Scenario(
        "cpu",
        "delivery",
        (Row("process CPU per delivered event, gzip on", "cpu_us", "us", Goal(times=15)),),
        full=("--gzip", "--seconds", "1.5"),
        quick=("--gzip", "--seconds", "0.5"),
    ),
    Scenario(
        "rate",
        "delivery",
        (Row("delivered events per second", "events_per_second", "/s", Goal(times=10), more_is_better=True),),
        full=("--seconds", "1.5"),
        quick=("--seconds", "0.5"),
    ),
    Scenario(
        "failing-request",
        "failing_request",
        (Row("request that ends in a reported 500, over bare", "added_us", "us", Goal(times=5)),),
        full=("--calls", "2000"),
        quick=("--calls", "400"),
    ),
    Scenario(
        "failing-request-sentry",
        "failing_request_sentry",
        (Row("a reported 500, over bare: sentry-sdk as the peer", "added_us", "us"),),
        full=("--calls", "1000"),
        quick=("--calls", "300"),
        beside="failing_request",
    ),
    Scenario(
        "import",
        "import_posthog",
        (
            Row("import posthog: time", "ms", "ms", Goal(times=5)),
            Row("import posthog: memory", "mb", "MB", Goal(times=5)),
        ),
        rounds=15,
        quick_rounds=7,
    ),
    Scenario(
        "first-event",
        "first_event",
        (Row("import, client and first event", "ms", "ms"),),
        rounds=15,
        quick_rounds=7,
    ),
)

WHEEL = Row("wheel", "mb", "MB", Goal(at_most=2.5, unit="MB"))
WHEEL_NAME = "wheel"
