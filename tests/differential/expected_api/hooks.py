"""Differences of `before_send` that are meant."""

from ..difference import Difference
from ..wire import ABSENT, PRESENT

DIFFERENCES = (
    Difference(
        "The id of what is sent is returned, whatever the hook has made of it.",
        ("hooks: one that returns an empty dict", "hooks: one that removes the name"),
        {"answer.logged": ("ERROR", ""), "answer.returned": (None, "<id of <absent> 1>")},
    ),
    Difference(
        "An event that a hook has left without a distinct id is nobody's: without one a server refuses it.",
        ("hooks: one that returns an empty dict",),
        {"events.<absent> 1.distinct_id": (ABSENT, "<generated 3>")},
    ),
    Difference(
        "An event that a hook has left without a distinct id is nobody's: without one a server refuses it.",
        ("hooks: one that names nobody",),
        {"events.seen 1.distinct_id": (None, "<generated 3>")},
    ),
    Difference(
        "An event that a hook has left without a distinct id is nobody's: without one a server refuses it.",
        ("hooks: one that removes the distinct id",),
        {"events.seen 1.distinct_id": (ABSENT, "<generated 3>")},
    ),
    Difference(
        "A distinct id is text on the wire.",
        ("hooks: one that sets a number for the distinct id",),
        {"events.seen 1.distinct_id": (5, "5")},
    ),
    Difference(
        "What cannot be written costs its place in the event, not the event.",
        ("hooks: one that adds what cannot be written",),
        {
            "answer.logged": ("ERROR", ""),
            "answer.returned": ("<generated 2>", "<id of seen 1>"),
            "events.seen 1": (ABSENT, PRESENT),
            "requests./batch/ 1.events": (1, 2),
        },
    ),
    Difference(
        "What cannot be written costs its place in the event, not the event.",
        ("hooks: one that adds itself",),
        {
            "answer.logged": ("ERROR", ""),
            "answer.returned": (None, "<id of seen 1>"),
            "events.seen 1": (ABSENT, PRESENT),
            "requests./batch/ 1.events": (1, 2),
        },
    ),
    Difference(
        "What a hook makes too large was never accepted: no id is returned for it.",
        ("hooks: one that makes the event too large",),
        {"answer.returned": ("<generated 2>", None)},
    ),
)
