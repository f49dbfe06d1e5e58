"""The way to an exception: which frames there are, whose they are, and what is said of each."""

import asyncio
import pathlib

from .case import execute, scenario

HERE = pathlib.Path(__file__).parent


def _frames(event):
    return event["properties"]["$exception_list"][0]["stacktrace"]["frames"]


def _counted(event):
    functions = [frame["function"] for frame in _frames(event)]
    event["properties"]["$exception_list"] = {"frames": len(functions), "last": functions[-1]}
    return event


def _in_app(event):
    event["properties"]["$exception_list"] = {
        frame["function"]: frame.get("in_app", "not said") for frame in _frames(event)
    }
    return event


def _fail():
    raise ValueError("fails")


def _descend(levels):
    if levels == 0:
        raise ValueError("at the bottom")
    _descend(levels - 1)


def _captured(client, fail):
    try:
        fail()
    except Exception as error:
        return client.capture_exception(error, distinct_id="user")


@scenario()
def through_functions(case):
    return _captured(case.client(), lambda: [_fail() for _ in range(1)])


@scenario()
def twenty_levels(case):
    return _captured(case.client(before_send=_counted), lambda: _descend(20))


@scenario()
def three_hundred_levels(case):
    return _captured(case.client(before_send=_counted), lambda: _descend(300))


@scenario()
def recursion_without_end(case):
    def counted(event):
        event = _counted(event)
        # How deep Python lets it go says nothing.
        event["properties"]["$exception_list"]["frames"] = event["properties"]["$exception_list"]["frames"] > 500
        return event

    return _captured(case.client(before_send=counted), lambda: _descend(-1))


@scenario()
def recursion_without_end_and_without_a_hook(case):
    def size(event):
        return {**event, "properties": {"small": len(str(event)) < 200_000}}

    return _captured(case.client(before_send=size), lambda: _descend(-1))


@scenario()
def a_generator(case):
    def numbers():
        yield 1
        raise ValueError("in the generator")

    return _captured(case.client(), lambda: list(numbers()))


@scenario()
def a_coroutine(case):
    async def inner():
        await asyncio.sleep(0)
        raise ValueError("in the coroutine")

    def own_frames(event):
        frames = [frame for frame in _frames(event) if frame["abs_path"].startswith(str(HERE))]
        _frames(event)[:] = frames
        return event

    return _captured(case.client(before_send=own_frames), lambda: asyncio.run(inner()))


@scenario()
def code_without_a_file(case):
    return _captured(case.client(), lambda: execute("def made():\n    raise ValueError('made')\nmade()", {}))


@scenario()
def code_without_a_module(case):
    code = compile("raise ValueError('made')", "/nowhere/made.py", "exec")
    return _captured(case.client(), lambda: execute(code, {"__name__": None}))


@scenario()
def a_module_with_a_loader(case):
    class Loader:
        def get_source(self, _name):
            return "first line\nraise ValueError('made')\nlast line"

    code = compile("\nraise ValueError('made')", "/nowhere/loaded.py", "exec")
    return _captured(case.client(), lambda: execute(code, {"__name__": "loaded", "__loader__": Loader()}))


@scenario()
def a_loader_that_fails(case):
    class Loader:
        def get_source(self, _name):
            raise OSError("no source")

    code = compile("raise ValueError('made')", "/nowhere/not loaded.py", "exec")
    return _captured(case.client(), lambda: execute(code, {"__name__": "loaded", "__loader__": Loader()}))


@scenario()
def a_line_of_two_thousand_characters(case):
    source = f"raise ValueError('made') # {'x' * 2000}"

    class Loader:
        def get_source(self, _name):
            return source

    def measure(event):
        line = _frames(event)[-1].get("context_line")
        event["properties"]["$exception_list"] = None if line is None else len(line)
        return event

    code = compile(source, "/nowhere/long.py", "exec")
    namespace = {"__name__": "long", "__loader__": Loader()}
    return _captured(case.client(before_send=measure), lambda: execute(code, namespace))


@scenario()
def frames_that_hide(case):
    def hidden():
        __tracebackhide__ = True
        _fail()

    def also_hidden():
        __traceback_hide__ = True
        hidden()

    return _captured(case.client(), also_hidden)


@scenario()
def frames_that_hide_all(case):
    def hidden():
        __tracebackhide__ = True
        raise ValueError("hidden")

    error = None
    try:
        hidden()
    except ValueError as caught:
        error = caught.with_traceback(caught.__traceback__.tb_next)
    return case.client().capture_exception(error, distinct_id="user")


@scenario()
def the_projects_own(case):
    client = case.client(project_root=str(HERE), before_send=_in_app)
    return _captured(client, lambda: execute(compile("import json\njson.loads('{')", "/nowhere/made.py", "exec"), {}))


@scenario()
def of_another_project(case):
    return _captured(case.client(project_root="/nowhere", before_send=_in_app), _fail)


@scenario()
def of_a_project_whose_name_begins_alike(case):
    code = compile("raise ValueError('made')", f"{HERE}-2/made.py", "exec")
    return _captured(case.client(project_root=str(HERE), before_send=_in_app), lambda: execute(code, {}))


@scenario()
def of_modules_that_are_the_projects_own(case):
    client = case.client(project_root="/nowhere", in_app_modules=["json"], before_send=_in_app)
    return _captured(client, lambda: __import__("json").loads("{"))


@scenario()
def of_modules_whose_names_begin_alike(case):
    client = case.client(project_root="/nowhere", in_app_modules=["js"], before_send=_in_app)
    return _captured(client, lambda: __import__("json").loads("{"))


@scenario()
def of_installed_packages(case):
    code = compile("def installed():\n    raise ValueError('made')\ninstalled()", f"{HERE}/site-packages/a.py", "exec")
    return _captured(case.client(project_root=str(HERE), before_send=_in_app), lambda: execute(code, {}))


@scenario()
def synthetic(case):
    def deepest(client):
        return client.capture_exception(ValueError("never raised"), distinct_id="user")

    return deepest(case.client())


@scenario()
def a_traceback_that_was_taken_away(case):
    try:
        _fail()
    except ValueError as error:
        return case.client().capture_exception(error.with_traceback(None), distinct_id="user")


@scenario()
def raised_again_elsewhere(case):
    try:
        _fail()
    except ValueError as caught:
        error = caught

    def again():
        raise error

    return _captured(case.client(), again)
