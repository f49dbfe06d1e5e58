"""What `$exception_list` says about exceptions, ordinary and broken ones."""

import dataclasses
import linecache
import os
import sys
import traceback
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup  # pytest brings it

from posthog import Posthog

HERE = str(Path(__file__).resolve().parent)


class Reporter:
    """A client that sends nothing and keeps what it would have sent."""

    def __init__(self, **options: Any) -> None:
        self.events: list[dict[str, Any]] = []
        self.client = Posthog("phc_test", send=False, before_send=self._keep, **options)

    def _keep(self, event: dict[str, Any]) -> dict[str, Any]:
        self.events.append(event)
        return event

    def entries(self, *given: Any) -> list[dict[str, Any]]:
        assert self.client.capture_exception(*given) is not None
        return self.events[-1]["properties"]["$exception_list"]

    def frames(self, *given: Any) -> list[dict[str, Any]]:
        return self.entries(*given)[0]["stacktrace"]["frames"]


@pytest.fixture
def reporter():
    reporter = Reporter(project_root=HERE)
    yield reporter
    reporter.client.shutdown()


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write and import a module; its path and package follow from its dotted name."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def make(name: str, source: str | bytes, *, packages: bool = True) -> ModuleType:
        *parents, base = name.split(".")
        folder = tmp_path
        for depth, parent in enumerate(parents):
            folder /= parent
            folder.mkdir(exist_ok=True)
            made.append(".".join(parents[: depth + 1]))
            if packages:
                (folder / "__init__.py").touch()
        (folder / f"{base}.py").write_bytes(source if isinstance(source, bytes) else source.encode())
        made.append(name)
        __import__(name)
        return sys.modules[name]

    yield make
    for name in made:
        sys.modules.pop(name, None)


def raised(error: BaseException) -> BaseException:
    """Return the error after raising it, so that it has a traceback."""
    try:
        raise error
    except BaseException as caught:
        return caught


def caught(function: Any, *args: Any) -> BaseException:
    try:
        function(*args)
    except BaseException as error:
        return error
    pytest.fail("nothing was raised")


class Outer:
    class InnerError(Exception):
        pass


def test_an_exception_is_told_with_its_class_message_and_boundary(reporter):
    (entry,) = reporter.entries(raised(Outer.InnerError("cannot charge")))
    assert (entry["type"], entry["value"], entry["module"]) == ("Outer.InnerError", "cannot charge", __name__)
    assert entry["mechanism"] == {"exception_id": 0, "type": "generic", "handled": True, "synthetic": False}


def test_the_module_of_a_builtin_exception_is_null(reporter):
    (entry,) = reporter.entries(raised(ValueError("x")))
    assert "module" in entry
    assert entry["module"] is None


def test_frames_run_from_the_outermost_call_to_the_crash(reporter):
    def inner():
        raise ValueError("x")

    def outer():
        inner()

    frames = reporter.frames(caught(outer))
    assert [frame["function"] for frame in frames] == ["caught", "outer", "inner"]
    assert all(frame["platform"] == "python" for frame in frames)


def test_a_frame_shows_the_line_and_five_on_each_side(reporter, module):
    lines = [f"# {number}" for number in range(1, 21)]
    lines[9:11] = ["def fail():", "    raise ValueError('x')"]
    broken = module("broken_shop", "\n".join(lines))
    crash = reporter.frames(caught(broken.fail))[-1]
    assert crash["lineno"] == 11
    assert crash["pre_context"] == ["# 6", "# 7", "# 8", "# 9", "def fail():"]
    assert crash["context_line"] == "    raise ValueError('x')"
    assert crash["post_context"] == ["# 12", "# 13", "# 14", "# 15", "# 16"]


def test_the_line_is_the_tracebacks_even_when_the_frame_ran_on(reporter):
    try:
        raise ValueError("x")
    except ValueError as error:
        line = error.__traceback__.tb_lineno
        (frame,) = reporter.frames(error)
    assert frame["lineno"] == line
    assert frame["context_line"].strip() == 'raise ValueError("x")'


def test_line_endings_are_stripped_and_long_lines_cut(reporter, module):
    long = "x = '" + "é" * 600 + "'"
    broken = module("broken_shop", f"{long}\r\ndef fail():\r\n    raise ValueError('x')\r\n")
    crash = reporter.frames(caught(broken.fail))[-1]
    assert crash["context_line"] == "    raise ValueError('x')"
    cut, function = crash["pre_context"]
    assert function == "def fail():"
    assert long.startswith(cut)
    assert 1000 < len(cut.encode()) <= 1024


def test_a_source_file_that_names_its_encoding_is_shown_in_it(reporter, module):
    source = "# -*- coding: latin-1 -*-\nname = 'René'\ndef fail():\n    raise ValueError(name)\n"
    broken = module("broken_shop", source.encode("latin-1"))
    crash = reporter.frames(caught(broken.fail))[-1]
    assert crash["pre_context"][1:] == ["name = 'René'", "def fail():"]
    assert reporter.entries(caught(broken.fail))[0]["value"] == "René"


def test_a_file_is_shown_relative_to_its_package(reporter, module, tmp_path):
    source = "def fail():\n    raise ValueError('x')\n"
    for name, packages, filename in [
        ("broken_shop.carts.views", True, "broken_shop/carts/views.py"),
        ("broken_space.views", False, "broken_space/views.py"),
        ("broken_single", True, "broken_single.py"),
    ]:
        crash = reporter.frames(caught(module(name, source, packages=packages).fail))[-1]
        assert crash["filename"] == filename
        assert crash["abs_path"] == str(tmp_path / name.replace(".", "/")) + ".py"
        assert crash["module"] == name


def test_a_file_named_unlike_its_module_is_shown_from_beside_the_package(reporter, module, tmp_path):
    shop = module("broken_shop.views", "")
    template = tmp_path / "broken_shop" / "cart.html"
    template.write_text("<p>\n{{ total }}\n")
    code = compile("\ndef render(): 1 / 0", template, "exec")
    exec(code, vars(shop))  # noqa: S102 - as template engines do
    crash = reporter.frames(caught(shop.render))[-1]
    assert (crash["filename"], crash["context_line"]) == ("broken_shop/cart.html", "{{ total }}")


def test_modules_in_a_zip_file_show_their_source(reporter, tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("broken_zipped.py", "# inside\ndef fail():\n    raise ValueError('x')\n")
    monkeypatch.syspath_prepend(tmp_path / "app.zip")
    try:
        crash = reporter.frames(caught(__import__("broken_zipped").fail))[-1]
    finally:
        sys.modules.pop("broken_zipped", None)
    assert crash["pre_context"] == ["# inside", "def fail():"]
    assert crash["filename"] == "broken_zipped.py"


def test_interactive_code_shows_what_python_knows_of_it_and_is_no_file(reporter, monkeypatch):
    monkeypatch.setitem(linecache.cache, "<cell 7>", (9, None, ["total = 1 / 0\n"], "<cell 7>"))
    known = reporter.frames(caught(exec, compile("total = 1 / 0", "<cell 7>", "exec"), {"__name__": "cell"}))[-1]
    assert (known["abs_path"], known["context_line"]) == ("<cell 7>", "total = 1 / 0")
    unknown = reporter.frames(caught(exec, compile("1 / 0", "<string>", "exec"), {}))[-1]
    assert (unknown["abs_path"], unknown["module"]) == ("<string>", None)
    assert not {"context_line", "pre_context", "post_context", "in_app"} & set(unknown)


def test_only_the_project_and_named_modules_are_in_app(module, tmp_path):
    source = "def call(function):\n    return function()\n"
    app = module("app.views", source)
    sibling = module("app2.views", source)
    named = module("named_tools.deep", source)
    installed = module("site-packages.lib", source)
    reporter = Reporter(project_root=str(tmp_path / "app"), in_app_modules=["named_tools"])

    def crash():
        return __import__("json").loads("{")

    chain = crash
    for owner in (installed, named, sibling, app):
        chain = lambda owner=owner, inner=chain: owner.call(inner)  # noqa: E731
    frames = {frame["abs_path"]: frame.get("in_app", "absent") for frame in reporter.frames(caught(chain))}
    decisions = {os.path.relpath(path, tmp_path): decision for path, decision in frames.items()}
    assert decisions["app/views.py"] is True
    assert decisions["app2/views.py"] == "absent"
    assert decisions["named_tools/deep.py"] is True
    assert decisions["site-packages/lib.py"] is False
    assert frames[sys.modules["json"].__file__] == "absent"
    assert frames[str(Path(__file__).resolve())] == "absent"


def test_the_standard_library_is_not_in_app_when_the_project_is_everywhere():
    reporter = Reporter(project_root="/")
    frames = reporter.frames(caught(__import__("json").loads, "{"))
    assert frames[0]["in_app"] is True
    assert "in_app" not in frames[-1]


def test_frames_that_ask_to_be_hidden_are_left_out(reporter):
    def polite():
        __tracebackhide__ = True
        loud()

    def loud():
        __traceback_hide__ = False
        raise ValueError("x")

    functions = [frame["function"] for frame in reporter.frames(caught(polite))]
    assert functions == ["caught", "loud"]


def test_an_explicit_cause_hides_the_context(reporter):
    def fail():
        try:
            raise KeyError("context")
        except KeyError:
            raise ValueError("outer") from cause

    cause = raised(TypeError("cause"))

    outer, inner = reporter.entries(caught(fail))
    assert (outer["type"], inner["type"]) == ("ValueError", "TypeError")
    assert inner["mechanism"] == {
        "exception_id": 1,
        "parent_id": 0,
        "type": "chained",
        "source": "cause",
        "synthetic": False,
    }


def test_an_exception_raised_while_handling_another_is_its_context(reporter):
    def fail():
        try:
            raise KeyError("first")
        except KeyError:
            raise ValueError("second")  # noqa: B904

    second, first = reporter.entries(caught(fail))
    assert (second["value"], first["value"]) == ("second", "'first'")
    assert first["mechanism"]["source"] == "context"


def test_from_none_tells_nothing_of_the_context(reporter):
    def fail():
        try:
            raise KeyError("hidden")
        except KeyError:
            raise ValueError("shown") from None

    assert [entry["value"] for entry in reporter.entries(caught(fail))] == ["shown"]


def test_a_cause_that_was_never_raised_has_no_stack(reporter):
    error = raised(ValueError("x"))
    error.__cause__ = TypeError("never raised")
    _, cause = reporter.entries(error)
    assert "stacktrace" not in cause
    assert cause["mechanism"]["synthetic"] is False


def test_a_chain_that_bites_its_tail_ends(reporter):
    first, second = raised(ValueError("1")), raised(ValueError("2"))
    first.__cause__, second.__cause__ = second, first
    assert [entry["value"] for entry in reporter.entries(first)] == ["1", "2"]


def test_a_chain_has_at_most_fifty_exceptions(reporter):
    error = ValueError("0")
    for number in range(1, 200):
        following = ValueError(str(number))
        following.__cause__ = error
        error = following
    entries = reporter.entries(raised(error))
    assert [entry["value"] for entry in entries] == [str(number) for number in range(199, 149, -1)]


def test_a_group_is_followed_by_its_origin_and_then_its_members(reporter):
    nested = ExceptionGroup("nested", [raised(OSError(2, "gone"))])
    group = ExceptionGroup("group", [raised(ValueError("a")), nested, raised(ValueError("b"))])
    group.__cause__ = TypeError("cause")
    entries = reporter.entries(raised(group))
    links = [(entry["value"], entry["mechanism"].get("parent_id")) for entry in entries]
    assert links == [
        ("group", None),
        ("cause", 0),
        ("a", 0),
        ("nested", 0),
        ("[Errno 2] gone", 3),
        ("b", 0),
    ]
    assert [entry["mechanism"]["exception_id"] for entry in entries] == list(range(6))
    sources = [entry["mechanism"].get("source") for entry in entries]
    assert sources == [None, "cause", "member", "member", "member", "member"]
    assert [entry["mechanism"].get("is_exception_group") for entry in entries] == [True, None, None, True, None, None]


def test_a_member_in_two_groups_is_told_once(reporter):
    shared = ValueError("shared")
    group = ExceptionGroup("g", [shared, shared, ExceptionGroup("h", [shared])])
    values = [entry["value"] for entry in reporter.entries(raised(group))]
    assert values == ["g", "shared", "h"]


def test_at_most_a_thousand_members_are_looked_at(reporter):
    shared = ValueError("shared")
    reached = ExceptionGroup("g", [shared] * 999 + [KeyError("reached")])
    assert [entry["type"] for entry in reporter.entries(raised(reached))] == [
        "ExceptionGroup",
        "ValueError",
        "KeyError",
    ]
    beyond = ExceptionGroup("g", [shared] * 1000 + [KeyError("beyond")])
    assert [entry["type"] for entry in reporter.entries(raised(beyond))] == ["ExceptionGroup", "ValueError"]


def test_an_exception_that_was_never_raised_shows_where_it_was_captured(reporter):
    def here():
        return reporter.client.capture_exception(ValueError("x"))

    assert here() is not None
    (entry,) = reporter.events[-1]["properties"]["$exception_list"]
    assert entry["mechanism"]["synthetic"] is True
    frames = entry["stacktrace"]["frames"]
    expected = "test_an_exception_that_was_never_raised_shows_where_it_was_captured"
    assert [frame["function"] for frame in frames[-2:]] == [expected, "here"]
    assert frames[-1]["context_line"].strip() == 'return reporter.client.capture_exception(ValueError("x"))'


def test_an_error_number_is_told(reporter):
    (entry,) = reporter.entries(caught(open, "/nowhere/at/all"))
    assert entry["mechanism"]["meta"] == {"errno": {"number": 2}}
    (entry,) = reporter.entries(raised(OSError("no number")))
    assert "meta" not in entry["mechanism"]


def test_a_message_or_detail_that_is_not_empty_is_the_value(reporter):
    def value(**attributes: Any) -> str:
        error = ValueError("text")
        vars(error).update(attributes)
        return reporter.entries(raised(error))[0]["value"]

    assert value(message="said", detail="more") == "said"
    assert value(message="", detail={"code": 7}) == "{'code': 7}"
    assert value(message=None, detail=0) == "text"


def test_a_value_that_is_no_text_yet_is_made_one(reporter):
    class NoTextError(Exception):
        def __str__(self):
            raise RuntimeError("no")

    class SilentError(NoTextError):
        def __repr__(self):
            raise RuntimeError("no")

    class WrongError(Exception):
        def __str__(self):
            return 7  # noqa: PLE0307 - wrong on purpose

    assert reporter.entries(raised(NoTextError("x")))[0]["value"] == "NoTextError('x')"
    assert reporter.entries(raised(SilentError("x")))[0]["value"] == "<broken repr>"
    assert reporter.entries(raised(WrongError("x")))[0]["value"] == "WrongError('x')"


def test_lone_surrogates_do_not_harm_the_event(reporter):
    (entry,) = reporter.entries(raised(ValueError("a\ud800b")))
    assert entry["value"].startswith("a\ufffd")
    assert entry["value"].endswith("b")


def test_a_huge_message_is_cut(reporter):
    (entry,) = reporter.entries(raised(ValueError("é" * 1_000_000)))
    assert len(entry["value"].encode()) <= 16 * 1024
    assert entry["value"].endswith("é...")


def test_a_very_deep_stack_keeps_both_ends(reporter):
    def dig(depth: int) -> None:
        if depth == 0:
            raise ValueError("bottom")
        dig(depth - 1)

    frames = reporter.frames(caught(dig, 499))
    assert len(frames) == 129
    assert (frames[0]["function"], frames[-1]["context_line"].strip()) == ("caught", 'raise ValueError("bottom")')
    assert frames[64]["function"] == "(373 frames left out)"
    assert frames[64]["in_app"] is False


def test_an_endless_recursion_is_reported(reporter):
    def forever():
        forever()

    (entry,) = reporter.entries(caught(forever))
    assert entry["type"] == "RecursionError"
    assert entry["stacktrace"]["frames"][-1]["function"] == "forever"


def test_a_hundred_deep_stacks_still_fit_into_one_event(reporter):
    def dig(depth: int, error: BaseException) -> None:
        if depth == 0:
            raise error
        dig(depth - 1, error)

    error: BaseException = ValueError("first")
    for number in range(60):
        following = ValueError(f"{number} " + "x" * 50_000)
        following.__cause__ = error
        error = caught(dig, 200, following)
    entries = reporter.entries(error)
    assert len(entries) == 50
    assert len(repr(entries)) < 900 * 1024
    assert all(entry["stacktrace"]["frames"][-1]["function"] == "dig" for entry in entries)
    assert "context_line" in entries[0]["stacktrace"]["frames"][-1]


class HostileError(Exception):
    """Raises whenever somebody looks."""

    def _refuse(self, *_: Any) -> Any:
        raise RuntimeError("do not look")

    __str__ = __repr__ = __bool__ = __getattr__ = _refuse
    __cause__ = __context__ = __suppress_context__ = __traceback__ = property(_refuse)  # type: ignore[assignment]
    message = detail = errno = property(_refuse)


class SlottedError(Exception):
    __slots__ = ()


class AgreeableError(Exception):
    """Has an answer for every name."""

    def __getattr__(self, name: str) -> Any:
        return self


@dataclasses.dataclass(frozen=True)
class FrozenError(Exception):
    code: int


MARKABLE = [ValueError, SlottedError, AgreeableError, FrozenError]


@pytest.mark.parametrize("make", [*MARKABLE, HostileError])
def test_a_hostile_exception_is_reported_like_any_other(reporter, make):
    (entry,) = reporter.entries(make(7))
    assert isinstance(entry["type"], str)
    assert isinstance(entry["value"], str)


def test_a_class_that_does_not_tell_its_name_is_reported(reporter):
    class Refuses(type):
        def __getattribute__(cls, name: str) -> Any:
            raise RuntimeError("do not look")

    class NamelessError(Exception, metaclass=Refuses):
        pass

    (entry,) = reporter.entries(NamelessError("x"))
    assert (entry["type"], entry["value"], entry["module"]) == ("<unknown>", "x", None)


@pytest.mark.parametrize("make", MARKABLE)
def test_each_object_is_reported_once(reporter, make):
    error = raised(make(7))
    uuid = reporter.client.capture_exception(error)
    assert uuid is not None
    assert reporter.client.capture_exception(error) is None
    assert len(reporter.events) == 1
    marks = {name: value for name, value in vars(error).items() if name.startswith("__posthog")}
    assert marks == {"__posthog_exception_captured": True, "__posthog_exception_uuid": uuid}


def test_an_equal_exception_is_another_one(reporter):
    reporter.entries(raised(FrozenError(7)))
    reporter.entries(raised(FrozenError(7)))
    assert len(reporter.events) == 2


def test_a_tuple_may_bring_its_own_traceback(reporter):
    def elsewhere():
        raise KeyError("other")

    error, other = ValueError("x"), caught(elsewhere)
    frames = reporter.frames((ValueError, error, other.__traceback__))
    assert frames[-1]["function"] == "elsewhere"


def test_a_tuple_may_hold_the_class_instead_of_the_exception(reporter):
    tb = raised(KeyError("other")).__traceback__
    for value, expected in [("text", "text"), (None, "")]:
        (entry,) = reporter.entries((ValueError, value, tb))
        assert (entry["type"], entry["value"]) == ("ValueError", expected)
        assert entry["stacktrace"]["frames"][-1]["function"] == "raised"


def test_without_an_exception_the_handled_exception_is_meant(reporter):
    try:
        raise ValueError("handled")
    except ValueError:
        (entry,) = reporter.entries(None)
    assert entry["value"] == "handled"


@pytest.mark.parametrize("given", ["text", 7, ValueError, (), (1, 2, 3), (int, 7, None)])
def test_what_is_no_exception_is_refused_without_harm(reporter, given):
    assert reporter.client.capture_exception(given) is None
    assert reporter.events == []


def test_outside_of_an_except_block_there_is_nothing_to_report(reporter):
    assert reporter.client.capture_exception(None) is None
    assert reporter.client.capture_exception(sys.exc_info()) is None
    assert reporter.events == []


def test_reporting_changes_nothing_that_the_program_sees(reporter):
    error = raised(ValueError("x"))
    before = traceback.format_exception(type(error), error, error.__traceback__)
    reporter.entries(error)
    assert traceback.format_exception(type(error), error, error.__traceback__) == before
    assert error.__traceback__ is not None
    never_raised = ValueError("y")
    reporter.entries(never_raised)
    assert never_raised.__traceback__ is None
