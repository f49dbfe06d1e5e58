"""The documented examples, word for word as settings."""

from pathlib import Path

import pytest
from django.test import override_settings
from site_under_test.visitors import ask, log_in

BROWSER = {"x-posthog-session-id": "visit", "x-posthog-distinct-id": "from the browser", "user-agent": "Netscape"}


def settings_of(name):
    """Return what the example *name* puts into a settings module."""
    module = {}
    exec((Path(__file__).parent / "seed" / f"{name}.py").read_text(), module)  # noqa: S102 - our own fixture
    return override_settings(**{key: value for key, value in module.items() if key.isupper()})


pytestmark = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def test_basic_set_up_tags_events_with_ids_url_and_method(events, is_async):
    with settings_of("basic"):
        ask("/capture/?page=2", is_async=is_async, headers=BROWSER)
    assert events.one()["distinct_id"] == "from the browser"
    properties = events.properties()
    assert properties["$session_id"] == "visit"
    assert properties["$current_url"] == "http://testserver/capture/?page=2"
    assert properties["$request_method"] == "GET"


def test_basic_set_up_includes_exceptions(events, is_async):
    with settings_of("basic"):
        ask("/fail/value/", is_async=is_async, headers=BROWSER)
    assert events.exceptions == [("ValueError", "value")]
    assert events.one("$exception")["distinct_id"] == "from the browser"
    assert events.properties("$exception")["$session_id"] == "visit"
    assert events.properties("$exception")["$current_url"] == "http://testserver/fail/value/"


def test_exceptions_can_be_switched_off(events, is_async):
    with settings_of("exceptions_off"):
        for path in ("/fail/value/", "/afail/value/"):
            assert ask(path, is_async=is_async).status_code == 500
    assert not events


def test_extra_tags_name_the_user(events, user, is_async):
    with settings_of("extra_tags"):
        ask("/capture/", is_async=is_async)
        response = ask("/capture/", log_in(user), is_async=is_async)
    anonymous, known = (event["properties"] for event in events)
    assert {"user_id", "email"} & set(anonymous) == set()
    assert (known["user_id"], known["email"]) == (user.id, "ann@example.com")
    assert not response.has_header("Vary")


def test_the_request_filter_leaves_health_and_admin_alone(events, is_async):
    with settings_of("request_filter"):
        for path in ("/health", "/admin/orders", "/shop"):
            ask(path, is_async=is_async, headers=BROWSER)
    assert [event["properties"].get("$request_path") for event in events] == [None, None, "/shop"]
    assert [event["distinct_id"] == "from the browser" for event in events] == [False, False, True]
    assert ["$session_id" in event["properties"] for event in events] == [False, False, True]


def test_the_tag_map_removes_and_renames(events, is_async):
    with settings_of("tag_map"):
        ask("/capture/", is_async=is_async)
    properties = events.properties()
    assert {"$current_url", "$request_method"} & set(properties) == set()
    assert properties["http_method"] == "GET"
    assert properties["$request_path"] == "/capture/"


def test_the_complete_example_tags_anonymous_visitors(events, is_async):
    with settings_of("complete"):
        for path in ("/capture/", "/acapture/"):
            ask(path, is_async=is_async, headers=BROWSER)
    for event in events:
        assert event["properties"]["user_type"] == "anonymous"
        assert "user_agent" not in event["properties"]
        assert event["properties"]["$user_agent"] == "Netscape"
        assert event["distinct_id"] == "from the browser"
    assert len(events) == 2


def test_the_complete_example_tags_known_visitors(events, user, is_async):
    with settings_of("complete"):
        response = ask("/capture/", log_in(user), is_async=is_async)
    assert events.one()["distinct_id"] == str(user.pk)
    assert events.properties()["user_type"] == "authenticated"
    assert events.properties()["user_id"] == str(user.pk)
    assert not response.has_header("Vary")


def test_the_complete_example_leaves_internal_paths_alone(events, is_async):
    with settings_of("complete"):
        for path in ("/health", "/metrics", "/admin/orders"):
            ask(path, is_async=is_async, headers=BROWSER)
    assert len(events) == 3
    assert all("$request_path" not in event["properties"] for event in events)
    assert all(event["distinct_id"] != "from the browser" for event in events)


def test_the_complete_example_reports_exceptions(events, is_async):
    with settings_of("complete"):
        ask("/fail/value/", is_async=is_async, headers=BROWSER)
        ask("/afail/value/", is_async=is_async, headers=BROWSER)
    assert events.exceptions == [("ValueError", "value")] * 2
    assert {event["properties"]["user_type"] for event in events} == {"anonymous"}
