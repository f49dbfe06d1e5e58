"""Contexts: what they carry, to whom, and what they do with exceptions."""

import posthog
from posthog import contexts

from .case import scenario


@scenario()
def tags(case):
    client = case.client()
    with client.new_context():
        client.tag("plan", "pro")
        client.tag("seats", 3)
        client.capture("seen", distinct_id="user")
        return client.get_tags()


@scenario()
def without_tags(case):
    client = case.client()
    with client.new_context():
        client.capture("seen", distinct_id="user")
        return client.get_tags()


@scenario()
def tags_set_after_an_event(case):
    client = case.client()
    with client.new_context():
        client.capture("before", distinct_id="user")
        client.tag("plan", "pro")
        client.capture("after", distinct_id="user")


@scenario()
def tags_of_the_outer_context(case):
    client = case.client()
    with client.new_context():
        client.tag("outer", 1)
        client.tag("both", "outer")
        with client.new_context():
            client.tag("inner", 2)
            client.tag("both", "inner")
            client.capture("inside", distinct_id="user")
            inside = client.get_tags()
        client.capture("outside", distinct_id="user")
        return inside, client.get_tags()


@scenario()
def a_fresh_one(case):
    client = case.client()
    with client.new_context():
        client.tag("outer", 1)
        client.set_context_session("visit")
        with client.new_context(fresh=True):
            client.tag("inner", 2)
            client.capture("inside", distinct_id="user")
        client.capture("outside", distinct_id="user")


@scenario()
def a_child_of_a_fresh_one(case):
    client = case.client()
    with client.new_context():
        client.tag("outer", 1)
        with client.new_context(fresh=True), client.new_context():
            client.capture("inside", distinct_id="user")


@scenario()
def tags_outside_of_any(case):
    client = case.client()
    client.tag("nobody", "hears")
    client.set_context_session("this")
    client.set_context_device_id("at all")
    client.capture("seen", distinct_id="user")
    return client.get_tags()


@scenario()
def tags_that_are_read_are_a_copy(case):
    client = case.client()
    with client.new_context():
        client.tag("plan", "pro")
        client.get_tags()["plan"] = "free"
        client.get_tags()["more"] = 1
        return client.get_tags()


@scenario()
def a_tag_of_none(case):
    client = case.client()
    with client.new_context():
        client.tag("plan", "pro")
        with client.new_context():
            client.tag("plan", None)
            client.capture("seen", distinct_id="user")


@scenario()
def a_tag_whose_value_changes(case):
    client, value = case.client(), ["one"]
    with client.new_context():
        client.tag("list", value)
        client.capture("first", distinct_id="user")
        value.append("two")
        client.capture("second", distinct_id="user")


@scenario()
def a_tag_named_by_a_number(case):
    client = case.client()
    with client.new_context():
        client.tag(5, "five")
        client.capture("seen", distinct_id="user")
        return client.get_tags()


@scenario()
def a_tag_of_an_object(case):
    client = case.client()
    with client.new_context():
        client.tag("object", object())
        client.tag("plan", "pro")
        client.capture("seen", distinct_id="user")


@scenario()
def visits(case):
    client = case.client()
    with client.new_context():
        client.set_context_session("outer")
        client.capture("outside", distinct_id="user")
        with client.new_context():
            client.capture("inherits", distinct_id="user")
            client.set_context_session("inner")
            client.capture("inside", distinct_id="user")
        return contexts.get_context_session_id()


@scenario()
def an_empty_visit(case):
    client = case.client()
    with client.new_context():
        client.set_context_session("outer")
        with client.new_context():
            client.set_context_session("")
            client.capture("seen", distinct_id="user")
            return contexts.get_context_session_id()


@scenario()
def a_visit_that_is_a_number(case):
    client = case.client()
    with client.new_context():
        client.set_context_session(5)
        client.capture("seen", distinct_id="user")


@scenario()
def a_device_is_on_no_event(case):
    client = case.client()
    with client.new_context():
        client.set_context_device_id("device")
        client.capture("seen", distinct_id="user")
        return contexts.get_context_device_id()


@scenario()
def reading_outside_of_any(case):
    return [
        contexts.get_context_distinct_id(),
        contexts.get_context_session_id(),
        contexts.get_context_device_id(),
        contexts.get_tags(),
    ]


@scenario()
def a_tag_wins_over_nothing_in_groups(case):
    client = case.client()
    with client.new_context():
        client.tag("$groups", {"company": "tag"})
        client.capture("seen", distinct_id="user")


@scenario()
def the_modules_functions(case):
    module = case.module()
    with module.new_context():
        module.tag(name="plan", value="pro")
        contexts.tag(key="seats", value=3)
        module.identify_context("user")
        module.set_context_session("visit")
        module.set_context_device_id("device")
        module.capture("seen")
        return module.get_tags()


@scenario()
def a_scope_by_hand(case):
    outer = contexts.ContextScope()
    outer.add_tag("outer", 1)
    outer.set_distinct_id("user")
    outer.set_session_id("visit")
    outer.set_device_id("device")
    inner = contexts.ContextScope(outer)
    inner.add_tag("inner", 2)
    fresh = contexts.ContextScope(outer, fresh=True)
    return [
        inner.collect_tags(),
        inner.get_parent() is outer,
        inner.get_distinct_id(),
        inner.get_session_id(),
        inner.get_device_id(),
        inner.capture_exceptions,
        inner.client,
        fresh.collect_tags(),
        fresh.get_parent() is outer,
        fresh.get_distinct_id(),
    ]


@scenario()
def options_of_code_variables(case):
    with posthog.new_context():
        posthog.set_capture_exception_code_variables_context(True)
        posthog.set_code_variables_mask_patterns_context(["(?i)secret"])
        posthog.set_code_variables_ignore_patterns_context(["^_"])
        posthog.set_code_variables_mask_url_credentials_context(False)
        posthog.set_code_variables_detect_secrets_context(False)
        with posthog.new_context():
            return [
                contexts.get_capture_exception_code_variables_context(),
                contexts.get_code_variables_mask_patterns_context(),
                contexts.get_code_variables_ignore_patterns_context(),
                contexts.get_code_variables_mask_url_credentials_context(),
                contexts.get_code_variables_detect_secrets_context(),
            ]
