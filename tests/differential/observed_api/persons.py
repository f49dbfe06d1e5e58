"""Properties of persons and groups, and ids that are one person's."""

import uuid

from .case import add_scenario, scenario


@scenario()
def set_(case):
    return case.client().set(distinct_id="user", properties={"plan": "pro", "nested": {"a": [1]}})


@scenario()
def set_once(case):
    return case.client().set_once(distinct_id="user", properties={"plan": "pro"})


@scenario()
def set_of_nobody(case):
    client = case.client()
    return client.set(properties={"plan": "pro"}), client.set_once(properties={"plan": "pro"})


@scenario()
def set_of_nothing(case):
    client = case.client()
    return [
        client.set(distinct_id="user"),
        client.set(distinct_id="user", properties={}),
        client.set(distinct_id="user", properties=None),
        client.set_once(distinct_id="user", properties={}),
    ]


@scenario()
def set_of_the_context(case):
    client = case.client()
    with client.new_context():
        client.identify_context("context")
        return client.set(properties={"plan": "pro"}), client.set_once(properties={"plan": "pro"})


@scenario()
def set_of_nothing_in_a_context_with_tags(case):
    client = case.client()
    with client.new_context():
        client.identify_context("context")
        client.tag("plan", "pro")
        return client.set(), client.set_once()


@scenario()
def set_of_nothing_in_a_context_without_tags(case):
    client = case.client()
    with client.new_context():
        client.identify_context("context")
        return client.set(), client.set_once()


@scenario()
def set_does_not_change_what_it_is_given(case):
    client, properties = case.client(), {"plan": "pro"}
    with client.new_context():
        client.tag("tag", "value")
        client.set(distinct_id="user", properties=properties)
    return properties


@scenario()
def set_with_a_text(case):
    return case.client().set(distinct_id="user", properties="plan")


@scenario()
def set_with_a_text_in_debug(case):
    return case.client(debug=True).set(distinct_id="user", properties="plan")


@scenario()
def set_by_position(case):
    return case.client().set("user", {"plan": "pro"})


@scenario()
def set_with_geoip(case):
    return case.client().set(distinct_id="user", properties={"plan": "pro"}, disable_geoip=False)


@scenario()
def a_group(case):
    return case.client().group_identify("company", "acme", {"seats": 3}, distinct_id="user")


@scenario()
def a_group_of_nobody(case):
    return case.client().group_identify("company", "acme", {"seats": 3})


@scenario()
def a_group_of_the_context(case):
    client = case.client()
    with client.new_context():
        client.identify_context("context")
        client.set_context_session("visit")
        return client.group_identify("company", "acme")


@scenario()
def a_group_without_properties(case):
    return case.client().group_identify("company", "acme", distinct_id="user")


@scenario()
def a_group_with_a_text_for_properties(case):
    return case.client().group_identify("company", "acme", "seats", distinct_id="user")


@scenario()
def a_group_by_position(case):
    return case.client().group_identify(
        "company", "acme", {"seats": 3}, "2020-01-02T03:04:05Z", "00000000-0000-0000-0000-000000000007", False, "user"
    )


GROUPS = {
    "no type": ("", "acme"),
    "no key": ("company", ""),
    "a type of none": (None, "acme"),
    "a key of none": ("company", None),
    "a key of zero": ("company", 0),
    "a key that is a number": ("company", 5),
    "a key that is a uuid": ("company", uuid.UUID(int=7)),
    "a key of blanks": ("company", " "),
}
ALIASES = {
    "two ids": ("before", "after"),
    "no previous id": (None, "after"),
    "an empty previous id": ("", "after"),
    "no new id": ("before", None),
    "an empty new id": ("before", ""),
    "one id twice": ("same", "same"),
    "numbers": (5, 6),
    "zero": (0, 1),
    "zero as the new id": (1, 0),
    "uuids": (uuid.UUID(int=7), uuid.UUID(int=7)),
}


def _group(kind, key):
    return lambda case: case.client().group_identify(kind, key, {"a": 1}, distinct_id="user") is not None


def _alias(previous, new):
    return lambda case: case.client().alias(previous, new) is not None


for _name, _pair in GROUPS.items():
    add_scenario(f"persons: a group with {_name}", _group(*_pair))
for _name, _pair in ALIASES.items():
    add_scenario(f"persons: an alias of {_name}", _alias(*_pair))


@scenario()
def an_alias_of_the_context(case):
    client = case.client()
    with client.new_context():
        client.identify_context("context")
        return client.alias("before", None)


@scenario()
def an_alias_over_the_context(case):
    client = case.client()
    with client.new_context():
        client.identify_context("context")
        return client.alias("before", "after")


@scenario()
def wrong_calls(case):
    client = case.client()
    return client.set("user"), client.set_once("user"), client.alias(), client.group_identify("company")


@scenario()
def a_wrong_call_in_debug(case):
    return case.client(debug=True).alias()


@scenario()
def a_wrong_call_of_group_identify_in_debug(case):
    return case.client(debug=True).group_identify("company")
