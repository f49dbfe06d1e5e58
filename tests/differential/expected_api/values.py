"""Differences of values, times and ids that are meant."""

from ..difference import Difference
from ..wire import ABSENT, PRESENT

DIFFERENCES = (
    Difference(
        "Half a character is none: readers of JSON refuse it.",
        ("exceptions: of a surrogate",),
        {"events.$exception 1.properties.$exception_list[0].value": ("a\ud800b", "a\ufffdb")},
    ),
    Difference(
        "Half a character is none: readers of JSON refuse it.",
        ("values: a lone surrogate",),
        {"events.seen 1.properties.value": ("a\ud800b", "a\ufffdb")},
    ),
    Difference(
        "Numbers of more than 64 bits are text: most readers would round them.",
        ("values: a number of 65 bits",),
        {"events.seen 1.properties.value": (18446744073709551616, "18446744073709551616")},
    ),
    Difference(
        "What cannot be written is null, cut, or named, and costs no event.",
        (
            "values: a number of 5000 digits",
            "values: keys that are tuples",
            "values: keys that are uuids",
            "values: keys that are bytes",
            "values: keys that are dates",
            "values: a complex number",
            "values: a fraction",
        ),
        {"answer.logged": ("ERROR", ""), "events.seen 1": (ABSENT, PRESENT), "requests./batch/ 1.events": (2, 3)},
    ),
    Difference(
        "What cannot be written is null, cut, or named, and costs no event.",
        (
            "values: a signalling decimal",
            "values: a model that fails",
            "values: a cycle",
            "values: a thousand levels",
            "values: a hundred thousand levels",
        ),
        {
            "answer.logged": ("ERROR", ""),
            "answer.returned": (False, True),
            "events.seen 1": (ABSENT, PRESENT),
            "requests./batch/ 1.events": (2, 3),
        },
    ),
    Difference(
        "What cannot be written is null, cut, or named, and costs no event.",
        (
            "values: keys that are tuples, as a tag",
            "values: a complex number, as a tag",
            "values: what cannot be written in debug",
        ),
        {"answer.logged": ("ERROR", ""), "events.seen 1": (ABSENT, PRESENT), "requests./batch/ 1": (ABSENT, PRESENT)},
    ),
    Difference(
        "What cannot be written is null, cut, or named, and costs no event.",
        ("values: a cycle, as a tag", "values: what cannot be written in synchronous mode"),
        {
            "answer.logged": ("ERROR", ""),
            "answer.returned": (False, True),
            "events.seen 1": (ABSENT, PRESENT),
            "requests./batch/ 1": (ABSENT, PRESENT),
        },
    ),
    Difference(
        "A path is text.",
        ("values: a path",),
        {"events.seen 1.properties.value": (None, "/a/b")},
    ),
    Difference(
        "What is too large is cut, and named.",
        ("values: too large for an event",),
        {"answer.logged": ("ERROR", ""), "events.seen 1": (ABSENT, PRESENT), "requests./batch/ 1.events": (1, 2)},
    ),
    Difference(
        "What is too large is cut, and named.",
        ("values: too large in synchronous mode",),
        {"events.seen 1.properties.$truncated": (ABSENT, PRESENT), "events.seen 1.properties.large": (1000000, 916749)},
    ),
    Difference(
        "A time is understood in more of its spellings.",
        ("timestamps: text, small z", "timestamps: text, blanks around"),
        {"answer.logged": ("WARNING", ""), "events.seen 1.timestamp": ("<now>+00:00", "2020-01-02T03:04:05+00:00")},
    ),
    Difference(
        "A time is understood in more of its spellings.",
        ("timestamps: text, leap second",),
        {"answer.logged": ("WARNING", ""), "events.seen 1.timestamp": ("<now>+00:00", "2016-12-31T23:59:59+00:00")},
    ),
    Difference(
        "The error says what is wrong with the time.",
        ("timestamps: a number in debug",),
        {"answer.raised": ("AttributeError", "TypeError")},
    ),
    Difference(
        "A time that is none costs the time and not the event.",
        ("timestamps: before the first year",),
        {
            "answer.logged": ("ERROR", "WARNING"),
            "answer.returned": (False, True),
            "events.seen 1": (ABSENT, PRESENT),
            "requests./batch/ 1": (ABSENT, PRESENT),
        },
    ),
    Difference(
        "The last day of the calendar is no time of an event.",
        ("timestamps: the last year",),
        {"answer.logged": ("", "WARNING"), "events.seen 1.timestamp": ("9999-12-31T23:59:59+00:00", "<now>+00:00")},
    ),
    Difference(
        "That bytes are no text is said at level DEBUG: a value in every event would fill the log.",
        ("values: bytes that are no text",),
        {"answer.logged": ("WARNING", "")},
    ),
)
