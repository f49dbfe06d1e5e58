"""The module: its settings, when they are read, its functions, and the client behind them."""

import logging

from .case import scenario


def _captured(module, name="seen"):
    return module.capture(name, distinct_id="user") is not None


@scenario()
def capture(case):
    module = case.module()
    return module.capture("seen", distinct_id="user", properties={"plan": "pro"})


@scenario()
def every_function(case):
    module = case.module()
    module.set(distinct_id="user", properties={"plan": "pro"})
    module.set_once(distinct_id="user", properties={"plan": "pro"})
    module.group_identify("company", "acme", {"seats": 3}, distinct_id="user")
    module.alias("before", "after")
    module.capture_exception(ValueError("never raised"), distinct_id="user")


@scenario()
def the_old_name_of_the_key(case):
    module = case.module(project_api_key=None, api_key=case.key)
    return _captured(module)


@scenario()
def the_old_name_of_the_key_loses(case):
    return _captured(case.module(api_key="another"))


@scenario()
def a_blank_key_gives_way_to_the_old_name(case):
    module = case.module(project_api_key=" ", api_key=case.key)
    return _captured(module)


@scenario()
def no_key(case):
    module = case.module(project_api_key=None)
    return _captured(module), module.default_client.disabled


@scenario()
def disabled(case):
    return case.module(disabled=True).capture("seen", distinct_id="user")


@scenario()
def disabled_later(case):
    module = case.module()
    first = _captured(module, "before")
    module.disabled = True
    second = _captured(module, "while")
    module.disabled = False
    return first, second, _captured(module, "after")


@scenario()
def before_send_later(case):
    module = case.module()
    _captured(module, "before")
    module.before_send = lambda event: {**event, "event": "renamed"}
    _captured(module, "while")
    module.before_send = None
    _captured(module, "after")


@scenario()
def before_send_that_is_none(case):
    return _captured(case.module(before_send="hook"))


@scenario()
def debug_later(case):
    module = case.module()
    _captured(module, "before")
    module.debug = True
    return module.capture("seen", distinct_id="user", properties="abc")


@scenario()
def debug(case):
    module = case.module(debug=True)
    _captured(module)
    return module.default_client.debug, logging.getLogger("posthog").level


@scenario()
def privacy_mode_later(case):
    module = case.module()
    _captured(module)
    module.privacy_mode = True
    _captured(module)
    return module.default_client.privacy_mode


@scenario()
def the_host_later(case):
    module = case.module()
    _captured(module, "before")
    module.host = "http://nowhere.invalid"
    return _captured(module, "after"), module.default_client.host == case.host


@scenario()
def super_properties_later(case):
    module = case.module(super_properties={"plan": "first"})
    _captured(module, "before")
    module.super_properties = {"plan": "second"}
    _captured(module, "after")


@scenario()
def send_later(case):
    module = case.module()
    _captured(module, "before")
    module.send = False
    return _captured(module, "after")


@scenario()
def nothing_is_sent(case):
    return _captured(case.module(send=False))


@scenario()
def synchronous(case):
    return _captured(case.module(sync_mode=True))


@scenario()
def options_of_the_client_alone(case):
    module = case.module(timeout=30, flush_at=1, max_retries=0, gzip=True)
    return _captured(module), module.timeout


@scenario()
def settings_that_reach_the_client(case):
    module = case.module(
        disable_geoip=False,
        is_server=False,
        super_properties={"plan": "pro"},
        log_captured_exceptions=True,
        project_root="/nowhere",
        in_app_modules=["shop"],
        poll_interval=60,
        enable_exception_autocapture=False,
    )
    _captured(module)
    client = module.default_client
    names = (
        "disable_geoip is_server super_properties log_captured_exceptions project_root in_app_modules poll_interval "
        "enable_exception_autocapture privacy_mode"
    )
    return {name: getattr(client, name) for name in names.split()}


@scenario()
def a_wrong_call(case):
    return case.module().capture("user", "seen")


@scenario()
def no_name(case):
    return case.module().capture()


@scenario()
def set_by_position(case):
    return case.module().set("user", {"plan": "pro"})


@scenario()
def an_attribute_that_there_is_not(case):
    return case.module().nothing_of_the_kind


@scenario()
def versions(case):
    module = case.module()
    return [
        module.__version__ == module.VERSION,
        module.VERSION == module.version.VERSION,
        module.VERSION.startswith("7.91.1"),
    ]


@scenario()
def settings_of_an_import(case):
    module = case.module(project_api_key=None, host=None)
    return {
        name: value
        for name, value in sorted(vars(module).items())
        if not name.startswith("_") and (value is None or isinstance(value, bool | int | float | str))
        if name != "VERSION"
    }


@scenario()
def flags_of_a_client_that_is_disabled(case):
    module = case.module(disabled=True)
    return [
        module.feature_enabled("flag", "user"),
        module.get_feature_flag("flag", "user"),
        module.get_feature_flag_payload("flag", "user"),
        module.get_feature_flag_result("flag", "user"),
        module.get_all_flags("user"),
        module.get_all_flags_and_payloads("user"),
        module.get_remote_config_payload("flag"),
        module.feature_flag_definitions(),
        module.load_feature_flags(),
    ]
