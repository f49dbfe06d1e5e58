"""Capture v1: how requests are written, and where what was said of an event goes."""

from __future__ import annotations

import json

from .case import Reply, add_scenario, environment, scenario

UUID = "00000000-0000-0000-0000-0000000000a{}"


def _results(*results, details=None):
    """Return a reply of capture v1 that says one result for each of the events, which have ids of `UUID`."""
    said = {UUID.format(number): {"result": result} for number, result in enumerate(results)}
    for result in said.values():
        if details:
            result["details"] = details
    return Reply(200, {"Content-Type": "application/json"}, json.dumps({"results": said}))


OK = _results("ok")
ALL_OK = _results(*["ok"] * 6)


@scenario(ALL_OK)
def plain(case):
    client = case.client(capture_mode="v1")
    return client.capture(
        "seen", distinct_id="user", uuid=UUID.format(0), timestamp="2020-01-02T03:04:05Z", groups={"company": "acme"}
    )


@scenario(OK)
def in_a_context(case):
    client = case.client(capture_mode="v1")
    with client.new_context():
        client.tag("plan", "pro")
        client.set_context_session("visit")
        return client.capture("seen", uuid=UUID.format(0), properties={"$window_id": "window"})


@scenario(ALL_OK)
def of_every_kind_of_event(case):
    client = case.client(capture_mode="v1")
    ids = [UUID.format(number) for number in range(6)]
    client.capture("seen", distinct_id="user", uuid=ids[0])
    client.set(distinct_id="user", properties={"plan": "pro"}, uuid=ids[1])
    client.set_once(distinct_id="user", properties={"plan": "pro"}, uuid=ids[2])
    client.group_identify("company", "acme", uuid=ids[3])
    client.alias("before", "after", uuid=ids[4])
    client.capture_exception(ValueError("never raised"), distinct_id="user", uuid=ids[5])


def _options(value):
    names = ("$cookieless_mode", "$ignore_sent_at", "$process_person_profile", "$product_tour_id")

    def act(case):
        client = case.client(capture_mode="v1")
        return client.capture("seen", distinct_id="user", uuid=UUID.format(0), properties=dict.fromkeys(names, value))

    return act


for _value in (True, False, "true", " FALSE ", "1", "0", "yes", "", 1, 0, 2.5, None, ["true"], {"a": 1}):
    add_scenario(f"v1: options of {_value!r}", _options(_value), (OK,))


@scenario(OK)
def with_ids_that_are_no_texts(case):
    client = case.client(capture_mode="v1")
    properties = {"$session_id": 5, "$window_id": ["window"]}
    return client.capture("seen", distinct_id="user", uuid=UUID.format(0), properties=properties)


@scenario(OK)
def with_person_properties_of_the_caller(case):
    client = case.client(capture_mode="v1")
    properties = {"$set": {"plan": "pro"}, "$set_once": {"first": "today"}}
    return client.capture("seen", distinct_id="user", uuid=UUID.format(0), properties=properties)


@scenario(OK)
def with_members_of_before_send(case):
    def hook(event):
        return {**event, "$set": {"plan": "hook", "more": 1}, "extra": "member"}

    client = case.client(capture_mode="v1", before_send=hook)
    properties = {"$set": {"plan": "property"}}
    return client.capture("seen", distinct_id="user", uuid=UUID.format(0), properties=properties)


@scenario(OK)
def of_the_past(case):
    client = case.client(capture_mode="analytics_v1", historical_migration=True)
    return client.capture("seen", distinct_id="user", uuid=UUID.format(0))


@scenario(OK)
def compressed_as_v0_is(case):
    return case.client(capture_mode="V1", gzip=True).capture("seen", distinct_id="user", uuid=UUID.format(0))


@scenario(OK)
def deflated(case):
    client = case.client(capture_mode="v1", capture_compression="deflate")
    return client.capture("seen", distinct_id="user", uuid=UUID.format(0))


@scenario(OK)
def with_an_explicit_identity(case):
    client = case.client(capture_mode="v1", capture_compression=" Identity ", gzip=True)
    return client.capture("seen", distinct_id="user", uuid=UUID.format(0))


@scenario(OK)
def by_the_environment(case):
    with environment(POSTHOG_CAPTURE_MODE="v1", POSTHOG_CAPTURE_COMPRESSION="gzip"):
        client = case.client()
    return client.capture("seen", distinct_id="user", uuid=UUID.format(0))


@scenario(OK)
def synchronous(case):
    client = case.client(capture_mode="v1", sync_mode=True)
    return client.capture("seen", distinct_id="user", uuid=UUID.format(0))


@scenario()
def a_bad_mode_of_the_environment(case):
    with environment(POSTHOG_CAPTURE_MODE="v7"):
        client = case.client()
    return client.capture("seen", distinct_id="user") is not None


@scenario()
def a_bad_mode(case):
    return case.client(capture_mode="v7")


@scenario()
def a_bad_compression(case):
    return case.client(capture_mode="v1", capture_compression="rar")


@scenario()
def zstd(case):
    return case.client(capture_mode="v1", capture_compression="zstd", send=False).capture_compression
