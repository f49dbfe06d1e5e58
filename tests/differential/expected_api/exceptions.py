"""Differences of exceptions that are meant."""

from ..difference import Difference
from ..wire import ABSENT, PRESENT

OWN_CALL = "properties.$exception_list[0].stacktrace.frames.posthog.<own> 1"

DIFFERENCES = (
    Difference(
        "A context is no call: an exception that leaves it has the frames of the program alone, and is not written to.",
        (
            "escaping: an exception that leaves it",
            "escaping: an exception that leaves it as the client says",
            "escaping: an exception that leaves two",
            "escaping: an exception that becomes another between two",
            "escaping: its client captures exceptions only",
            "escaping: the modules captures exceptions",
            "escaping: the modules setting captures exceptions",
            "escaping: the default clients attribute captures exceptions",
            "subclasses: a subclass whose exceptions are its own",
        ),
        {f"events.$exception 1.{OWN_CALL}": (PRESENT, ABSENT)},
    ),
    Difference(
        "A context is no call: an exception that leaves it has the frames of the program alone, and is not written to.",
        ("escaping: an exception that becomes another between two",),
        {f"events.$exception 2.{OWN_CALL}": (PRESENT, ABSENT)},
    ),
    Difference(
        "An exception whose attributes fail is captured with the text it has.",
        ("exceptions: with a broken message",),
        {
            "answer.logged": ("ERROR", ""),
            "answer.returned": (None, "<id of $exception 1>"),
            "events.$exception 1": (ABSENT, PRESENT),
            "requests./batch/ 1": (ABSENT, PRESENT),
        },
    ),
    Difference(
        "An exception need not take a mark to be captured, once.",
        ("exceptions: frozen",),
        {"answer.logged": ("ERROR", ""), "answer.returned": (None, "<id of $exception 1>")},
    ),
    Difference(
        "An exception need not take a mark to be captured, once.",
        ("exceptions: a frozen one twice",),
        {
            "answer.logged": ("ERROR", ""),
            "answer.returned[0]": (None, "<id of $exception 1>"),
            "events.$exception 2": (PRESENT, ABSENT),
            "requests./batch/ 1.events": (2, 1),
        },
    ),
    Difference(
        "An exception without a traceback says where it was captured, however it was handed over.",
        ("exceptions: a triple without a traceback",),
        {
            "events.$exception 1.properties.$exception_list[0].mechanism.synthetic": (False, True),
            "events.$exception 1.properties.$exception_list[0].stacktrace": (ABSENT, PRESENT),
        },
    ),
    Difference(
        "Texts of exceptions are cut.",
        ("exceptions: a long text",),
        {"events.$exception 1.properties.$exception_list[0].value": (100000, 16384)},
    ),
    Difference(
        "Texts of exceptions are cut.",
        ("exceptions: a text too long for an event",),
        {
            "answer.logged": ("ERROR", ""),
            "events.$exception 1": (ABSENT, PRESENT),
            "requests./batch/ 1": (ABSENT, PRESENT),
        },
    ),
    Difference(
        "Of a long way the first and the last frames are kept.",
        ("frames: three hundred levels",),
        {"events.$exception 1.properties.$exception_list.frames": (303, 129)},
    ),
    Difference(
        "Of a long way the first and the last frames are kept.",
        ("frames: recursion without end",),
        {"events.$exception 1.properties.$exception_list.frames": (True, False)},
    ),
    Difference(
        "Of a long way the first and the last frames are kept.",
        ("frames: recursion without end and without a hook",),
        {"events.$exception 1.properties.small": (False, True)},
    ),
    Difference(
        "Code that is in no file is in no folder, and what is not known of it is not said.",
        ("frames: code without a file",),
        {
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.<module> 1.abs_path": (
                "<site>/<string>",
                "<string>",
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.<module> 1.context_line": (
                None,
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.<module> 1.in_app": (
                True,
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.<module> 1.post_context": (
                [],
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.<module> 1.pre_context": (
                [],
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.made 1.abs_path": (
                "<site>/<string>",
                "<string>",
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.made 1.context_line": (
                None,
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.made 1.in_app": (True, ABSENT),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.made 1.post_context": (
                [],
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.made 1.pre_context": ([], ABSENT),
        },
    ),
    Difference(
        "Code that is in no file is in no folder, and what is not known of it is not said.",
        ("frames: code without a module",),
        {
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.<module> 1.context_line": (
                None,
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.<module> 1.post_context": (
                [],
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.None.<module> 1.pre_context": (
                [],
                ABSENT,
            ),
        },
    ),
    Difference(
        "Code that is in no file is in no folder, and what is not known of it is not said.",
        ("frames: a loader that fails",),
        {
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.loaded.<module> 1.context_line": (
                None,
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.loaded.<module> 1.post_context": (
                [],
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.loaded.<module> 1.pre_context": (
                [],
                ABSENT,
            ),
        },
    ),
    Difference(
        "Code that is in no file is in no folder, and what is not known of it is not said.",
        ("lifecycle: an uncaught exception that ends a process",),
        {
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.__main__.<module> 1.abs_path": (
                "<site>/<string>",
                "<string>",
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.__main__.<module> 1.context_line": (
                None,
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.__main__.<module> 1.in_app": (
                True,
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.__main__.<module> 1.post_context": (
                [],
                ABSENT,
            ),
            "events.$exception 1.properties.$exception_list[0].stacktrace.frames.__main__.<module> 1.pre_context": (
                [],
                ABSENT,
            ),
        },
    ),
    Difference(
        "A line that is too long is cut.",
        ("frames: a line of two thousand characters",),
        {"events.$exception 1.properties.$exception_list": (None, 1024)},
    ),
    Difference(
        "A folder whose name begins like the project's is another.",
        ("frames: of a project whose name begins alike",),
        {"events.$exception 1.properties.$exception_list.<module>": (True, "not said")},
    ),
    Difference(
        "An exception says whether the program has handled it.",
        (
            "lifecycle: an uncaught exception that ends a process",
            "uncaught: uncaught",
            "uncaught: uncaught on a thread",
            "uncaught: uncaught with two clients",
        ),
        {"events.$exception 1.properties.$exception_handled": (ABSENT, False)},
    ),
    Difference(
        "An interrupt ends a program on purpose.",
        ("uncaught: an uncaught interrupt",),
        {"events.$exception 1": (PRESENT, ABSENT), "requests./batch/ 1": (PRESENT, ABSENT)},
    ),
)
