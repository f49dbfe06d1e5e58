"""Modes of a client: disabled, silent, synchronous, in debug; its host, its key, and how requests are written."""

from __future__ import annotations

from .case import add_scenario, scenario


def _all(client):
    return [
        client.capture("seen", distinct_id="user"),
        client.set(distinct_id="user", properties={"plan": "pro"}),
        client.set_once(distinct_id="user", properties={"plan": "pro"}),
        client.group_identify("company", "acme"),
        client.alias("before", "after"),
        client.capture_exception(ValueError("never raised"), distinct_id="user"),
    ]


def _with(**options):
    return lambda case: [captured is not None for captured in _all(case.client(**options))]


for _name, _options in {
    "disabled": {"disabled": True},
    "an empty key": {"project_api_key": ""},
    "a blank key": {"project_api_key": "  "},
    "no key": {"project_api_key": None},
    "an empty key, disabled": {"project_api_key": "", "disabled": True},
    "nothing is sent": {"send": False},
    "synchronous": {"sync_mode": True},
    "synchronous, and nothing is sent": {"sync_mode": True, "send": False},
    "in debug": {"debug": True},
    "compressed": {"gzip": True},
    "synchronous and compressed": {"sync_mode": True, "gzip": True},
    "of the past": {"historical_migration": True},
    "from no server": {"is_server": False},
    "geoip": {"disable_geoip": False},
    "two events at most": {"flush_at": 2},
    "mode v0": {"capture_mode": "v0"},
    "mode legacy": {"capture_mode": " Legacy "},
    "a compression that v0 does not have": {"capture_compression": "deflate"},
}.items():
    add_scenario(f"modes: {_name}", _with(**_options))


@scenario()
def three_threads(case):
    return case.client(thread=3).capture("seen", distinct_id="user") is not None


@scenario()
def the_key_is_stripped(case):
    client = case.client(project_api_key=f" {case.key}\n")
    client.capture("seen", distinct_id="user")
    return client.api_key == case.key


@scenario()
def a_wrong_keyword_of_the_constructor(case):
    return case.client(api_key="key")


@scenario()
def disabled_later(case):
    client = case.client()
    first = client.capture("before", distinct_id="user")
    client.disabled = True
    second = client.capture("while", distinct_id="user")
    client.disabled = False
    return first is not None, second, client.capture("after", distinct_id="user") is not None


@scenario()
def switches_set_later(case):
    client = case.client()
    client.disable_geoip = False
    client.is_server = False
    client.capture("seen", distinct_id="user")
    client.send = False
    return client.capture("not sent", distinct_id="user") is not None


@scenario()
def synchronous_later(case):
    client = case.client()
    client.sync_mode = True
    return client.capture("seen", distinct_id="user") is not None


@scenario()
def debug_later(case):
    client = case.client()
    client.debug = True
    return client.capture("seen", distinct_id="user", properties="abc")


@scenario()
def attributes(case):
    client = case.client(flush_at=7, gzip=True, max_retries=-1, timeout=9, historical_migration=True)
    names = (
        "debug send sync_mode disabled gzip timeout max_retries flush_at flush_interval historical_migration is_server "
        "disable_geoip super_properties privacy_mode before_send on_error enable_exception_autocapture in_app_modules "
        "log_captured_exceptions poll_interval personal_api_key secret_key feature_flags cohorts group_type_mapping"
    )
    return {name: getattr(client, name, "<missing>") for name in names.split()}


def _hosts(host):
    def act(case):
        client = case.client(host=host, send=False)
        return [client.host, client.raw_host]

    return act


for _host in (
    None,
    "",
    "  ",
    "https://app.posthog.com",
    "https://app.posthog.com/",
    " https://us.posthog.com ",
    "https://eu.posthog.com",
    "https://eu.posthog.com//",
    "http://eu.posthog.com",
    "eu.posthog.com",
    "https://eu.i.posthog.com",
    "https://EU.posthog.com",
    "https://example.com/",
    "https://example.com/ingest/",
    "https://eu.posthog.com.example.com",
):
    add_scenario(f"modes: the host {_host!r}", _hosts(_host))


@scenario()
def a_host_with_a_slash(case):
    return case.client(host=f"{case.host}/").capture("seen", distinct_id="user") is not None


@scenario()
def a_host_with_a_path(case):
    return case.client(host=f"{case.host}/ingest/").capture("seen", distinct_id="user") is not None


@scenario()
def a_host_with_blanks(case):
    return case.client(host=f" {case.host} ").capture("seen", distinct_id="user") is not None
