"""Differences of code variables: what is shown better, or more safely."""

from ..difference import Difference
from ..wire import ABSENT

VALUE = "events.$exception 1.properties.$exception_list[0][1].value"
CAUSE = "events.$exception 1.properties.$exception_list"

MODULE = (
    '{"__name__": "posthog.version", "__doc__": null, "__package__": "posthog", "__loader__": {"name'
    '": "posthog.version", "path": "<packages>/posthog/version.py", "__class__": "SourceFileLoader"}'
    ', "__spec__": {"name": "posthog.version", "loader": "<circular ref>", "origin": "<packages>/pos'
    'thog/version.py", "loader_state": null, "submodule_search_locations": null, "_uninitialized_sub'
    'modules": [], "_set_fileattr": true, "_cached": "<packages>/posthog/__pycache__/version.cpython'
    '-311.pyc", "_initializing": false, "__class__": "ModuleSpec"}, "__file__": "<packages>/posthog/'
    'version.py", "__cached__": "<packages>/posthog/__pycache__/version.cpython-311.pyc", "__builtin'
    's__": "$$_posthog_value_too_long_$$", "VERSION": "7.91.1", "__class__": "module"}'
)

DIFFERENCES = (
    Difference(
        "JSON shows letters as they are; escapes would take their room and nobody reads them.",
        ("variables: texts",),
        {
            VALUE: ('["a", "\\u00e9", "", "one\\ntwo", "\\"quoted\\""]', '["a", "é", "", "one\\ntwo", "\\"quoted\\""]'),
        },
    ),
    Difference(
        "An integer that JSON readers cannot hold is its digits, as in properties.",
        ("variables: a large int",),
        {
            VALUE: (1000000000000000000000000000000, "1000000000000000000000000000000"),
        },
    ),
    Difference(
        "A set is a list, each of its items masked; its text would run the code of its items.",
        ("variables: a set",),
        {
            VALUE: ("{1}", "[1]"),
        },
    ),
    Difference(
        "Attributes are shown wherever they lie, and no `__repr__` of the program runs.",
        ("variables: an object with slots",),
        {
            VALUE: ("<observed_api.variables.Slotted object at 0x<address>>", '{"a": 1, "__class__": "Slotted"}'),
        },
    ),
    Difference(
        "Attributes are shown wherever they lie, and no `__repr__` of the program runs.",
        ("variables: an object without a text",),
        {
            VALUE: ("<Broken>", '{"__class__": "Broken"}'),
        },
    ),
    Difference(
        "Attributes are shown wherever they lie, and no `__repr__` of the program runs.",
        ("variables: an exception",),
        {
            VALUE: ("ValueError('a value')", '{"args": ["a value"], "__class__": "ValueError"}'),
        },
    ),
    Difference(
        "A module is its name: what it defines says nothing about the exception.",
        ("variables: a module",),
        {
            VALUE: (
                MODULE,
                "<module 'posthog.version'>",
            ),
        },
    ),
    Difference(
        "A pattern that is none is named in the log, and the default ones are used beside the others.",
        ("variables: a mask pattern that is none",),
        {
            "answer.logged": ("", "WARNING"),
            VALUE: (
                '{"password": "p", "plain": 1}',
                '{"password": "$$_posthog_redacted_based_on_masking_rules_$$", "plain": 1}',
            ),
        },
    ),
    Difference(
        "A named tuple has its names also where nothing is masked.",
        ("variables: nothing is masked",),
        {
            VALUE: (
                '{"password": "p", "object": [1, 2]}',
                '{"password": "p", "object": {"x": 1, "y": 2, "__class__": "Point"}}',
            ),
        },
    ),
    Difference(
        "Each exception of a chain shows the variables of its own frames.",
        ("variables: of a cause",),
        {
            f"{CAUSE}[1][1].client": ("$$_posthog_value_too_long_$$", ABSENT),
            f"{CAUSE}[1][1].error": ("RuntimeError(1)", ABSENT),
            f"{CAUSE}[1][1].fail": ("<function of_a_cause.<locals>.outer at 0x<address>>", ABSENT),
            f"{CAUSE}[1][1].in_the_outer": (ABSENT, 1),
            f"{CAUSE}[2][1].in_the_outer": (1, ABSENT),
            f"{CAUSE}[2][1].plain": (ABSENT, "inner"),
            f"{CAUSE}[2][1].value": (ABSENT, "inner"),
        },
    ),
)
