"""The client behind the module: made by it, or the program's own."""

import importlib

import posthog

from .case import failing, scenario
from .module import _captured


@scenario()
def a_client_of_the_programs_own(case):
    module = case.module(project_api_key=None)
    module.default_client = case.client(super_properties={"of": "the program"})
    return _captured(module), module.setup() is module.default_client


@scenario()
def a_client_of_the_programs_own_with_a_hook(case):
    module = case.module()
    module.default_client = case.client(before_send=lambda event: {**event, "event": "hooked"})
    return _captured(module)


@scenario()
def a_client_of_the_programs_own_in_debug(case):
    module = case.module()
    module.default_client = case.client(debug=True)
    _captured(module)
    return module.default_client.debug


@scenario()
def a_client_of_the_programs_own_that_is_disabled(case):
    module = case.module()
    module.default_client = case.client(disabled=True)
    return _captured(module)


@scenario()
def a_client_of_the_programs_own_and_a_setting(case):
    module = case.module()
    module.default_client = case.client()
    module.disabled = True
    return _captured(module)


@scenario()
def another_client_later(case):
    module = case.module()
    _captured(module, "of the first")
    first = module.default_client
    module.default_client = case.client(super_properties={"client": "second"})
    _captured(module, "of the second")
    first.shutdown()


@scenario()
def no_client_again(case):
    module = case.module()
    _captured(module, "of the first")
    first, module.default_client = module.default_client, None
    module.super_properties = {"client": "second"}
    _captured(module, "of the second")
    first.shutdown()
    return module.default_client is not first


@scenario()
def a_new_import_resets_the_settings(case):
    module = case.module(debug=False, disabled=True, send=False, super_properties={"plan": "pro"}, host="http://else")
    importlib.reload(module)
    names = [
        "api_key",
        "project_api_key",
        "host",
        "debug",
        "disabled",
        "send",
        "super_properties",
        "before_send",
        "default_client",
    ]
    return {name: getattr(module, name) for name in names}


@scenario()
def a_function_that_is_replaced(case):
    module = case.module()
    module.capture = lambda *arguments, **_: list(arguments)
    return posthog.capture("seen", distinct_id="user")


@scenario()
def a_client_that_fails(case):
    module = case.module()
    module.setup().capture = failing
    return module.capture("seen", distinct_id="user")


@scenario()
def a_client_that_is_no_client(case):
    class Fake:
        api_key = "fake"
        metrics = None

        def capture(self, *arguments, **keywords):
            return [*arguments, keywords]

    module = case.module()
    module.default_client = Fake()
    try:
        return module.capture("seen", distinct_id="user")
    finally:
        module.default_client = None
