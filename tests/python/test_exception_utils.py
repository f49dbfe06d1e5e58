"""The steps of describing an exception that other packages call one by one."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from posthog import Posthog, exception_utils

from .test_code_variables import caught, holding


def described(error: BaseException, **mechanism: Any) -> list[dict[str, Any]]:
    info = exception_utils.exc_info_from_error(error)
    return exception_utils.exceptions_from_error_tuple(info, mechanism or None)


def test_an_exception_is_described_as_the_client_describes_it(client, events):
    def chained():
        try:
            holding(1)
        except ValueError as error:
            raise KeyError("k") from error

    error = caught(chained)
    client.capture_exception(error)
    captured = events[0]["properties"]["$exception_list"]
    for entry in captured:
        for frame in entry["stacktrace"]["frames"]:
            frame.pop("in_app", None)
    assert described(error) == captured


def test_the_mechanism_is_the_callers(client):
    (entry,) = described(caught(holding, 1), type="tool", handled=False, data={"name": "x"})
    assert entry["mechanism"] == {
        "exception_id": 0,
        "type": "tool",
        "handled": False,
        "synthetic": False,
        "data": {"name": "x"},
    }


def test_no_exception_has_no_description():
    assert exception_utils.exceptions_from_error_tuple((None, None, None)) == []


def test_an_exception_and_what_sys_says_of_it_are_the_same_thing():
    error = caught(holding, 1)
    info = exception_utils.exc_info_from_error(error)
    assert info == (ValueError, error, error.__traceback__)
    assert exception_utils.exc_info_from_error(info) is info
    for other in ("x", None, 5, (1, 2)):
        with pytest.raises(ValueError, match=type(other).__name__):
            exception_utils.exc_info_from_error(other)


def frames(*named: dict[str, Any]) -> dict[str, Any]:
    return {"exception": {"values": [{"stacktrace": {"frames": list(named)}}, {"stacktrace": None}, {}]}}


def test_frames_are_told_apart_by_module_and_path():
    event = frames(
        {"module": "shop.views", "abs_path": "/elsewhere/views.py"},
        {"module": "toolbox.x", "abs_path": "/srv/toolbox/x.py"},
        {"module": "cart", "abs_path": "/srv/cart.py"},
        {"module": "django.x", "abs_path": "/srv/venv/site-packages/django/x.py"},
        {"module": "json", "abs_path": "/usr/lib/json.py"},
        {"module": "cart", "abs_path": "/srv/cart.py", "in_app": False},
        {},
    )
    answer = exception_utils.handle_in_app(event, ["toolbox"], ["shop"], "/srv")
    assert answer is event
    decided = [frame.get("in_app") for frame in event["exception"]["values"][0]["stacktrace"]["frames"]]
    assert decided == [True, False, True, False, None, False, None]
    assert "in_app" not in event["exception"]["values"][0]["stacktrace"]["frames"][4]


def test_an_event_without_frames_is_left_alone():
    for event in ({}, {"exception": None}, {"exception": {"values": None}}):
        assert exception_utils.handle_in_app(dict(event)) == event


def test_what_is_marked_is_not_captured_again(client, events):
    error = caught(holding, 1)
    assert exception_utils.exception_is_already_captured(error) is False
    exception_utils.mark_exception_as_captured(error, "an id")
    assert exception_utils.exception_is_already_captured(error) is True
    assert client.capture_exception(error) is None
    assert events == []


def test_what_the_client_captured_is_marked(client):
    error = caught(holding, 1)
    client.capture_exception(error)
    assert exception_utils.exception_is_already_captured(error) is True
    assert exception_utils.exception_is_already_captured("no exception") is False


def test_hidden_calls_are_left_out_of_a_stack():
    def hidden():
        __tracebackhide__ = True
        holding(1)

    error = caught(hidden)
    names = [entry.tb_frame.f_code.co_name for entry in exception_utils.iter_stacks(error.__traceback__)]
    assert names == ["caught", "holding"]
    assert list(exception_utils.iter_stacks(None)) == []


def test_secrets_are_told_by_their_look():
    assert exception_utils._looks_like_secret("AKIA" + "IOSFODNN7EXAMPLE") is True
    assert exception_utils._looks_like_secret("an ordinary sentence") is False


def test_the_limits_are_those_in_effect():
    client = Posthog("k", send=False)
    assert client.code_variables_mask_patterns == exception_utils.DEFAULT_CODE_VARIABLES_MASK_PATTERNS
    assert exception_utils.DEFAULT_MAX_VALUE_LENGTH == 1024
    assert exception_utils.DEFAULT_TOTAL_VARIABLES_SIZE_LIMIT == 10 * 1024


def test_the_package_does_not_import_it_by_itself():
    code = "import posthog, sys; sys.exit('posthog.exception_utils' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
