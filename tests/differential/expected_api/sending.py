"""Differences of sending that are meant."""

from ..difference import Difference
from ..wire import ABSENT, PRESENT

DIFFERENCES = (
    Difference(
        "Every status of success is one.",
        ("server: 201", "server: 204"),
        {"events.seen 2": (PRESENT, ABSENT), "requests./batch/ 2": (PRESENT, ABSENT)},
    ),
    Difference(
        "Events wait for a key, a host or a server that works.",
        (
            "server: 401",
            "server: 402",
            "server: 403",
            "server: 404",
            "server: 503 always",
            "server: 503 always, no retries",
            "server: 401 in v1",
            "server: nobody listens",
            "server: a host that is none",
            "server: a host without a scheme",
        ),
        {"answer.returned.lost": (PRESENT, [])},
    ),
    Difference(
        "Events wait for a key, a host or a server that works.",
        ("server: v1, one is wanted again in vain",),
        {"answer.returned": (PRESENT, [])},
    ),
    Difference(
        "An answer that says nothing of any event is no delivery: it is tried again.",
        (
            "server: v1, an answer that is no json",
            "server: v1, an answer without results",
            "server: v1, an empty answer",
        ),
        {
            "answer.returned": (PRESENT, []),
            "events.event 0 2": (ABSENT, PRESENT),
            "events.event 1 2": (ABSENT, PRESENT),
            "events.event 2 2": (ABSENT, PRESENT),
            "requests./i/v1/analytics/events 2": (ABSENT, PRESENT),
        },
    ),
    Difference(
        "`on_error` hears of the events that are lost, and not of those that arrived beside them.",
        ("server: v1, one is dropped",),
        {"answer.returned[0][2]": ("event 0, event 1, event 2", "event 1")},
    ),
)
