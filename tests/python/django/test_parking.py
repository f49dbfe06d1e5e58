"""An event captured before its user is known waits for the response."""

import asyncio
import datetime as dt

import django
import posthog
import pytest
from django.test import RequestFactory, override_settings
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.visitors import ask, log_in

ID = {"X-POSTHOG-DISTINCT-ID": "from-header"}
BOTH = pytest.mark.parametrize("is_async", [False, True])
ASYNC_LOGIN = pytest.mark.skipif(django.VERSION < (5, 0), reason="alogin and alogout came with Django 5.0")


@BOTH
def test_an_event_before_the_login_carries_the_user(events, user, is_async):
    returned = ask("/capture_then_login/", is_async=is_async).json()
    for name in ("before", "after"):
        assert events.one(name)["distinct_id"] == str(user.pk)
        assert events.one(name)["properties"]["email"] == "ann@example.com"
        assert events.one(name)["uuid"] == returned[name], "capture() has told the id before"


def test_parked_events_keep_their_time_and_order(events, user):
    ask("/capture_then_login/")
    assert [event["event"] for event in events] == ["before", "after"]
    before, after = (dt.datetime.fromisoformat(event["timestamp"]) for event in events)
    assert before < after


def test_a_user_whom_a_view_finds_by_itself_is_the_user_of_earlier_events_too(events):
    def get_response(request):
        posthog.capture("seen")
        request.user = type("TokenUser", (), {"is_authenticated": True, "pk": 4711, "email": ""})()

    PosthogContextMiddleware(get_response)(RequestFactory().get("/shop/"))
    assert events.one()["distinct_id"] == "4711"


@BOTH
def test_events_before_the_logout_are_the_users_and_those_after_it_are_nobodys(events, user, is_async):
    ask("/capture_around_logout/", log_in(user), is_async=is_async)
    assert events.one("before")["distinct_id"] == str(user.pk)
    assert events.one("after")["distinct_id"] != str(user.pk)
    assert events.properties("after")["$process_person_profile"] is False
    assert "email" not in events.properties("after")


@ASYNC_LOGIN
@BOTH
def test_a_login_in_an_async_view_names_the_user_of_all_its_events(events, user, is_async):
    assert ask("/acapture_around_login/", is_async=is_async).status_code == 200
    assert [(event["event"], event["distinct_id"]) for event in events] == [
        ("before", str(user.pk)),
        ("after", str(user.pk)),
    ]


@ASYNC_LOGIN
@BOTH
def test_after_a_logout_in_an_async_view_events_are_nobodys(events, user, is_async):
    assert ask("/acapture_around_logout/", log_in(user), is_async=is_async).status_code == 200
    assert events.one("before")["distinct_id"] == str(user.pk)
    assert events.properties("after")["$process_person_profile"] is False


def test_a_login_reaches_a_context_that_was_read_before(events, user):
    ask("/read_context_then_login/")
    assert events.one("after")["distinct_id"] == str(user.pk)
    assert events.properties("after")["email"] == "ann@example.com"


@BOTH
def test_anonymous_events_of_one_request_share_an_id_and_those_of_two_do_not(events, is_async):
    ask("/capture_thrice/", is_async=is_async)
    ask("/capture_thrice/", is_async=is_async)
    ids = [event["distinct_id"] for event in events]
    assert ids[0] == ids[1] == ids[2] != ids[3] == ids[4] == ids[5]
    assert all(event["properties"]["$process_person_profile"] is False for event in events)


def test_the_user_is_looked_up_outside_of_the_applications_transaction(events, sql, user):
    cookie = log_in(user)
    sql.clear()
    ask("/capture_in_transaction/", cookie)
    assert [statement.split()[0] for statement in sql] == ["BEGIN", "SELECT", "SELECT"]
    assert events.one("parked")["distinct_id"] == str(user.pk)
    assert events.one("explicit")["distinct_id"] == "somebody"
    assert events.properties("explicit")["email"] == "ann@example.com"


def test_an_event_with_a_tracing_header_does_not_wait(events):
    seen = []

    def get_response(_request):
        posthog.capture("seen")
        seen.extend(events)

    PosthogContextMiddleware(get_response)(RequestFactory().get("/", headers=ID))
    assert [event["distinct_id"] for event in seen] == ["from-header"]


def test_a_flush_does_not_leave_events_waiting(events, user):
    seen = []

    def get_response(_request):
        posthog.capture("seen")
        assert events == []
        posthog.flush()
        seen.extend(events)

    PosthogContextMiddleware(get_response)(RequestFactory().get("/"))
    assert len(seen) == len(events) == 1


def test_identify_names_the_events_after_it(events, user):
    ask("/capture_then_identify/", log_in(user))
    assert events.one("before")["distinct_id"] == str(user.pk)
    assert events.one("after")["distinct_id"] == "named"


def test_who_is_named_in_the_request_of_a_stranger_sent_its_earlier_events_too(events):
    ask("/capture_then_identify/")
    assert [(event["event"], event["distinct_id"]) for event in events] == [("before", "named"), ("after", "named")]


def test_an_inner_context_is_remembered_and_a_later_tag_does_not_reach_back(events):
    ask("/capture_in_inner_context/")
    assert events.properties()["job"] == "inner"
    assert "later" not in events.properties()
    assert events.properties()["$request_path"] == "/capture_in_inner_context/"


def test_many_events_are_released_before_the_response(events):
    seen = []

    def get_response(_request):
        for _ in range(1500):
            posthog.capture("seen")
        seen.append(len(events))

    PosthogContextMiddleware(get_response)(RequestFactory().get("/"))
    assert seen == [1500], "from the first release on nothing waits any more"
    assert len({event["distinct_id"] for event in events}) == 1


def test_a_filtered_requests_events_carry_nothing_of_it(events):
    with override_settings(POSTHOG_MW_REQUEST_FILTER=lambda _request: False):
        ask("/capture/", headers=ID)
        ask("/capture/")
    for event in events:
        assert "$request_path" not in event["properties"]
        assert "$context_tags" not in event["properties"]


def test_the_end_of_the_program_takes_no_event_with_it(events):
    with pytest.raises(SystemExit):
        ask("/capture_then_exit/")
    assert len(events.named("seen")) == 1


def test_a_cancelled_request_releases_its_events(events):
    async def visit():
        async def get_response(_request):
            posthog.capture("seen")
            raise asyncio.CancelledError

        await PosthogContextMiddleware(get_response)(RequestFactory().get("/shop/"))

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(visit())
    assert events.properties()["$request_path"] == "/shop/"


def test_a_task_that_outlives_its_request_is_not_parked_for_ever(events):
    async def visit():
        gate = asyncio.Event()

        async def late():
            await gate.wait()
            posthog.capture("seen")

        async def get_response(_request):
            tasks.append(asyncio.ensure_future(late()))

        tasks = []
        await PosthogContextMiddleware(get_response)(RequestFactory().get("/shop/"))
        gate.set()
        await tasks[0]

    asyncio.run(visit())
    assert events.properties()["$request_path"] == "/shop/"
