"""Calls: names of events, properties and groups that are wrong, or that are not what they were."""

import types
import uuid

import posthog

from .case import scenario


@scenario()
def a_name_that_is_none(case):
    return case.client().capture(None, distinct_id="user")


@scenario()
def a_name_that_is_a_number(case):
    return case.client().capture(5, distinct_id="user")


@scenario()
def an_empty_name(case):
    return case.client().capture("", distinct_id="user")


@scenario()
def no_name(case):
    return case.client().capture(distinct_id="user")


@scenario()
def no_name_in_debug(case):
    return case.client(debug=True).capture(distinct_id="user")


@scenario()
def the_order_of_version_5(case):
    return case.client().capture("user", "seen")


@scenario()
def the_order_of_version_5_in_debug(case):
    return case.client(debug=True).capture("user", "seen")


@scenario()
def the_name_by_keyword(case):
    return case.client().capture(event="seen", distinct_id="user")


@scenario()
def an_unknown_keyword(case):
    return case.client().capture("seen", distinct_id="user", context={"ip": "::1"})


@scenario()
def an_unknown_keyword_in_debug(case):
    return case.client(debug=True).capture("seen", distinct_id="user", context={"ip": "::1"})


@scenario()
def properties_that_are_a_text(case):
    return case.client().capture("seen", distinct_id="user", properties="abc")


@scenario()
def properties_that_are_a_text_in_debug(case):
    return case.client(debug=True).capture("seen", distinct_id="user", properties="abc")


@scenario()
def properties_that_are_a_list(case):
    return case.client().capture("seen", distinct_id="user", properties=["abc"])


@scenario()
def properties_that_are_pairs(case):
    return case.client().capture("seen", distinct_id="user", properties=[("plan", "pro")])


@scenario()
def properties_that_are_empty(case):
    return case.client().capture("seen", distinct_id="user", properties={})


@scenario()
def properties_that_are_a_read_only_mapping(case):
    properties = types.MappingProxyType({"plan": "pro"})
    return case.client().capture("seen", distinct_id="user", properties=properties)


@scenario()
def properties_are_not_changed(case):
    properties = {"plan": "pro", "nested": {"list": [1]}}
    with case.client().new_context():
        case.clients[0].tag("tag", "value")
        case.clients[0].capture("seen", distinct_id="user", properties=properties)
    return properties


@scenario()
def properties_changed_afterwards(case):
    properties = {"nested": {"list": [1]}}
    client = case.client()
    client.capture("seen", distinct_id="user", properties=properties)
    properties["nested"]["list"].append(2)
    properties["late"] = True


@scenario()
def groups_that_are_a_text(case):
    return case.client().capture("seen", distinct_id="user", groups="acme")


@scenario()
def groups_that_are_a_list(case):
    return case.client().capture("seen", distinct_id="user", groups=["acme"])


@scenario()
def groups_that_are_empty(case):
    return case.client().capture("seen", distinct_id="user", groups={})


@scenario()
def groups_of_numbers(case):
    return case.client().capture("seen", distinct_id="user", groups={"company": 5, 7: uuid.UUID(int=7)})


@scenario()
def feature_flags_asked_for_with_a_text(case):
    return case.client().capture("seen", distinct_id="user", send_feature_flags="yes")


@scenario()
def geoip_for_one_event(case):
    client = case.client()
    client.capture("off", distinct_id="user", disable_geoip=True)
    client.capture("on", distinct_id="user", disable_geoip=False)


@scenario()
def geoip_on_for_the_client(case):
    client = case.client(disable_geoip=False)
    client.capture("on", distinct_id="user")
    client.capture("off", distinct_id="user", disable_geoip=True)
    client.capture("as the client says", distinct_id="user", disable_geoip=None)


@scenario()
def names_of_old_versions_are_gone(case):
    gone = ("identify", "page", "screen", "track")
    return {name: [hasattr(posthog, name), hasattr(case.client(), name)] for name in gone}
