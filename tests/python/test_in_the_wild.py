"""What projects do with the package, as they write it."""

from __future__ import annotations

import importlib
import inspect
import json
import logging
import subprocess
import sys
import textwrap
from unittest import mock
from unittest.mock import patch

import posthog
import pytest
from posthog import Client, Posthog, identify_context, new_context, set_context_session, tag
from posthog.contexts import get_context_distinct_id, get_context_session_id, get_tags
from posthog.request import APIError

from .arriving import Sink


@pytest.fixture
def sink():
    opened = Sink()
    yield opened
    opened.close()


def arrived(sink):
    """Return the names of the events of each request."""
    return [[event["event"] for event in json.loads(body)["batch"]] for body in sink.take()]


def test_a_client_is_made_with_its_key_by_position_or_by_keyword():
    assert Posthog("phc_key", host="https://eu.posthog.com").host == "https://eu.i.posthog.com"
    assert Posthog(project_api_key="phc_key", host="http://localhost:4640").api_key == "phc_key"
    assert isinstance(Posthog("phc_key"), Client)


def test_a_client_is_made_with_settings_that_may_be_missing():
    for key in (None, "", "  "):
        client = Posthog(key, host=None)
        assert client.disabled
        assert client.capture("e", distinct_id="u") is None


def test_the_module_is_set_up_by_its_attributes(module, sink):
    module.default_client = None
    module.project_api_key, module.host, module.debug = "phc_key", sink.url, False
    module.capture("order placed", distinct_id="user", properties={"total": 12.5})
    module.shutdown()
    assert arrived(sink) == [["order placed"]]


def test_settings_that_only_a_client_has_may_be_assigned_too(module, monkeypatch):
    for name, value in {"timeout": 30, "flush_at": 1, "flush_interval": 0.5, "gzip": True, "max_retries": 1}.items():
        monkeypatch.setattr(module, name, value, raising=False)
        assert getattr(module, name) == value


def test_a_test_run_switches_the_module_off(module, monkeypatch):
    module.default_client = None
    module.project_api_key, module.disabled = "phc_key", True
    assert module.capture("e", distinct_id="u") is None
    monkeypatch.setattr(module, "capture", lambda *_args, **_kwargs: "noop")
    assert posthog.capture("user", "an event of version 5", {"total": 1}) == "noop"


def test_a_client_is_switched_off_after_it_was_made(client, events):
    client.disabled = True
    assert client.capture("e", distinct_id="u") is None
    client.disabled = False
    assert client.capture("e", distinct_id="u")
    assert len(events) == 1


def test_sync_mode_of_the_module_sends_before_capture_returns(module, sink, monkeypatch):
    module.default_client = None
    module.project_api_key, module.host = "phc_key", sink.url
    monkeypatch.setattr(module, "sync_mode", True)
    module.capture("one", distinct_id="u")
    module.capture("two", distinct_id="u")
    assert arrived(sink) == [["one"], ["two"]]
    module.shutdown()


def test_sync_mode_of_an_instance_sends_before_capture_returns(sink):
    client = Posthog("phc_key", host=sink.url)
    client.sync_mode = True
    assert client.capture("one", distinct_id="u")
    assert arrived(sink) == [["one"]]
    client.shutdown()


def test_a_context_says_who_and_what(module, client, events):
    module.default_client = client
    with new_context():
        identify_context("user")
        set_context_session("visit")
        tag("plan", "pro")
        assert (get_context_distinct_id(), get_context_session_id(), get_tags()) == ("user", "visit", {"plan": "pro"})
        module.capture("report sent")
    (event,) = events
    assert event["distinct_id"] == "user"
    assert event["properties"]["plan"] == "pro"
    assert event["properties"]["$session_id"] == "visit"


def test_a_fresh_context_around_a_job(module, client, events):
    module.default_client = client

    @posthog.scoped(fresh=True)
    def job():
        tag("job", "nightly")
        module.capture("done", distinct_id="u")

    with new_context():
        tag("request", 1)
        job()
    assert "request" not in events[0]["properties"]
    assert events[0]["properties"]["job"] == "nightly"


def test_a_program_puts_its_own_client_behind_the_module_and_takes_it_away(module, client, events):
    module.project_api_key = "phc_key"
    module.default_client = client
    module.capture("e", distinct_id="u")
    assert [event["event"] for event in events] == ["e"]
    module.default_client = None
    assert module.setup() is not client
    assert module.default_client.api_key == "phc_key"


def test_a_new_import_starts_with_the_settings_of_an_import():
    script = """
        import importlib
        import posthog

        posthog.project_api_key, posthog.disabled, posthog.debug = "phc_key", True, True
        posthog.before_send = lambda event: None
        posthog.default_client = posthog.Posthog("phc_key", send=False)
        importlib.reload(posthog)
        print(posthog.project_api_key, posthog.disabled, posthog.debug, posthog.before_send, posthog.default_client)
        posthog.project_api_key, posthog.send = "phc_key", False
        print(posthog.capture("e", distinct_id="u") is not None)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert said.splitlines() == ["None False False None None", "True"]


def test_a_mock_takes_the_place_of_the_modules_function(module):
    with patch("posthog.capture") as capture:
        module.capture("e", distinct_id="u", properties={"plan": "pro"})
    capture.assert_called_once_with("e", distinct_id="u", properties={"plan": "pro"})


@pytest.mark.parametrize(
    ("name", "arguments"),
    {
        "capture": ("e",),
        "set": (),
        "set_once": (),
        "group_identify": ("company", "acme"),
        "alias": ("before", "after"),
        "capture_exception": (),
        "feature_enabled": ("flag", "user"),
        "get_feature_flag": ("flag", "user"),
        "get_feature_flag_payload": ("flag", "user"),
        "get_all_flags": ("user",),
        "flush": (),
        "shutdown": (),
        "identify_context": ("user",),
        "tag": ("plan", "pro"),
    }.items(),
)
def test_a_mock_of_a_function_takes_what_the_function_takes(name, arguments):
    with patch(f"posthog.{name}", autospec=True) as function:
        getattr(posthog, name)(*arguments)
        function.assert_called_once_with(*arguments)
        with pytest.raises(TypeError):
            getattr(posthog, name)(*arguments, *["too many"] * 20)


def test_flags_are_mocked_for_the_code_under_test():
    with (
        patch("posthog.get_feature_flag", autospec=True, return_value="variant") as flag,
        patch("posthog.feature_enabled", autospec=True, return_value=True),
        patch("posthog.get_all_flags", return_value={"flag": "variant"}),
    ):
        assert posthog.get_feature_flag("flag", "user", groups={"company": "acme"}) == "variant"
        assert posthog.feature_enabled("flag", "user", send_feature_flag_events=False) is True
        assert posthog.get_all_flags("user") == {"flag": "variant"}
    flag.assert_called_once_with("flag", "user", groups={"company": "acme"})


def test_a_mock_takes_the_place_of_the_class(module):
    with patch("posthog.Posthog") as kind:
        module.Posthog("phc_key", host="http://localhost").capture("e", distinct_id="u")
    kind.assert_called_once_with("phc_key", host="http://localhost")
    kind.return_value.capture.assert_called_once_with("e", distinct_id="u")


def test_a_mock_of_the_class_takes_what_the_class_takes(module):
    with patch("posthog.Posthog", autospec=True):
        client = module.Posthog("phc_key", host="http://localhost", flush_at=1)
        client.capture("e", distinct_id="u")
        client.flush()
        with pytest.raises(TypeError):
            module.Posthog()
        with pytest.raises(TypeError):
            client.capture()
        with pytest.raises(AttributeError):
            client.track("e")


@pytest.mark.parametrize(
    "target", ["posthog.Posthog.capture", "posthog.client.Client.capture", "posthog.Client.capture"]
)
def test_a_mock_takes_the_place_of_a_method(client, events, target):
    with patch(target, return_value="uuid") as capture:
        assert client.capture("e", distinct_id="u") == "uuid"
    capture.assert_called_once_with("e", distinct_id="u")
    assert client.capture("e", distinct_id="u") not in (None, "uuid")
    assert len(events) == 1


def test_a_mock_of_a_method_with_its_signature_gets_the_client(client):
    with patch.object(Client, "capture", autospec=True) as capture:
        client.capture("e", distinct_id="u")
    capture.assert_called_once_with(client, "e", distinct_id="u")


def test_a_mock_of_capture_hears_of_exceptions_too(client, events):
    with patch.object(Client, "capture") as capture:
        client.capture_exception(ValueError("e"), distinct_id="u")
    assert capture.call_args.args == ("$exception",)
    assert events == []


def test_a_mock_is_a_client_for_isinstance():
    assert isinstance(mock.create_autospec(Client, instance=True), Client)
    assert isinstance(mock.Mock(spec=Posthog), Client)


def test_a_mock_is_behind_the_module(module):
    module.default_client = mock.Mock(spec=Posthog, api_key="phc_key")
    module.capture("e", distinct_id="u")
    module.default_client.capture.assert_called_once_with("e", distinct_id="u")


def test_the_door_of_the_modules_functions_is_mocked(module):
    with patch("posthog._proxy") as proxy:
        module.capture("e", distinct_id="u")
    assert proxy.call_args.args[0] == "capture"


def test_a_subclass_adds_to_what_is_captured(events):
    class OurClient(Posthog):
        def __init__(self, *args, service, **kwargs):
            super().__init__(*args, **kwargs)
            self.service = service

        def capture(self, event, **kwargs):
            kwargs["properties"] = {**(kwargs.get("properties") or {}), "service": self.service}
            return super().capture(event, **kwargs)

    client = OurClient("phc_key", service="shop", send=False, before_send=lambda event: events.append(event) or event)
    assert client.capture("e", distinct_id="u")
    assert client.capture_exception(ValueError("e"), distinct_id="u")
    assert [event["properties"]["service"] for event in events] == ["shop", "shop"]


def test_an_error_of_the_server_is_caught_by_its_name():
    with pytest.raises(APIError) as caught:
        raise APIError(503, "unavailable", retry_after=3)
    assert str(caught.value) == "[PostHog] unavailable (503)"
    assert (caught.value.status, caught.value.message, caught.value.retry_after) == (503, "unavailable", 3)


def test_the_private_session_is_closed_at_the_end_of_a_test_run():
    request = importlib.import_module("posthog.request")
    assert request._session.close() is None


def test_the_log_is_silenced_by_the_loggers_name(caplog):
    with caplog.at_level(logging.CRITICAL, logger="posthog"):
        logging.getLogger("posthog").error("nobody sees this")
    assert caplog.records == []


def test_tools_see_the_signatures():
    assert list(inspect.signature(posthog.capture).parameters) == ["event", "kwargs"]
    assert list(inspect.signature(Posthog).parameters)[:3] == ["project_api_key", "host", "debug"]
    assert posthog.capture.__doc__
    assert Posthog.capture.__doc__


def test_what_projects_import_is_there():
    names = {
        "posthog": ["Posthog", "Client", "new_context", "identify_context", "tag", "scoped", "capture", "setup"],
        "posthog.client": ["Client"],
        "posthog.contexts": ["get_tags", "get_context_distinct_id", "get_context_session_id", "new_context", "tag"],
        "posthog.request": ["APIError", "_session"],
        "posthog.types": ["FeatureFlagResult"],
        "posthog.version": ["VERSION"],
        "posthog.exception_capture": ["ExceptionCapture"],
    }
    missing = [
        f"{module}.{name}"
        for module, wanted in names.items()
        for name in wanted
        if not hasattr(importlib.import_module(module), name)
    ]
    assert missing == []
