"""Differences of calls, and of what is behind them, that are meant."""

from ..difference import Difference
from ..wire import ABSENT, PRESENT

DIFFERENCES = (
    Difference(
        "The name of an event is text on the wire: a server refuses any other.",
        ("calls: a name that is none",),
        {"events.None 1.event": (None, "None")},
    ),
    Difference(
        "The name of an event is text on the wire: a server refuses any other.",
        ("calls: a name that is a number",),
        {"events.5 1.event": (5, "5")},
    ),
    Difference(
        "The name of an event is text on the wire: a server refuses any other.",
        ("values: a list, as the name of an event",),
        {"events.['name'] 1.event": (PRESENT, "['name']")},
    ),
    Difference(
        "The name of an event is text on the wire: a server refuses any other.",
        ("values: a plain enum, as the name of an event",),
        {"events.None 1": (PRESENT, ABSENT), "events.Plain.ONE 1": (ABSENT, PRESENT)},
    ),
    Difference(
        "Ids are text as soon as they are said.",
        ("contexts: a visit that is a number",),
        {"events.seen 1.properties.$session_id": (5, "5")},
    ),
    Difference(
        "Ids are text as soon as they are said.",
        ("identity: a number of the context",),
        {"answer.returned": (5, "5")},
    ),
    Difference(
        "Names of tags are text on the wire, also in the list of them.",
        ("contexts: a tag named by a number",),
        {
            "events.seen 1.properties.$context_tags.5": (ABSENT, True),
            "events.seen 1.properties.$context_tags.5, no text": (True, ABSENT),
        },
    ),
    Difference(
        "A second client of a project is no mistake: nothing is lost by it.",
        (
            "calls: names of old versions are gone",
            "default_client: another client later",
            "default_client: no client again",
            "escaping: its client captures exceptions only",
            "exceptions: twice by two clients",
            "exceptions: again after it was dropped",
            "uncaught: uncaught with two clients",
        ),
        {"answer.logged": ("WARNING", "")},
    ),
    Difference(
        "Options without an effect are named in the log.",
        (
            "module: settings that reach the client",
            "module: flags of a client that is disabled",
            "modes: three threads",
        ),
        {"answer.logged": ("", "WARNING")},
    ),
    Difference(
        "A module setting that was never assigned overwrites nothing of a client that the program has put there.",
        ("default_client: a client of the programs own with a hook",),
        {"events.hooked 1": (ABSENT, PRESENT), "events.seen 1": (PRESENT, ABSENT)},
    ),
    Difference(
        "A module setting that was never assigned overwrites nothing of a client that the program has put there.",
        ("default_client: a client of the programs own in debug",),
        {"answer.returned": (False, True)},
    ),
    Difference(
        "A module setting that was never assigned overwrites nothing of a client that the program has put there.",
        ("default_client: a client of the programs own that is disabled",),
        {"answer.returned": (True, False), "events.seen 1": (PRESENT, ABSENT), "requests./batch/ 1": (PRESENT, ABSENT)},
    ),
    Difference(
        "Whatever has the methods of a client may stand behind the module.",
        ("default_client: a client that is no client",),
        {"answer.raised": ("AttributeError", ABSENT), "answer.returned": (ABSENT, PRESENT)},
    ),
    Difference(
        "Super properties that are none cost no event.",
        ("layers: super properties that are a text", "layers: super properties that are a list"),
        {
            "answer.logged": ("ERROR", ""),
            "answer.returned": (None, "<id of seen 1>"),
            "events.seen 1": (ABSENT, PRESENT),
            "requests./batch/ 1": (ABSENT, PRESENT),
        },
    ),
    Difference(
        "What is given is not changed.",
        ("persons: set does not change what it is given",),
        {"answer.returned.$context_tags": ("<set>", ABSENT)},
    ),
    Difference(
        "Properties of a person that are none are refused, and the log says so.",
        ("persons: set with a text",),
        {
            "answer.logged": ("", "ERROR"),
            "answer.returned": ("<id of $set 1>", None),
            "events.$set 1": (PRESENT, ABSENT),
            "requests./batch/ 1": (PRESENT, ABSENT),
        },
    ),
    Difference(
        "Properties of a person that are none are refused, and the log says so.",
        ("persons: set with a text in debug",),
        {
            "answer.raised": (ABSENT, "TypeError"),
            "answer.returned": ("<id of $set 1>", ABSENT),
            "events.$set 1": (PRESENT, ABSENT),
            "requests./batch/ 1": (PRESENT, ABSENT),
        },
    ),
    Difference(
        "A client without a key that is switched off all the same is as it was asked to be.",
        ("modes: an empty key, disabled",),
        {"answer.logged": ("ERROR", "")},
    ),
    Difference(
        "A client shows more of its options.",
        ("modes: attributes",),
        {"answer.returned.flush_at": ("<missing>", 7), "answer.returned.flush_interval": ("<missing>", 5.0)},
    ),
    Difference(
        "No package is needed for it.",
        ("v1: zstd",),
        {"answer.raised": ("ValueError", ABSENT), "answer.returned": (ABSENT, "zstd")},
    ),
    Difference(
        "Groups that are no dict mean nothing to a server: the event goes without them, and the log says so.",
        ("calls: groups that are a text",),
        {"answer.logged": ("", "ERROR"), "events.seen 1.properties.$groups": ("acme", ABSENT)},
    ),
    Difference(
        "Groups that are no dict mean nothing to a server: the event goes without them, and the log says so.",
        ("calls: groups that are a list",),
        {"answer.logged": ("", "ERROR"), "events.seen 1.properties.$groups": (PRESENT, ABSENT)},
    ),
    Difference(
        "The module shows one name more of those that type checkers need.",
        ("module: settings of an import",),
        {"answer.returned.TYPE_CHECKING": (ABSENT, False)},
    ),
    Difference(
        "Events are sealed natively: there is no method that queues them.",
        ("subclasses: the queue of the client",),
        {"answer.raised": (ABSENT, "AttributeError"), "answer.returned": (PRESENT, ABSENT)},
    ),
)
