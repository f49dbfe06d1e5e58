"""Exceptions that leave contexts."""

from unittest import mock

from .case import failing, scenario


@scenario()
def an_exception_that_leaves_it(case):
    client = case.client()
    with client.new_context(capture_exceptions=True):
        client.tag("plan", "pro")
        client.identify_context("user")
        raise ValueError("leaves")


@scenario()
def an_exception_that_leaves_it_is_not_captured_by_default(case):
    with case.client().new_context():
        raise ValueError("leaves")


@scenario()
def an_exception_that_leaves_it_as_the_client_says(case):
    client = case.client()
    client.enable_exception_autocapture = True
    with client.new_context():
        raise ValueError("leaves")


@scenario()
def an_exception_that_leaves_it_whatever_the_client_says(case):
    client = case.client()
    client.enable_exception_autocapture = True
    with client.new_context(capture_exceptions=False):
        raise ValueError("leaves")


@scenario()
def an_exception_that_leaves_two(case):
    client = case.client()
    with client.new_context(capture_exceptions=True):
        client.tag("where", "outside")
        with client.new_context(capture_exceptions=True):
            client.tag("where", "inside")
            raise ValueError("leaves")


@scenario()
def an_exception_that_becomes_another_between_two(case):
    client = case.client()
    with client.new_context(capture_exceptions=True):
        try:
            with client.new_context(capture_exceptions=True):
                raise ValueError("inside")
        except ValueError as error:
            raise RuntimeError("outside") from error


@scenario()
def an_interrupt_that_leaves_it(case):
    client = case.client()
    try:
        with client.new_context(capture_exceptions=True):
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        return "passed on"


@scenario()
def an_exit_that_leaves_it(case):
    client = case.client()
    try:
        with client.new_context(capture_exceptions=True):
            raise SystemExit(3)
    except SystemExit as error:
        return error.code


@scenario()
def the_outer_one_is_back_after_a_failure(case):
    client = case.client()
    with client.new_context():
        client.tag("where", "outside")
        try:
            with client.new_context():
                client.tag("where", "inside")
                raise ValueError("leaves")
        except ValueError:
            return client.get_tags()


@scenario()
def its_client_captures_exceptions_only(case):
    module, client = case.module(), case.client(super_properties={"of": "the client"})
    try:
        with module.new_context(client=client, capture_exceptions=True):
            module.capture("seen", distinct_id="user")
            raise ValueError("leaves")
    except ValueError:
        return module.default_client is client


@scenario()
def the_modules_captures_exceptions(case):
    module = case.module(enable_exception_autocapture=False)
    with module.new_context(capture_exceptions=True):
        module.identify_context("user")
        raise ValueError("leaves")


@scenario()
def the_modules_setting_captures_exceptions(case):
    module = case.module()
    module.enable_exception_autocapture = True
    with module.new_context():
        module.identify_context("user")
        raise ValueError("leaves")


@scenario()
def the_default_clients_attribute_captures_exceptions(case):
    module = case.module()
    module.default_client = case.client()
    module.default_client.enable_exception_autocapture = True
    with module.new_context():
        raise ValueError("leaves")


@scenario()
def a_patched_capture_exception_of_the_module(case):
    module = case.module()
    with mock.patch("posthog.capture_exception") as patched:
        try:
            with module.new_context(capture_exceptions=True):
                raise ValueError("leaves")
        except ValueError as error:
            return patched.call_args == mock.call(error)


@scenario()
def a_patched_capture_exception_of_the_client(case):
    client = case.client()
    with mock.patch.object(client, "capture_exception") as patched:
        try:
            with client.new_context(capture_exceptions=True):
                raise ValueError("leaves")
        except ValueError as error:
            return patched.call_args == mock.call(error)


@scenario()
def a_client_that_fails_while_an_exception_leaves(case):
    client = case.client()
    with mock.patch.object(client, "capture_exception", failing), client.new_context(capture_exceptions=True):
        raise ValueError("leaves")
