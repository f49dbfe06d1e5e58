"""Programs that make the client their own: subclasses, and patches of tests."""

from unittest import mock

import posthog
from posthog.client import Client
from posthog.request import APIError

from .case import scenario


@scenario()
def a_subclass_that_adds_to_every_event(case):
    class Own(posthog.Posthog):
        def capture(self, event, **kwargs):
            kwargs["properties"] = {**(kwargs.get("properties") or {}), "added": True}
            return super().capture(event, **kwargs)

    client = case.client(Own)
    client.capture("seen", distinct_id="user")
    client.capture_exception(ValueError("never raised"), distinct_id="user")
    client.set(distinct_id="user", properties={"plan": "pro"})


@scenario()
def a_subclass_with_a_constructor_of_its_own(case):
    class Own(Client):
        def __init__(self, *arguments, plan, **keywords):
            super().__init__(*arguments, **keywords)
            self.plan = plan

    client = case.client(Own, plan="pro")
    client.capture("seen", distinct_id="user", properties={"plan": client.plan})
    return isinstance(client, Client)


@scenario()
def a_subclass_whose_exceptions_are_its_own(case):
    class Own(Client):
        def capture_exception(self, exception=None, **kwargs):
            return super().capture_exception(exception, **{**kwargs, "distinct_id": "own"})

    with case.client(Own).new_context(capture_exceptions=True):
        raise ValueError("leaves")


@scenario()
def a_subclass_behind_the_module(case):
    class Own(Client):
        def capture(self, event, **kwargs):
            return super().capture(f"own {event}", **kwargs)

    module = case.module()
    module.default_client = case.client(Own)
    return module.capture("seen", distinct_id="user") is not None


@scenario()
def a_subclass_with_methods_of_its_own(case):
    class Own(Client):
        def track(self, user, event):
            return self.capture(event, distinct_id=user)

    return case.client(Own).track("user", "seen") is not None


@scenario()
def a_subclass_that_is_disabled_by_a_property(case):
    class Own(Client):
        send = property(lambda _self: False, lambda _self, _value: None)

    return case.client(Own).capture("seen", distinct_id="user") is not None


@scenario()
def the_usual_name_is_a_subclass(_case):
    return issubclass(posthog.Posthog, Client), posthog.Client is Client, posthog.Posthog is not Client


@scenario()
def synchronous_on_an_instance(case):
    client = case.client()
    client.sync_mode = True
    client.capture("seen", distinct_id="user")
    return client.sync_mode


@scenario()
def attributes_of_an_instance(case):
    client = case.client()
    client.anything = 1
    client.capture = lambda event, **_: event
    return client.anything, client.capture("seen")


@scenario()
def a_patched_function(case):
    module = case.module()
    with mock.patch("posthog.capture") as capture:
        module.capture("seen", distinct_id="user", properties={"plan": "pro"})
    capture.assert_called_once_with("seen", distinct_id="user", properties={"plan": "pro"})
    return module.capture("after", distinct_id="user") is not None


@scenario()
def a_function_patched_by_its_signature(case):
    module = case.module()
    with mock.patch("posthog.capture", autospec=True) as capture:
        capture("seen", distinct_id="user")
        return capture.call_count, _raised(capture, "user", "seen"), module.default_client


@scenario()
def functions_patched_by_their_signatures(case):
    case.module()
    seen = {}
    for name, arguments in {
        "group_identify": ("company", "acme"),
        "alias": ("before", "after"),
        "capture_exception": (),
        "flush": (),
        "shutdown": (),
        "tag": ("plan", "pro"),
        "identify_context": ("user",),
        "get_tags": (),
        "feature_enabled": ("flag", "user"),
        "get_feature_flag": ("flag", "user"),
        "get_all_flags": ("user",),
    }.items():
        with mock.patch(f"posthog.{name}", autospec=True) as patched:
            patched(*arguments)
            seen[name] = [patched.call_count, _raised(patched, *arguments, *["too many"] * 20)]
    return seen


@scenario()
def a_patched_class(case):
    case.module()
    with mock.patch("posthog.Posthog") as kind:
        client = posthog.Posthog("key", host="host")
        client.capture("seen", distinct_id="user")
    kind.return_value.capture.assert_called_once_with("seen", distinct_id="user")


@scenario()
def a_class_patched_by_its_signature(case):
    case.module()
    with mock.patch("posthog.Posthog", autospec=True):
        client = posthog.Posthog("key", host="host")
        client.capture("seen", distinct_id="user")
        return _raised(posthog.Posthog), _raised(client.capture), _raised(lambda: client.nothing_of_the_kind)


@scenario()
def a_patched_method_of_the_class(case):
    client = case.client()
    with mock.patch.object(Client, "capture", return_value="patched") as capture:
        said = client.capture("seen", distinct_id="user")
        count = capture.call_count
    return said, count, client.capture("after", distinct_id="user") is not None


@scenario()
def a_patched_method_by_its_name(case):
    module = case.module()
    module.setup()
    with mock.patch("posthog.client.Client.capture") as capture:
        module.capture("seen", distinct_id="user")
    return capture.call_count


@scenario()
def a_patched_method_of_the_usual_class(case):
    client = case.client()
    with mock.patch("posthog.Posthog.capture") as capture:
        client.capture("seen", distinct_id="user")
    return capture.call_count, "capture" in vars(posthog.Posthog)


@scenario()
def a_patched_method_hears_of_exceptions(case):
    client = case.client()
    with mock.patch.object(Client, "capture", return_value="patched") as capture:
        client.capture_exception(ValueError("never raised"), distinct_id="user")
    return capture.call_count


@scenario()
def a_method_patched_by_its_signature(case):
    client = case.client()
    with mock.patch.object(Client, "capture", autospec=True, return_value="patched") as capture:
        said = client.capture("seen", distinct_id="user")
        return said, capture.call_args.args[0] is client


@scenario()
def a_mock_by_the_class(_case):
    client = mock.create_autospec(Client, instance=True)
    client.capture("seen", distinct_id="user")
    client.group_identify("company", "acme")
    return _raised(client.group_identify), isinstance(client, Client), _raised(lambda: client.nothing_of_the_kind)


@scenario()
def the_door_of_the_modules_functions(case):
    module = case.module()
    with mock.patch("posthog._proxy", return_value="proxied") as proxy:
        said = module.capture("seen", distinct_id="user")
    return said, proxy.call_args.args[:1]


@scenario()
def the_queue_of_the_client(case):
    client = case.client()
    with mock.patch.object(client, "_enqueue", return_value="queued") as enqueue:
        said = client.capture("seen", distinct_id="user")
    return said, enqueue.call_args.args[0]["event"]


@scenario()
def errors_of_the_server(_case):
    error = APIError(500, "broken", 3)
    return str(error), error.status, error.message, error.retry_after, isinstance(error, Exception)


def _raised(call, *arguments):
    try:
        call(*arguments)
    except Exception as error:
        return type(error).__name__
    return None
