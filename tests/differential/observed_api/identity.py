"""Whose an event is, what it is called, and calls that are wrong."""

import uuid

from posthog import contexts

from .case import Broken, scenario


@scenario()
def nobody(case):
    return case.client().capture("seen")


@scenario()
def nobody_twice(case):
    client = case.client()
    client.capture("seen")
    client.capture("seen")


@scenario()
def nobody_with_a_profile_property(case):
    case.client().capture("seen", properties={"$process_person_profile": True})


@scenario()
def nobody_with_a_profile_tag(case):
    client = case.client()
    with client.new_context():
        client.tag("$process_person_profile", value=True)
        client.capture("seen")


@scenario()
def nobody_in_a_group(case):
    case.client().capture("seen", groups={"company": "acme"})


@scenario()
def somebody(case):
    return case.client().capture("seen", distinct_id="user")


@scenario()
def a_number(case):
    case.client().capture("seen", distinct_id=5)


@scenario()
def zero(case):
    case.client().capture("seen", distinct_id=0)


@scenario()
def false(case):
    case.client().capture("seen", distinct_id=False)


@scenario()
def a_float(case):
    case.client().capture("seen", distinct_id=1.5)


@scenario()
def an_empty_text(case):
    case.client().capture("seen", distinct_id="")


@scenario()
def none(case):
    case.client().capture("seen", distinct_id=None)


@scenario()
def a_uuid(case):
    case.client().capture("seen", distinct_id=uuid.UUID(int=7))


@scenario()
def bytes_(case):
    case.client().capture("seen", distinct_id=b"user")


@scenario()
def blanks_around(case):
    case.client().capture("seen", distinct_id=" user ")


@scenario()
def blanks_alone(case):
    case.client().capture("seen", distinct_id="  ")


@scenario()
def a_long_text(case):
    case.client().capture("seen", distinct_id="x" * 1001)


@scenario()
def what_javascript_sends_for_nobody(case):
    client = case.client()
    for name in ("undefined", "null", "[object Object]", "anonymous"):
        client.capture("seen", distinct_id=name)


@scenario()
def a_list(case):
    case.client().capture("seen", distinct_id=["user"])


@scenario()
def an_object_without_a_text(case):
    return case.client().capture("seen", distinct_id=Broken())


@scenario()
def of_the_context(case):
    client = case.client()
    with client.new_context():
        client.identify_context("context")
        client.capture("seen")


@scenario()
def explicit_over_that_of_the_context(case):
    client = case.client()
    with client.new_context():
        client.identify_context("context")
        client.capture("seen", distinct_id="explicit")


@scenario()
def of_the_outer_context(case):
    client = case.client()
    with client.new_context():
        client.identify_context("outer")
        with client.new_context():
            client.capture("seen")


@scenario()
def of_the_inner_context(case):
    client = case.client()
    with client.new_context():
        client.identify_context("outer")
        with client.new_context():
            client.identify_context("inner")
            client.capture("seen")
        client.capture("seen")


@scenario()
def an_empty_one_hides_the_outer_contexts(case):
    client = case.client()
    with client.new_context():
        client.identify_context("outer")
        with client.new_context():
            client.identify_context("")
            client.capture("seen")
            return contexts.get_context_distinct_id()


@scenario()
def none_does_not_hide_the_outer_contexts(case):
    client = case.client()
    with client.new_context():
        client.identify_context("outer")
        with client.new_context():
            client.identify_context(None)
            client.capture("seen")
            return contexts.get_context_distinct_id()


@scenario()
def a_number_of_the_context(case):
    client = case.client()
    with client.new_context():
        client.identify_context(5)
        client.capture("seen")
        return contexts.get_context_distinct_id()


@scenario()
def identified_outside_of_any_context(case):
    client = case.client()
    client.identify_context("nobody hears this")
    client.capture("seen")
    return contexts.get_context_distinct_id()


@scenario()
def a_fresh_context_knows_nobody(case):
    client = case.client()
    with client.new_context():
        client.identify_context("outer")
        with client.new_context(fresh=True):
            client.capture("seen")
