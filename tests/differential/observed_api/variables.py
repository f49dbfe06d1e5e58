"""Code variables: which are shown with a frame, how, and which are masked."""

import dataclasses
import datetime as dt
import decimal
import uuid
from typing import Any, NamedTuple

import posthog

from .case import Broken, add_scenario, execute, scenario


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Card:
    owner: str
    password: str


class Plain:
    def __init__(self):
        self.a = 1
        self.token = "abc"

    @property
    def never(self):
        raise RuntimeError("getters are not called")


class Slotted:
    __slots__ = ("a",)

    def __init__(self):
        self.a = 1


def _only_variables(event):
    """Leave of an exception the variables of its frames, but for those that are the same everywhere."""
    entries = event["properties"]["$exception_list"]
    frames = [frame for entry in entries for frame in entry.get("stacktrace", {}).get("frames", [])]
    event["properties"]["$exception_list"] = [
        [frame["function"], frame["code_variables"]]
        for frame in frames
        if "code_variables" in frame and frame["function"] != _captured.__name__
    ]
    return event


def _cycle():
    cycle: dict[str, Any] = {}
    cycle["self"] = cycle
    return cycle


def _deep(levels):
    deep: Any = "end"
    for _ in range(levels):
        deep = {"in": deep}
    return deep


VALUES = {
    "texts": lambda: ["a", "é", "", "one\ntwo", '"quoted"'],
    "a plain text": lambda: "plain",
    "numbers": lambda: [1, 1.5, -3],
    "an int": lambda: 91,
    "a float": lambda: 1.5,
    "a large int": lambda: 10**30,
    "nan": lambda: float("nan"),
    "none": lambda: None,
    "true": lambda: True,
    "a dict": lambda: {"a": 1, "b": [1, 2], "c": None},
    "a dict of numbers": lambda: {1: "one"},
    "a list": lambda: [1, "a", None, True],
    "a tuple": lambda: (1, "a"),
    "a set": lambda: {1},
    "a named tuple": lambda: Point(1, 2),
    "a dataclass": lambda: Card("ann", "hidden"),
    "an object": Plain,
    "an object with slots": Slotted,
    "an object without a text": Broken,
    "bytes": lambda: b"bytes",
    "a decimal": lambda: decimal.Decimal("1.5"),
    "a uuid": lambda: uuid.UUID(int=7),
    "a date": lambda: dt.date(2020, 1, 2),
    "an exception": lambda: ValueError("a value"),
    "a class": lambda: Plain,
    "a module": lambda: posthog.version,
    "a text of 1023 characters": lambda: "a b " * 255 + "abc",
    "a text of 1025 characters": lambda: "a b " * 256 + "a",
    "a text of 2048 characters": lambda: "a b " * 512,
    "a text of 2049 characters": lambda: "a b " * 512 + "a",
    "a list of 50": lambda: list(range(50)),
    "a list of 51": lambda: list(range(51)),
    "a dict of 51": lambda: {str(number): number for number in range(51)},
    "eleven levels": lambda: _deep(11),
    "thirteen levels": lambda: _deep(13),
    "a cycle": _cycle,
    "a hundred nodes": lambda: [[0] * 10 for _ in range(11)],
    # masked by name
    "a dict with a password": lambda: {"password": "hidden", "user": "ann", "api_key": "hidden"},
    "a dict within": lambda: {"outer": {"token": "hidden", "plain": "shown"}},
    "a text about a password": lambda: "the password is here",
    "a text about an author": lambda: "the author of it",
    "a query with a signature": lambda: "https://example.com/?sig=abc&page=2",
    # credentials
    "a url with credentials": lambda: "postgres://user:hunter2@db.example.com/shop",
    "a url with a user": lambda: "postgres://user@db.example.com/shop",
    "a url with a password alone": lambda: "redis://:hunter2@cache.example.com",
    "a url without": lambda: "https://example.com/page?x=1",
    "an at in the password": lambda: "amqp://user:p@ss@example.com",
    "a bearer": lambda: "Bearer abcdef1234567890",
    "a bearer of a word": lambda: "bearer tomorrow",
    "basic credentials": lambda: "Basic dXNlcjpwYXNz",
    # what looks like a secret
    "a key of aws": lambda: "AKIA" + "IOSFODNN7EXAMPLE",
    "a key of stripe": lambda: "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
    "a key of github": lambda: "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "a key of google": lambda: "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "a json web token": lambda: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "a private key": lambda: "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
    "of high entropy": lambda: "q7X!p2Zr9Lk4Wd8Vn3",
    "a hash": lambda: "5d41402abc4b2a76b9719d911017c592",
    "a uuid as text": lambda: "123e4567-e89b-12d3-a456-426614174000",
    "a path": lambda: "/srv/application/static/styles.css",
    "a sentence": lambda: "The Quick brown fox jumps over 13 lazy dogs",
}


def _with_variable(make, name="value", **options):
    def act(case):
        client = case.client(capture_exception_code_variables=True, before_send=_only_variables, **options)
        namespace = {"__name__": "made", "make": make}
        source = f"def fails():\n    {name} = make()\n    raise ValueError('fails')\nfails()"
        try:
            execute(compile(source, f"{client.project_root or '.'}/made.py", "exec"), namespace)
        except ValueError as error:
            error.__traceback__ = error.__traceback__.tb_next.tb_next.tb_next  # of the function alone
            return client.capture_exception(error, distinct_id="user") is not None

    return act


HERE = {"project_root": "/srv/made"}

for _name, _make in VALUES.items():
    add_scenario(f"variables: {_name}", _with_variable(_make, **HERE))

for _variable in (
    "password",
    "user_secret",
    "API_KEY",
    "author",
    "token",
    "my_pass",
    "passenger",
    "dsn",
    "jwt",
    "connstr",
    "__dunder",
    "_private",
    "card_number",
):
    add_scenario(f"variables: called {_variable}", _with_variable(lambda: "shown", _variable, **HERE))

OPTIONS = {
    "own mask patterns": {"code_variables_mask_patterns": ["(?i)value"]},
    "no mask patterns": {"code_variables_mask_patterns": []},
    "a mask pattern that is none": {"code_variables_mask_patterns": ["("]},
    "own ignore patterns": {"code_variables_ignore_patterns": ["^val"]},
    "no ignore patterns": {"code_variables_ignore_patterns": []},
}
for _name, _options in OPTIONS.items():
    add_scenario(f"variables: {_name}", _with_variable(lambda: {"password": "p", "plain": 1}, **HERE, **_options))
add_scenario(
    "variables: url credentials are shown",
    _with_variable(VALUES["a url with credentials"], **HERE, code_variables_mask_url_credentials=False),
)
add_scenario(
    "variables: secrets are not looked for",
    _with_variable(VALUES["of high entropy"], **HERE, code_variables_detect_secrets=False),
)
add_scenario(
    "variables: nothing is masked",
    _with_variable(
        lambda: {"password": "p", "object": Point(1, 2)},
        **HERE,
        code_variables_mask_patterns=[],
        code_variables_mask_url_credentials=False,
        code_variables_detect_secrets=False,
    ),
)


def _fail_with(value):
    plain = value
    raise ValueError(plain)


def _captured(client, fail):
    try:
        fail()
    except Exception as error:
        return client.capture_exception(error, distinct_id="user") is not None


@scenario()
def off_by_default(case):
    return _captured(case.client(before_send=_only_variables), lambda: _fail_with("a value"))


@scenario()
def on(case):
    client = case.client(capture_exception_code_variables=True, before_send=_only_variables)
    return _captured(client, lambda: _fail_with("a value"))


@scenario()
def switched_on_by_the_context(case):
    client = case.client(before_send=_only_variables)
    with client.new_context():
        posthog.set_capture_exception_code_variables_context(True)
        return _captured(client, lambda: _fail_with("a value"))


@scenario()
def switched_off_by_the_context(case):
    client = case.client(capture_exception_code_variables=True, before_send=_only_variables)
    with client.new_context():
        posthog.set_capture_exception_code_variables_context(False)
        return _captured(client, lambda: _fail_with("a value"))


@scenario()
def patterns_of_the_context(case):
    client = case.client(capture_exception_code_variables=True, before_send=_only_variables)
    with client.new_context():
        posthog.set_code_variables_mask_patterns_context(["plain"])
        posthog.set_code_variables_ignore_patterns_context(["^value"])
        return _captured(client, lambda: _fail_with("shown"))


@scenario()
def switched_on_later(case):
    client = case.client(before_send=_only_variables)
    client.capture_exception_code_variables = True
    return _captured(client, lambda: _fail_with("a value"))


@scenario()
def of_frames_that_are_not_the_projects(case):
    client = case.client(capture_exception_code_variables=True, project_root="/nowhere", before_send=_only_variables)
    return _captured(client, lambda: _fail_with("a value"))


@scenario()
def of_a_cause(case):
    client = case.client(capture_exception_code_variables=True, before_send=_only_variables)

    def outer():
        in_the_outer = 1
        try:
            _fail_with("inner")
        except ValueError as error:
            raise RuntimeError(in_the_outer) from error

    return _captured(client, outer)


@scenario()
def more_than_an_event_takes(case):
    def count(event):
        (variables,) = (
            frame["code_variables"]
            for frame in event["properties"]["$exception_list"][0]["stacktrace"]["frames"]
            if frame["function"] == "many"
        )
        event["properties"]["$exception_list"] = len(variables)
        return event

    client = case.client(capture_exception_code_variables=True, project_root="/srv/made", before_send=count)
    source = "\n".join(
        [
            "def many():",
            *(f"    variable_{number:02} = 'a b ' * 250" for number in range(30)),
            "    raise ValueError('many')",
            "many()",
        ]
    )
    return _captured(client, lambda: execute(compile(source, "/srv/made/made.py", "exec"), {"__name__": "made"}))
