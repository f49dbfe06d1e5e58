"""Which layer has the last word, for each pair of layers that can name one property.

A pair is named ``winner over loser`` after what the official package does.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from .case import add_scenario, environment, scenario


@dataclass(frozen=True)
class Layers:
    """One event, and what each layer says about it."""

    options: dict[str, Any] = field(default_factory=dict)
    outer_tags: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, Any] = field(default_factory=dict)
    session: str | None = None
    call: dict[str, Any] = field(default_factory=dict)
    distinct_id: str | None = "user"
    release: str | None = None
    in_context: bool = True

    def __call__(self, case):
        with contextlib.ExitStack() as stack:
            if self.release is not None:
                stack.enter_context(environment(POSTHOG_RELEASE_ID=self.release))
            client = case.client(**self.options)
            if self.in_context:
                self._enter(client, stack)
            return client.capture("seen", distinct_id=self.distinct_id, **self.call)

    def _enter(self, client, stack):
        stack.enter_context(client.new_context())
        for name, value in self.outer_tags.items():
            client.tag(name, value)
        if self.outer_tags:
            stack.enter_context(client.new_context())
        for name, value in self.tags.items():
            client.tag(name, value)
        if self.session is not None:
            client.set_context_session(self.session)


def _hook(name, value):
    def change(event):
        event["properties"][name] = value
        return event

    return {"before_send": change}


def _super(**properties):
    return {"super_properties": {f"${name}": value for name, value in properties.items()}}


def _properties(**properties):
    return {"properties": {f"${name}": value for name, value in properties.items()}}


GROUPS = {"groups": {"company": "argument"}}

PAIRS = {
    # what the program changes at last
    "before_send over is_server": Layers(_hook("$is_server", "hook")),
    "before_send over super properties": Layers({**_hook("plan", "hook"), "super_properties": {"plan": "super"}}),
    "before_send over the library's name": Layers(_hook("$lib", "hook")),
    "before_send over the groups argument": Layers(_hook("$groups", "hook"), call=GROUPS),
    "before_send over the names of tags": Layers(_hook("$context_tags", ["hook"]), tags={"plan": "tag"}),
    "before_send over the system": Layers(_hook("$os", "hook")),
    "before_send over properties": Layers(_hook("plan", "hook"), call={"properties": {"plan": "property"}}),
    "before_send over tags": Layers(_hook("plan", "hook"), tags={"plan": "tag"}),
    "before_send over the session": Layers(_hook("$session_id", "hook"), session="visit"),
    "before_send over the release": Layers(_hook("$release_id", "hook"), release="1.0"),
    # that it comes from a server
    "is_server over super properties": Layers(_super(is_server="super")),
    "is_server over properties": Layers(call=_properties(is_server="property")),
    "is_server over tags": Layers(tags={"$is_server": "tag"}),
    "super properties where is_server is off": Layers({"is_server": False, **_super(is_server="super")}),
    "properties where is_server is off": Layers({"is_server": False}, call=_properties(is_server="property")),
    "nothing where is_server is off": Layers({"is_server": False}),
    # super properties
    "super properties over the library's name": Layers(_super(lib="super", lib_version="super")),
    "super properties over geoip": Layers(_super(geoip_disable="super")),
    "super properties where geoip is on": Layers({"disable_geoip": False, **_super(geoip_disable="super")}),
    "super properties over the groups argument": Layers(_super(groups={"company": "super"}), call=GROUPS),
    "super properties over the names of tags": Layers(_super(context_tags=["super"]), tags={"plan": "tag"}),
    "super properties over the system": Layers(_super(os="super", python_version="super")),
    "super properties over properties": Layers(
        {"super_properties": {"plan": "super"}}, call={"properties": {"plan": "property"}}
    ),
    "super properties over tags": Layers({"super_properties": {"plan": "super"}}, tags={"plan": "tag"}),
    "super properties over the session": Layers(_super(session_id="super"), session="visit"),
    "super properties over the profile of nobody": Layers(_super(process_person_profile="super"), distinct_id=None),
    "super properties over the release": Layers(_super(release_id="super"), release="1.0"),
    "super properties of none over properties": Layers(
        {"super_properties": {"plan": None}}, call={"properties": {"plan": "property"}}
    ),
    # the library and geoip
    "the library's name over the system's properties": Layers(call=_properties(lib="property", lib_version="property")),
    "the library's name over tags": Layers(tags={"$lib": "tag", "$lib_version": "tag"}),
    "geoip over properties": Layers(call=_properties(geoip_disable="property")),
    "geoip over tags": Layers(tags={"$geoip_disable": "tag"}),
    "properties where geoip is on": Layers({"disable_geoip": False}, call=_properties(geoip_disable="property")),
    "geoip of the call over the client's": Layers({"disable_geoip": False}, call={"disable_geoip": True}),
    "geoip of the call over properties": Layers(
        {"disable_geoip": False}, call={"disable_geoip": True, **_properties(geoip_disable="property")}
    ),
    # groups
    "the groups argument over properties": Layers(call={**GROUPS, **_properties(groups={"company": "property"})}),
    "the groups argument over tags": Layers(tags={"$groups": {"company": "tag"}}, call=GROUPS),
    "properties over an empty groups argument": Layers(
        call={"groups": {}, **_properties(groups={"company": "property"})}
    ),
    "properties over tags of groups": Layers(
        tags={"$groups": {"company": "tag"}}, call=_properties(groups={"company": "property"})
    ),
    # names of tags
    "the names of tags over properties": Layers(tags={"plan": "tag"}, call=_properties(context_tags=["property"])),
    "the names of no tags over properties": Layers(call=_properties(context_tags=["property"])),
    "the names of tags over a tag": Layers(tags={"$context_tags": ["tag"]}),
    "properties outside of contexts over the names of tags": Layers(
        call=_properties(context_tags=["property"]), in_context=False
    ),
    # the system
    "the system over properties": Layers(
        call=_properties(os="property", os_version="property", python_version="property", python_runtime="property")
    ),
    "the system over tags": Layers(tags={"$os": "tag", "$python_version": "tag"}),
    "the system's distribution over properties": Layers(call=_properties(os_distro="property")),
    # properties
    "properties over tags": Layers(tags={"plan": "tag"}, call={"properties": {"plan": "property"}}),
    "properties of none over tags": Layers(tags={"plan": "tag"}, call={"properties": {"plan": None}}),
    "properties over the session": Layers(session="visit", call=_properties(session_id="property")),
    "properties over the profile of nobody": Layers(
        call=_properties(process_person_profile="property"), distinct_id=None
    ),
    "properties of somebody keep their profile": Layers(call=_properties(process_person_profile=False)),
    "properties over the release": Layers(call=_properties(release_id="property"), release="1.0"),
    "properties of none over the release": Layers(call=_properties(release_id=None), release="1.0"),
    # tags
    "inner tags over outer tags": Layers(outer_tags={"plan": "outer", "seats": 1}, tags={"plan": "inner"}),
    "tags over the session": Layers(session="visit", tags={"$session_id": "tag"}),
    "tags of none over the session": Layers(session="visit", tags={"$session_id": None}),
    "tags over the profile of nobody": Layers(tags={"$process_person_profile": "tag"}, distinct_id=None),
    "tags over the release": Layers(tags={"$release_id": "tag"}, release="1.0"),
    # what is only there if nobody says otherwise
    "the session over nothing": Layers(session="visit"),
    "the profile of nobody over nothing": Layers(distinct_id=None),
    "the release over nothing": Layers(release=" 1.0 "),
    "a blank release is none": Layers(release="  "),
    "every layer at once": Layers(
        {
            "super_properties": {"a": "super"},
            **_hook("z", "hook"),
        },
        outer_tags=dict.fromkeys("abcd", "outer"),
        tags=dict.fromkeys("abc", "inner"),
        session="visit",
        call={"properties": dict.fromkeys("ab", "property"), **GROUPS},
        release="1.0",
    ),
}

for _name, _layers in PAIRS.items():
    add_scenario(f"layers: {_name}", _layers)


@scenario()
def of_set(case):
    with environment(POSTHOG_RELEASE_ID="1.0"):
        client = case.client(super_properties={"plan": "super", "$lib": "super"})
    with client.new_context():
        client.tag("plan", "tag")
        client.tag("seats", 3)
        client.set_context_session("visit")
        return client.set(distinct_id="user", properties={"plan": "property"})


@scenario()
def of_set_once(case):
    client = case.client(super_properties={"plan": "super"})
    with client.new_context():
        client.tag("plan", "tag")
        client.tag("seats", 3)
        client.set_context_session("visit")
        return client.set_once(distinct_id="user", properties={"plan": "property"})


@scenario()
def of_set_with_a_session_of_its_own(case):
    client = case.client()
    with client.new_context():
        client.set_context_session("visit")
        return client.set(distinct_id="user", properties={"$session_id": "property"})


@scenario()
def of_group_identify(case):
    client = case.client(super_properties={"$group_key": "super", "plan": "super"})
    with client.new_context():
        client.tag("plan", "tag")
        client.set_context_session("visit")
        client.identify_context("context")
        return client.group_identify("company", "acme", {"plan": "property"})


@scenario()
def of_alias(case):
    client = case.client(super_properties={"alias": "super", "plan": "super"})
    with client.new_context():
        client.tag("plan", "tag")
        client.set_context_session("visit")
        client.identify_context("context")
        return client.alias("before", "after")


@scenario()
def of_an_exception(case):
    client = case.client(super_properties={"plan": "super", "$exception_level": "super"})
    with client.new_context():
        client.tag("plan", "tag")
        client.tag("$exception_source", "tag")
        client.tag("seats", 3)
        client.set_context_session("visit")
        return client.capture_exception(
            ValueError("never raised"), distinct_id="user", properties={"plan": "property"}, groups={"company": "acme"}
        )


@scenario()
def of_an_exceptions_tags_and_level(case):
    client = case.client()
    with client.new_context():
        client.tag("$exception_level", "tag")
        client.tag("$exception_fingerprint", "tag")
        return client.capture_exception(ValueError("never raised"), distinct_id="user")


@scenario()
def super_properties_assigned_later(case):
    client = case.client(super_properties={"plan": "first"})
    client.capture("first", distinct_id="user")
    client.super_properties = {"plan": "second"}
    client.capture("second", distinct_id="user")
    client.super_properties = None
    client.capture("third", distinct_id="user")


@scenario()
def super_properties_changed_in_place(case):
    properties = {"plan": "first"}
    client = case.client(super_properties=properties)
    client.capture("first", distinct_id="user")
    properties["plan"] = "second"
    client.capture("second", distinct_id="user")


@scenario()
def super_properties_of_odd_values(case):
    client = case.client(super_properties={"object": object(), "tuple": (1, 2), "nan": float("nan")})
    return client.capture("seen", distinct_id="user")


@scenario()
def super_properties_that_are_a_text(case):
    return case.client(super_properties="plan").capture("seen", distinct_id="user")


@scenario()
def super_properties_that_are_a_list(case):
    return case.client(super_properties=["plan"]).capture("seen", distinct_id="user")
