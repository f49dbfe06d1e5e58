"""Exceptions that belong together: causes, contexts and groups."""

import sys

from .case import scenario
from .exception_kinds import raised

GROUPS_EXIST = sys.version_info >= (3, 11)


def _caused(depth):
    error = ValueError("0")
    for number in range(1, depth):
        try:
            raise ValueError(str(number)) from error
        except ValueError as caught:  # noqa: PERF203 - one after the other
            error = caught
    return error


def _group(members, text="group"):
    return ExceptionGroup(text, members) if GROUPS_EXIST else ValueError(text)  # noqa: F821 - since Python 3.11


def _briefly(event):
    """Leave of each exception what it is and how it hangs together with the others."""
    event["properties"]["$exception_list"] = [
        [entry["type"], entry["value"], entry["mechanism"]] for entry in event["properties"]["$exception_list"]
    ]
    return event


def _counted(event):
    event["properties"]["$exception_list"] = len(event["properties"]["$exception_list"])
    return event


@scenario()
def a_cause(case):
    client = case.client()
    try:
        try:
            {}["key"]
        except KeyError as error:
            raise RuntimeError("from a cause") from error
    except RuntimeError as error:
        return client.capture_exception(error, distinct_id="user")


@scenario()
def a_context(case):
    client = case.client()
    try:
        try:
            {}["key"]
        except KeyError:
            raise RuntimeError("while handling another")  # noqa: B904 - that is what is observed
    except RuntimeError as error:
        return client.capture_exception(error, distinct_id="user")


@scenario()
def from_none(case):
    client = case.client()
    try:
        try:
            {}["key"]
        except KeyError:
            raise RuntimeError("from none") from None
    except RuntimeError as error:
        return client.capture_exception(error, distinct_id="user")


@scenario()
def a_cause_that_was_never_raised(case):
    client = case.client()
    try:
        raise RuntimeError("outer") from KeyError("never raised")
    except RuntimeError as error:
        return client.capture_exception(error, distinct_id="user")


@scenario()
def a_cause_and_another_context(case):
    client = case.client()
    try:
        try:
            {}["context"]
        except KeyError:
            raise RuntimeError("outer") from LookupError("cause")
    except RuntimeError as error:
        return client.capture_exception(error, distinct_id="user")


@scenario()
def three_in_a_row(case):
    return case.client(before_send=_briefly).capture_exception(_caused(3), distinct_id="user")


@scenario()
def fifty_in_a_row(case):
    return case.client(before_send=_counted).capture_exception(_caused(50), distinct_id="user")


@scenario()
def sixty_in_a_row(case):
    return case.client(before_send=_counted).capture_exception(_caused(60), distinct_id="user")


@scenario()
def five_thousand_in_a_row(case):
    return case.client(before_send=_counted).capture_exception(_caused(5000), distinct_id="user")


@scenario()
def its_own_cause(case):
    error = raised(ValueError("own cause"))
    error.__cause__ = error
    return case.client(before_send=_briefly).capture_exception(error, distinct_id="user")


@scenario()
def a_ring(case):
    first, second = raised(ValueError("first")), raised(KeyError("second"))
    first.__cause__, second.__cause__ = second, first
    return case.client(before_send=_briefly).capture_exception(first, distinct_id="user")


@scenario()
def a_ring_of_contexts(case):
    first, second = raised(ValueError("first")), raised(KeyError("second"))
    first.__context__, second.__context__ = second, first
    return case.client(before_send=_briefly).capture_exception(first, distinct_id="user")


@scenario()
def a_group(case):
    error = raised(_group([ValueError("one"), KeyError("two")]))
    return case.client().capture_exception(error, distinct_id="user")


@scenario()
def a_group_of_raised_ones(case):
    error = raised(_group([raised(ValueError("one")), raised(KeyError("two"))]))
    return case.client().capture_exception(error, distinct_id="user")


@scenario()
def a_group_in_a_group(case):
    error = raised(_group([_group([ValueError("inner")], "inner group"), KeyError("outer")]))
    return case.client(before_send=_briefly).capture_exception(error, distinct_id="user")


@scenario()
def a_group_with_causes(case):
    member, group = raised(ValueError("member")), _group([ValueError("one")])
    member.__cause__ = KeyError("cause of the member")
    group = _group([member, ValueError("other")])
    try:
        raise group from LookupError("cause of the group")
    except Exception as error:
        return case.client(before_send=_briefly).capture_exception(error, distinct_id="user")


@scenario()
def a_group_with_one_member_twice(case):
    member = ValueError("member")
    error = raised(_group([member, member, ValueError("other")]))
    return case.client(before_send=_briefly).capture_exception(error, distinct_id="user")


@scenario()
def a_group_whose_member_is_its_cause(case):
    member = ValueError("member")
    try:
        raise _group([member]) from member
    except Exception as error:
        return case.client(before_send=_briefly).capture_exception(error, distinct_id="user")


@scenario()
def a_group_of_sixty(case):
    error = raised(_group([ValueError(str(number)) for number in range(60)]))
    return case.client(before_send=_counted).capture_exception(error, distinct_id="user")


@scenario()
def a_group_of_one_twelve_hundred_times_and_another(case):
    member = ValueError("member")
    error = raised(_group([*[member] * 1200, ValueError("other")]))
    return case.client(before_send=_briefly).capture_exception(error, distinct_id="user")


@scenario()
def a_group_of_interrupts(case):
    kind = BaseExceptionGroup if GROUPS_EXIST else BaseException  # noqa: F821 - since Python 3.11
    error = raised(kind("interrupts", [KeyboardInterrupt(), ValueError("one")]))
    return case.client(before_send=_briefly).capture_exception(error, distinct_id="user")


@scenario()
def groups_in_groups(case):
    error = ValueError("innermost")
    for _ in range(200):
        error = _group([error])
    return case.client(before_send=_counted).capture_exception(raised(error), distinct_id="user")


@scenario()
def a_group_that_leaves_a_context(case):
    client = case.client(before_send=_briefly)
    with client.new_context(capture_exceptions=True):
        raise _group([ValueError("one"), KeyError("two")])
