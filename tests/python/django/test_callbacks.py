"""The functions that a site names in its settings can cost their tags, never a request."""

import re

import posthog
import pytest
from django.test import override_settings
from posthog import contexts
from site_under_test.visitors import ask, log_in

SETTINGS = {
    "filter": "POSTHOG_MW_REQUEST_FILTER",
    "extra": "POSTHOG_MW_EXTRA_TAGS",
    "extra (new name)": "POSTHOG_MW_EXTRA_PROPERTIES",
    "map": "POSTHOG_MW_TAG_MAP",
    "map (new name)": "POSTHOG_MW_PROPERTIES_MAP",
}


def raises(_argument):
    raise ValueError("from the callback")


async def araises(_argument):
    raise ValueError("from the callback")


def recurses(argument):
    return recurses(argument)


class Unreadable(dict):
    def items(self):
        raise ValueError("from the answer")

    def __bool__(self):
        raise ValueError("from the answer")


def told(caplog):
    """Return the setting that each log line names."""
    return [(record.name, re.search("POSTHOG_MW_[A-Z_]+", record.getMessage())[0]) for record in caplog.records]


@pytest.mark.parametrize("path", ["/capture/", "/acapture/"])
@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize(
    "callback",
    [raises, recurses, araises, lambda _: Unreadable(a=1)],
    ids=["raises", "recurses", "raises when awaited", "unreadable answer"],
)
def test_one_that_fails_costs_its_tags_and_one_log_line(events, caplog, setting, callback, path):
    with override_settings(**{setting: callback}):
        for _ in range(3):
            response = ask(path, is_async=path == "/acapture/", headers={"x-posthog-distinct-id": "ann"})
            assert response.status_code == 200
    assert [event["distinct_id"] for event in events] == ["ann"] * 3
    assert told(caplog) == [("posthog", setting)]
    if "MAP" not in setting:
        assert all(event["properties"]["$request_method"] == "GET" for event in events)


@pytest.mark.parametrize("answer", [["a", 1], "text", 5, object()], ids=["list", "str", "int", "object"])
@pytest.mark.parametrize("setting", ["POSTHOG_MW_EXTRA_TAGS", "POSTHOG_MW_TAG_MAP"])
def test_an_answer_of_a_wrong_type_costs_its_tags_and_one_log_line(events, caplog, setting, answer):
    with override_settings(**{setting: lambda _: answer}):
        assert ask("/capture/").status_code == 200
    assert told(caplog) == [("posthog", setting)]
    assert events.properties()["$context_tags"] == ([] if "MAP" in setting else events.properties()["$context_tags"])


def test_a_map_that_forgets_its_return_lets_nothing_private_pass(events, caplog):
    with override_settings(POSTHOG_MW_TAG_MAP=lambda tags: tags.pop("$current_url") and None):
        ask("/capture/?token=secret")
    assert "secret" not in str(events)
    assert told(caplog) == [("posthog", "POSTHOG_MW_TAG_MAP")]


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_extra_tags_is_an_answer(events, caplog, nothing):
    with override_settings(POSTHOG_MW_EXTRA_TAGS=lambda _: nothing):
        ask("/capture/")
    assert events.properties()["$request_method"] == "GET"
    assert not caplog.records


def test_keys_become_text_and_later_changes_come_too_late(events):
    kept = {1: "one", "two": 2}

    def extra(_request):
        return kept

    def tag_map(tags):
        kept["late"] = True
        return tags

    with override_settings(POSTHOG_MW_EXTRA_TAGS=extra, POSTHOG_MW_TAG_MAP=tag_map):
        ask("/capture/")
    assert events.properties()["1"] == "one"
    assert events.properties()["two"] == 2
    assert "late" not in events.properties()


def test_callbacks_are_asked_once_however_many_events(events):
    asked = []
    with override_settings(
        POSTHOG_MW_REQUEST_FILTER=lambda _: asked.append("filter") or True,
        POSTHOG_MW_EXTRA_TAGS=lambda _: asked.append("extra"),
        POSTHOG_MW_TAG_MAP=lambda tags: asked.append("map") or tags,
    ):
        ask("/capture_thrice/")
    assert len(events) == 3
    assert asked == ["filter", "extra", "map"]


def test_callbacks_are_asked_once_for_a_failing_request(events):
    asked = []
    with override_settings(
        POSTHOG_MW_REQUEST_FILTER=lambda _: asked.append("filter") or True,
        POSTHOG_MW_EXTRA_TAGS=lambda _: asked.append("extra"),
    ):
        ask("/fail/value/")
    assert len(events.exceptions) == 1
    assert asked == ["filter", "extra"]


def test_a_callback_may_capture_itself(events):
    def extra(_request):
        posthog.capture("asked")
        return {"after": True}

    with override_settings(POSTHOG_MW_EXTRA_TAGS=extra):
        assert ask("/capture/").status_code == 200
    assert len(events.named("asked")) == 1
    assert events.properties()["after"] is True


def test_a_filter_may_capture_itself(events):
    with override_settings(POSTHOG_MW_REQUEST_FILTER=lambda _: posthog.capture("asked") is not None):
        assert ask("/capture/").status_code == 200
        assert ask("/fail/value/").status_code == 500
    assert [event["event"] for event in events] == ["asked", "seen", "asked", "$exception"]


def test_a_filtered_request_has_no_context_and_inherits_none(events):
    with contexts.new_context(fresh=True), override_settings(POSTHOG_MW_REQUEST_FILTER=lambda _: False):
        contexts.tag("outer", "shines through")
        contexts.identify_context("somebody")
        ask("/tag_then_capture/", headers={"x-posthog-distinct-id": "ann"})
        assert ask("/show_context/").json() == {"distinct_id": None, "session_id": None, "tags": {}}
        assert ask("/fail/value/").status_code == 500
    assert set(events.properties()) & {"outer", "plan", "$context_tags", "$request_method"} == set()
    assert events.one()["distinct_id"] not in {"ann", "somebody"}
    assert not events.exceptions


def test_a_filter_may_ask_for_the_user(events, user):
    with override_settings(POSTHOG_MW_REQUEST_FILTER=lambda request: request.user.username != "ann"):
        response = ask("/capture/", log_in(user))
        ask("/capture/")
    assert not response.has_header("Vary")
    assert [("$request_path" in event["properties"]) for event in events] == [False, True]


def test_outer_tags_are_inherited(events):
    with contexts.new_context(fresh=True):
        contexts.tag("outer", 1)
        ask("/capture/")
    assert events.properties()["outer"] == 1
    assert contexts.get_tags() == {}


def test_what_the_view_says_wins_and_passes_no_map(events):
    with override_settings(POSTHOG_MW_TAG_MAP=lambda tags: {name + "_mapped": tag for name, tag in tags.items()}):
        ask("/tag_then_capture/")
    properties = events.properties()
    assert properties["$request_method"] == "mine"
    assert properties["plan"] == "pro"
    assert properties["$request_method_mapped"] == "GET"
    assert "plan_mapped" not in properties


def test_the_callback_of_a_logged_in_visitor_of_an_async_view_may_read_the_user(events, user, caplog):
    def extra(request):
        return {"user_id": request.user.id}

    with override_settings(POSTHOG_MW_EXTRA_TAGS=extra):
        response = ask("/acapture/", log_in(user), is_async=True)
        ask("/acapture/", is_async=True)
    assert response.status_code == 200
    assert not response.has_header("Vary")
    assert told(caplog) == []
    assert events[0]["properties"]["user_id"] == user.id
    assert events[1]["properties"]["user_id"] is None
