"""Requests to an ASGI application have a context: who, which visit, and what was asked for."""

from __future__ import annotations

import asyncio

import httpx2
import posthog
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI
from posthog import contexts
from posthog.integrations.asgi import PosthogASGIMiddleware
from starlette.routing import Route
from starlette.testclient import TestClient

from .asgi_site import Meeting, application


@pytest.fixture
def visit():
    """Return a function that makes a request."""

    def visit(path, method="GET", base_url="https://shop.example", headers=(), **options):
        client = TestClient(
            PosthogASGIMiddleware(application(), **options), base_url=base_url, client=("203.0.113.7", 4711)
        )
        return client.request(method, path, headers=headers)

    return visit


def raw(scope, **options):
    """Run an application that captures one event for a connection of this *scope*."""

    async def application(_scope, _receive, _send):
        posthog.capture("seen")

    asyncio.run(PosthogASGIMiddleware(application, **options)(scope, None, None))


def test_an_event_says_who_which_visit_and_what_was_asked_for(events, visit, sent):
    visit("/seen/1", headers=sent)
    properties = events.assert_event("seen", distinct_id="user-7")["properties"]
    assert {name: properties[name] for name in properties["$context_tags"]} == {
        "$current_url": "https://shop.example/seen/1",
        "$request_method": "GET",
        "$request_path": "/seen/1",
        "$ip": "203.0.113.7",
        "$user_agent": "browser/1",
        "$raw_user_agent": "browser/1",
        "$window_id": "window-1",
    }
    assert properties["$session_id"] == "visit-1"


def test_an_event_of_a_visitor_without_headers_makes_no_person(events, visit):
    visit("/seen/1")
    events.assert_event("seen", properties={"$process_person_profile": False})


def test_no_query_string_leaves_the_site(events, visit):
    visit("/seen/1?token=SECRET")
    assert "SECRET" not in str(events)


def test_a_view_in_a_thread_has_the_context(events, visit, sent):
    visit("/thread", headers=sent)
    events.assert_event("seen", distinct_id="user-7")


def test_a_mounted_application_has_the_whole_path(events, visit):
    visit("/below/seen")
    events.assert_event("seen", properties={"$request_path": "/below/seen"})


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("198.51.100.1, 10.0.0.1", "198.51.100.1"),
        ("unknown, 198.51.100.1:80", "198.51.100.1"),
        ("nobody", "203.0.113.7"),
    ],
)
def test_the_address_is_the_first_one_that_proxies_tell_else_the_peers(events, visit, forwarded, address):
    visit("/seen/1", headers={"X-Forwarded-For": forwarded})
    events.assert_event("seen", properties={"$ip": address})


def test_an_id_that_can_be_nobodys_is_none(events, visit):
    visit("/seen/1", headers={"X-POSTHOG-DISTINCT-ID": "undefined"})
    assert events[0]["distinct_id"] != "undefined"
    assert events[0]["properties"]["$process_person_profile"] is False


def test_of_repeated_headers_the_first_usable_one_counts(events, visit):
    headers = [("X-POSTHOG-DISTINCT-ID", "null"), ("X-POSTHOG-DISTINCT-ID", "user-7"), ("X-POSTHOG-DISTINCT-ID", "b")]
    sessions = [("X-POSTHOG-SESSION-ID", " "), ("X-POSTHOG-SESSION-ID", "visit-1"), ("X-POSTHOG-SESSION-ID", "b")]
    visit("/seen/1", headers=[*headers, *sessions])
    events.assert_event("seen", distinct_id="user-7", properties={"$session_id": "visit-1"})


def test_requests_need_not_be_believed_who_they_come_from(events, visit, sent):
    visit("/seen/1", headers=sent, capture_tracing_headers=False)
    properties = events[0]["properties"]
    assert "$session_id" not in properties
    assert "$window_id" not in properties
    assert properties["$process_person_profile"] is False
    assert properties["$user_agent"] == "browser/1"


def test_the_older_name_of_that_option_works_and_is_deprecated():
    with pytest.warns(DeprecationWarning, match="capture_tracing_headers"):
        middleware = PosthogASGIMiddleware(application(), trust_tracing_headers=False)
    assert middleware.capture_tracing_headers is False
    assert middleware.trust_tracing_headers is False
    with pytest.warns(DeprecationWarning, match="capture_tracing_headers"):
        assert PosthogASGIMiddleware(
            None, trust_tracing_headers=False, capture_tracing_headers=True
        ).trust_tracing_headers


def test_what_is_odd_in_a_connection_costs_only_itself(events):
    raw({"type": "http"})
    raw({"type": "http", "headers": [("user-agent", "text"), (b"user-agent", b"a\xe9\x01b"), (b"host", None)]})
    raw({"type": "http", "path": "/p" * 3_000, "method": "M" * 50, "scheme": "http", "server": ("::1", 8000)})
    raw({"type": "http", "path": "/p", "scheme": "https", "server": ("shop", 443), "client": ["unix"]})
    raw({"type": "http", "path": "/p", "scheme": "http", "server": ("/run/socket", None), "client": ()})
    tags = [{name: each["properties"][name] for name in each["properties"]["$context_tags"]} for each in events]
    assert tags == [
        {},
        {"$user_agent": "aéb", "$raw_user_agent": "aéb"},
        {
            "$request_path": ("/p" * 3_000)[:2_048],
            "$request_method": "M" * 32,
            "$current_url": ("http://[::1]:8000" + "/p" * 3_000)[:3_068],
        },
        {"$request_path": "/p", "$current_url": "https://shop/p"},
        {"$request_path": "/p"},
    ]


def test_a_context_outside_is_inherited(events):
    with posthog.new_context():
        posthog.identify_context("operator")
        posthog.tag("run", 3)
        raw({"type": "http"})
    events.assert_event("seen", distinct_id="operator", properties={"run": 3})


def test_what_the_application_says_wins_and_ends_with_the_request(events, sent):
    async def say(scope, receive, send):
        posthog.identify_context("somebody")
        posthog.tag("$request_path", "/hidden")
        posthog.capture("said")

    async def visit():
        await PosthogASGIMiddleware(say)({"type": "http", "path": "/p"}, None, None)
        return contexts.get_tags()

    assert asyncio.run(visit()) == {}
    events.assert_event("said", distinct_id="somebody", properties={"$request_path": "/hidden"})


def test_streaming_bodies_and_background_tasks_have_the_context(events, visit, sent):
    visit("/streaming", headers=sent)
    assert [(event["event"], event["distinct_id"]) for event in events] == [
        ("first part", "user-7"),
        ("last part", "user-7"),
        ("mail sent", "user-7"),
    ]


def test_a_websocket_has_a_context(events, sent):
    client = TestClient(PosthogASGIMiddleware(application()), client=("203.0.113.7", 4711))
    with client.websocket_connect("/chat?token=SECRET", headers=sent) as chat:
        chat.send_text("hello")
    events.assert_event("joined", distinct_id="user-7", properties={"$current_url": "ws://testserver/chat"})
    events.assert_event("said", distinct_id="user-7", properties={"text": "hello", "$session_id": "visit-1"})
    assert "$request_method" not in events[0]["properties"]


def test_lifespan_passes_as_it_is(events):
    async def application(scope, receive, send):
        posthog.capture("started", properties={"message": await receive()})

    async def receive():
        return {"type": "lifespan.startup"}

    asked = []
    middleware = PosthogASGIMiddleware(application, request_filter=asked.append)
    asyncio.run(middleware({"type": "lifespan"}, receive, None))
    events.assert_event("started", properties={"message": {"type": "lifespan.startup"}})
    assert events[0]["properties"].get("$context_tags") is None
    assert asked == []


def test_requests_that_run_at_the_same_time_keep_their_own_ids(events):
    site = PosthogASGIMiddleware(application(Route("/meeting", Meeting(50).__call__)))

    async def visit(client, number):
        headers = {"X-POSTHOG-DISTINCT-ID": f"user-{number}"}
        await client.get("http://shop/meeting", headers=headers)

    async def visits():
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(site)) as client:
            await asyncio.gather(*(visit(client, number) for number in range(50)))

    asyncio.run(visits())
    for name in ("came", "left"):
        assert {event["distinct_id"] for event in events.named(name)} == {f"user-{number}" for number in range(50)}


def test_dependencies_views_and_background_tasks_of_fastapi_have_the_context(events, sent):
    site = FastAPI()
    site.add_middleware(PosthogASGIMiddleware)

    async def tenant():
        posthog.tag("tenant", "acme")

    async def opened():
        posthog.capture("opened")
        yield
        posthog.capture("closed")

    @site.get("/orders/{number}", dependencies=[Depends(tenant), Depends(opened)])
    def order(number: int, tasks: BackgroundTasks) -> dict[str, int]:
        posthog.capture("order read")
        tasks.add_task(posthog.capture, "mail sent")
        return {"number": number}

    TestClient(site).get("/orders/7", headers=sent)
    assert [event["event"] for event in events][:2] == ["opened", "order read"]
    assert {event["event"] for event in events} == {"opened", "order read", "mail sent", "closed"}
    for event in events:
        assert event["distinct_id"] == "user-7"
        assert event["properties"]["tenant"] == "acme"
