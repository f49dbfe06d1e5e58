"""What travels with a task: who, which visit, and the program's own tags, in headers of ours and nothing else."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from posthog.integrations.celery import (
    CONTEXT_DISTINCT_ID_HEADER,
    CONTEXT_SESSION_ID_HEADER,
    CONTEXT_TAGS_HEADER,
)
from posthog.integrations.celery.headers import MOST_TAGS, Said, incoming, outgoing, put


def tags_of(headers):
    return json.loads(headers[CONTEXT_TAGS_HEADER])


def test_the_headers_have_the_official_names():
    assert (CONTEXT_DISTINCT_ID_HEADER, CONTEXT_SESSION_ID_HEADER, CONTEXT_TAGS_HEADER) == (
        "X-POSTHOG-DISTINCT-ID",
        "X-POSTHOG-SESSION-ID",
        "X-POSTHOG-CONTEXT-TAGS",
    )


def test_who_which_visit_and_tags_travel():
    assert outgoing(Said("user-7", "visit-1", {"plan": "pro"})) == {
        CONTEXT_DISTINCT_ID_HEADER: "user-7",
        CONTEXT_SESSION_ID_HEADER: "visit-1",
        CONTEXT_TAGS_HEADER: '{"plan": "pro"}',
    }


@pytest.mark.parametrize("said", [Said(), Said("", " ", {}), Said("undefined", "\n"), Said(None, None, {"$ip": "1"})])
def test_what_says_nothing_does_not_travel(said):
    assert outgoing(said) == {}


def test_what_a_request_says_about_its_visitor_stays_unless_it_is_asked_for():
    own = {"plan": "pro", "$groups": {"company": "acme"}, "$feature/new": True}
    tags = {"$current_url": "https://shop/?token=x", "$ip": "1.2.3.4", "email": "ann@example.com", "django_route": "a"}
    assert tags_of(outgoing(Said(tags=tags | own))) == own
    assert tags_of(outgoing(Said(tags=tags | own), with_request=True)) == tags | own


def test_what_a_task_says_about_itself_stays():
    assert tags_of(outgoing(Said(tags={"celery_task_id": "1", "plan": "pro"}))) == {"plan": "pro"}


def test_tags_are_what_they_are_on_events_else_they_stay_and_are_told(told):
    tags = {
        "list": [1, {"a": None}],
        "id": uuid.UUID(int=7),
        "day": dt.date(2026, 1, 2),
        "odd": object(),
        "infinite": float("inf"),
    }
    assert tags_of(outgoing(Said(tags=tags))) == {
        "list": [1, {"a": None}],
        "id": "00000000-0000-0000-0000-000000000007",
        "day": "2026-01-02",
    }
    outgoing(Said(tags=tags))
    assert len(told("'odd'")) == len(told("'infinite'")) == 1


def test_what_has_no_room_stays_and_is_told(told):
    tags = {"first": "x", "large": "x" * MOST_TAGS, "last": "y"}
    assert tags_of(outgoing(Said(tags=tags))) == {"first": "x", "last": "y"}
    assert len(told("'large'")) == 1


@given(
    st.dictionaries(st.text(), st.none() | st.floats() | st.text() | st.integers() | st.lists(st.text(), max_size=3))
)
def test_any_tags_make_json_of_a_limited_size(tags):
    written = outgoing(Said(tags=tags)).get(CONTEXT_TAGS_HEADER, "{}")
    assert len(written) <= MOST_TAGS
    assert json.loads(written).keys() <= tags.keys()


def test_a_message_has_them_where_workers_of_all_versions_look():
    nested = {"theirs": 1}
    message = {"id": "1", "headers": nested, CONTEXT_DISTINCT_ID_HEADER: "of the last try"}
    put(message, {CONTEXT_DISTINCT_ID_HEADER: "user-7"})
    assert message == {
        "id": "1",
        CONTEXT_DISTINCT_ID_HEADER: "user-7",
        "headers": {"theirs": 1, CONTEXT_DISTINCT_ID_HEADER: "user-7"},
    }
    assert nested == {"theirs": 1}


def test_a_message_without_headers_within_its_headers_gets_none_of_those():
    message = {"id": "1", "theirs": 1}
    put(message, {CONTEXT_DISTINCT_ID_HEADER: "user-7"})
    assert message == {"id": "1", "theirs": 1, CONTEXT_DISTINCT_ID_HEADER: "user-7"}


@pytest.mark.parametrize("is_nested", [True, False])
def test_what_was_sent_is_read_wherever_it_is(is_nested):
    headers = outgoing(Said("user-7", "visit-1", {"plan": "pro"}))
    request = SimpleNamespace(headers=headers) if is_nested else SimpleNamespace(**headers, headers=None)
    assert incoming(request) == Said("user-7", "visit-1", {"plan": "pro"})


@pytest.mark.parametrize("tags", ["no json", "[1]", "5", None, 5, b"\xff", '"text"', "[" * 100_000])
def test_tags_of_no_use_count_as_not_sent(tags):
    assert incoming(SimpleNamespace(headers={CONTEXT_TAGS_HEADER: tags})) == Said()


def test_ids_of_no_use_count_as_not_sent():
    request = SimpleNamespace(headers={CONTEXT_DISTINCT_ID_HEADER: "null", CONTEXT_SESSION_ID_HEADER: 5})
    assert incoming(request) == Said()
    assert incoming(None) == Said()
