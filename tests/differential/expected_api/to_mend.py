"""Differences that are not meant: each has to go, and its entry with it."""

from ..difference import Difference
from ..wire import ABSENT, PRESENT

DIFFERENCES = (
    Difference(
        "Groups that are no dict cost the event.",
        ("calls: groups that are a text", "calls: groups that are a list"),
        {
            "answer.logged": ("", "ERROR"),
            "answer.returned": ("<id of seen 1>", None),
            "events.seen 1": (PRESENT, ABSENT),
            "requests./batch/ 1": (PRESENT, ABSENT),
        },
    ),
    Difference(
        "An event named by an enum of texts, or by bytes, has another name than its text.",
        ("values: an enum of texts, as the name of an event",),
        {"events.Colour.RED 1": (ABSENT, PRESENT), "events.red 1": (PRESENT, ABSENT)},
    ),
    Difference(
        "An event named by an enum of texts, or by bytes, has another name than its text.",
        ("values: bytes, as the name of an event",),
        {"events.b'name' 1": (ABSENT, PRESENT), "events.name 1": (PRESENT, ABSENT)},
    ),
    Difference(
        "A distinct id that is an enum of texts is another than its text.",
        ("values: an enum as a distinct id",),
        {"events.seen 1.distinct_id": ("red", "Colour.RED")},
    ),
    Difference(
        "The options of code variables cannot be set for a context.",
        ("contexts: options of code variables",),
        {"answer.raised": (ABSENT, "AttributeError"), "answer.returned": (PRESENT, ABSENT)},
    ),
    Difference(
        "The module shows what is for its own use, and types that are text.",
        ("module: settings of an import",),
        {
            "answer.returned.ExceptionArg": (ABSENT, "BaseException | ExcInfo"),
            "answer.returned.ID_TYPES": (ABSENT, "int | float | str | UUID"),
            "answer.returned.TYPE_CHECKING": (ABSENT, False),
        },
    ),
    Difference(
        "Functions of feature flags are not said to be deprecated.",
        ("module: flags of a client that is disabled",),
        {"answer.deprecated": (True, False)},
    ),
    Difference(
        "A hook sees text instead of dates and times.",
        ("hooks: what it sees",),
        {"answer.returned[1].date": ("date", "str"), "answer.returned[1].time": ("datetime", "str")},
    ),
    Difference(
        "A client that was shut down accepts events it would not send.",
        ("lifecycle: after shutdown while nothing is sent",),
        {"answer.logged": ("WARNING", ""), "answer.returned": (None, "<generated 1>")},
    ),
    Difference(
        "An event after the end is an error in the log of a synchronous client, not a warning.",
        ("lifecycle: after shutdown in synchronous mode",),
        {"answer.logged": ("WARNING", "ERROR")},
    ),
    Difference(
        "In capture v1 `on_error` gets another error than officially.",
        ("server: 400 in v1", "server: 413 in v1"),
        {"answer.returned.lost[0][0]": ("CaptureV1Error", "APIError")},
    ),
    Difference(
        "In capture v1 `on_error` gets another error than officially.",
        ("server: v1, one is dropped",),
        {
            "answer.returned[0][0]": ("CaptureV1Error", "ServerUnreachableError"),
            "answer.returned[0][1]": (200, None),
            "answer.returned[0][2]": ("event 0, event 1, event 2", "event 1"),
            "answer.returned[0][3]": (PRESENT, []),
        },
    ),
    Difference(
        "Exceptions do not go through the client's own `capture`.",
        ("subclasses: a subclass that adds to every event",),
        {"events.$exception 1.properties.added": (True, ABSENT)},
    ),
    Difference(
        "Exceptions do not go through the client's own `capture`.",
        ("subclasses: a patched method hears of exceptions",),
        {"answer.returned": (1, 0), "events.$exception 1": (ABSENT, PRESENT), "requests./batch/ 1": (ABSENT, PRESENT)},
    ),
    Difference(
        "A mock of the class with its signatures refuses calls that are right.",
        ("subclasses: a class patched by its signature", "subclasses: a mock by the class"),
        {"answer.raised": (ABSENT, "TypeError"), "answer.returned": (PRESENT, ABSENT)},
    ),
    Difference(
        "There is no `_enqueue` to patch.",
        ("subclasses: the queue of the client",),
        {"answer.raised": (ABSENT, "AttributeError"), "answer.returned": (PRESENT, ABSENT)},
    ),
    Difference(
        "A time before the first year is sent as a date that there is not.",
        ("timestamps: before the first year",),
        {
            "answer.logged": ("ERROR", ""),
            "answer.returned": (False, True),
            "events.seen 1": (ABSENT, PRESENT),
            "requests./batch/ 1": (ABSENT, PRESENT),
        },
    ),
    Difference(
        "The end of the last year is not understood.",
        ("timestamps: the last year",),
        {"answer.logged": ("", "WARNING"), "events.seen 1.timestamp": ("9999-12-31T23:59:59+00:00", "<now>+00:00")},
    ),
    Difference(
        "Weeks of ISO 8601 are not understood.",
        ("timestamps: text, week",),
        {"answer.logged": ("", "WARNING"), "events.seen 1.timestamp": ("2020-01-02T03:04:05+00:00", "<now>+00:00")},
    ),
    Difference(
        "The local zone is that of the first time, also after the program has changed it.",
        ("timestamps: a local time of two seconds ago", "timestamps: a local time of two seconds ago as text"),
        {"events.seen 1.timestamp": ("<now>+00:00", "<now+11>+00:00")},
    ),
    Difference(
        "An id of an event that has no text costs the event.",
        ("uuids: no text",),
        {
            "answer.returned": ("<id of seen 1>", None),
            "events.seen 1": (PRESENT, ABSENT),
            "requests./batch/ 1": (PRESENT, ABSENT),
        },
    ),
    Difference(
        "An id of a hook that is none is replaced without a word.",
        ("uuids: replaced by before_send with nonsense", "uuids: replaced by before_send with a number"),
        {"answer.logged": ("ERROR", "")},
    ),
    Difference(
        "Bytes that are no text are null without a word.",
        ("values: bytes that are no text",),
        {"answer.logged": ("WARNING", "")},
    ),
)
