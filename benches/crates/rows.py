"""The rows of the table: which numbers stand side by side, and the goal beside them."""

from dataclasses import dataclass, field

from harness.rows import Goal

Numbers = dict[str, float]


@dataclass(frozen=True)
class Row:
    """One line of the table: a number of ours and one of a peer's."""

    title: str
    ours: str
    peer: str
    theirs: str
    unit: str
    goal: Goal = field(default_factory=Goal)


LAYER = Goal(times=2, at_most=400, unit="ns")

ROWS = (
    Row("layer, request without an event", "layer_ours_ns", "sentry-tower", "layer_sentry_ns", "ns", LAYER),
    Row("layer, request without an event", "layer_ours_ns", "posthog-rs", "layer_posthog_ns", "ns"),
    Row("capture, 8 tags and 8 properties", "capture_ours_us", "posthog-rs", "capture_posthog_us", "us"),
    Row("the same, ours on disk", "capture_ours_on_disk_us", "posthog-rs", "capture_posthog_us", "us"),
    Row("an error with its stack", "error_ours_us", "sentry", "error_sentry_us", "us"),
    Row("an error with its stack", "error_ours_us", "posthog-rs", "error_posthog_us", "us"),
    Row("crates to be compiled", "crates_hogback", "sentry", "crates_sentry", ""),
    Row("crates to be compiled", "crates_hogback", "posthog-rs", "crates_posthog", ""),
    Row("release build from nothing", "build_hogback_s", "sentry", "build_sentry_s", "s"),
    Row("release build from nothing", "build_hogback_s", "posthog-rs", "build_posthog_s", "s"),
)
