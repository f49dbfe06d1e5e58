"""Settings may name functions and clients by their dotted path."""

import pytest
from django.test import Client, override_settings
from site_under_test import named

ROOT = "site_under_test.named."


def get(path="/capture/", **settings):
    with override_settings(**settings):
        return Client(raise_request_exception=False).get(path, HTTP_USER_AGENT="Browser")


@pytest.mark.parametrize("name", ["POSTHOG_MW_EXTRA_TAGS", "POSTHOG_MW_EXTRA_PROPERTIES"])
def test_more_tags_come_from_a_named_function(events, name):
    get(**{name: f"{ROOT}add_plan"})
    assert events.properties()["plan"] == "pro"


@pytest.mark.parametrize("name", ["POSTHOG_MW_TAG_MAP", "POSTHOG_MW_PROPERTIES_MAP"])
def test_tags_pass_a_named_function(events, name):
    get(**{name: f"{ROOT}hide_agent"})
    assert "$user_agent" not in events.properties()
    assert events.properties()["$raw_user_agent"] == "Browser"


def test_requests_are_filtered_by_a_named_function(events):
    get(POSTHOG_MW_REQUEST_FILTER=f"{ROOT}skip_plain")
    assert "$current_url" not in events.properties()


@pytest.mark.parametrize("path", [f"{ROOT}nothing", "no.such.module", f"{ROOT}plan"])
def test_a_path_that_leads_nowhere_has_the_effect_of_a_function_that_fails(events, caplog, path):
    assert get(POSTHOG_MW_EXTRA_TAGS=path, POSTHOG_MW_REQUEST_FILTER=path).status_code == 200
    assert events.properties()["$raw_user_agent"] == "Browser"
    assert path in caplog.text
    assert "POSTHOG_MW_EXTRA_TAGS raised an exception" in caplog.text


def test_without_the_map_that_was_named_no_tag_leaves(events):
    get(POSTHOG_MW_TAG_MAP=f"{ROOT}nothing")
    assert "$raw_user_agent" not in events.properties()


@pytest.mark.parametrize("client", [f"{ROOT}client", f"{ROOT}make_client", named.make_client])
def test_exceptions_go_through_a_client_that_is_named_or_made(events, client):
    named.events.clear()
    assert get("/fail/value/", POSTHOG_MW_CLIENT=client).status_code == 500
    assert [event["event"] for event in named.events] == ["$exception"]
    assert not events.exceptions


@pytest.mark.parametrize("client", [f"{ROOT}plan", "no.such.client", lambda: None, lambda: 1 / 0])
def test_exceptions_go_through_the_global_client_where_there_is_no_other(events, caplog, client):
    assert get("/fail/value/", POSTHOG_MW_CLIENT=client).status_code == 500
    assert len(events.exceptions) == 1
    assert "POSTHOG_MW_CLIENT gives no client" in caplog.text
