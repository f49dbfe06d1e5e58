"""Whose context the parts of a body are made in: side by side, in other threads, and with contexts of their own."""

import asyncio
import gzip
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import posthog
import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.db import connections
from django.test import override_settings
from posthog import contexts
from site_under_test.asgi import Visit
from site_under_test.pages import Pages
from site_under_test.streams import acapturing_parts, astreaming, capturing_parts, joined, streaming, view_of
from site_under_test.visitors import BARE, OURS, ask, log_in

GZIP = "django.middleware.gzip.GZipMiddleware"
CONDITIONAL = "django.middleware.http.ConditionalGetMiddleware"
WHO = {"x-posthog-distinct-id": "ann", "x-posthog-session-id": "visit"}
BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


# -- side by side ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tasks", ["one task", "a task each", "a task per part"])
def test_async_bodies_that_take_turns_keep_their_ids_apart(events, tasks):
    async def drain(body):
        return [part async for part in body]

    async def visit():
        responses = [await astreaming(acapturing_parts(), who) for who in ("ann", "bob")]
        bodies = [aiter(response) for response in responses]
        if tasks == "a task each":
            await asyncio.gather(*map(drain, bodies))
            return
        for _ in range(3):
            for body in bodies:
                await (anext(body) if tasks == "one task" else asyncio.ensure_future(anext(body)))
                assert contexts.get_context_distinct_id() is None

    asyncio.run(visit())
    assert [event["distinct_id"] for event in events] == ["ann", "bob"] * 3


def test_a_body_may_contain_the_body_of_another_request(events):
    def outer():
        posthog.capture("outer")
        for part in streaming(capturing_parts(), "bob"):
            posthog.capture("outer")
            yield part

    assert b"".join(streaming(outer(), "ann")) == b"xxx"
    expected = [("outer", "ann"), ("part", "bob"), ("outer", "ann")]
    assert [(event["event"], event["distinct_id"]) for event in events] == [
        *expected,
        *expected[1:],
        *expected[1:],
    ]


def test_parts_may_be_pulled_by_any_thread(events):
    body = iter(streaming(capturing_parts()))

    def pull():
        part = next(body)
        return part, contexts.get_context_distinct_id()

    for _ in range(3):
        with ThreadPoolExecutor(1) as thread:
            assert thread.submit(pull).result() == (b"x", None)
    assert [event["distinct_id"] for event in events] == ["ann"] * 3


def test_tasks_that_a_body_starts_have_its_context(events):
    async def parts():
        async def tell(number):
            await asyncio.sleep(0)
            posthog.capture("told", properties={"number": number})

        tasks = [asyncio.create_task(tell(number)) for number in range(3)]
        for task in tasks:
            yield "data: x\n\n"
            await task

    visit = Visit("/view/", WHO)
    with override_settings(ROOT_URLCONF=Pages(view_of(parts))):
        assert asyncio.run(visit.answer(ASGIHandler()))[0] == 200
    assert [event["distinct_id"] for event in events] == ["ann"] * 3
    assert all(event["properties"]["$request_path"] == "/view/" for event in events)


@pytest.mark.parametrize("middleware", [[GZIP, CONDITIONAL, *BARE, OURS], [*BARE, OURS, CONDITIONAL, GZIP]])
def test_other_middleware_may_wrap_an_async_body(events, middleware):
    visit = Visit("/view/", {**WHO, "accept-encoding": "gzip"})
    with override_settings(MIDDLEWARE=middleware, ROOT_URLCONF=Pages(view_of(acapturing_parts))):
        status, body = asyncio.run(visit.answer(ASGIHandler()))
    assert (status, decompressed(body)) == (200, b"xxx")
    assert [event["distinct_id"] for event in events] == ["ann"] * 3


def decompressed(body):
    """Return what is in the members of a gzip file, one for each part."""
    with gzip.open(BytesIO(body)) as file:
        return file.read()


# -- code of the body --------------------------------------------------------------------------------------------------


def test_a_body_may_query_before_and_after_it_captures(events, user):
    def parts():
        yield User.objects.get().username
        posthog.capture("seen")
        yield str(User.objects.count())

    cookie = log_in(user)
    with override_settings(ROOT_URLCONF=Pages(view_of(parts))):
        assert b"".join(ask("/view/", cookie)) == b"ann1"
    assert events.one()["distinct_id"] == str(user.pk)


def test_an_async_body_may_query_before_and_after_it_captures(events, user):
    async def parts():
        yield (await User.objects.aget()).username
        posthog.capture("seen")
        yield str(await User.objects.acount())

    async def visit():
        visit = Visit("/view/", WHO)
        answer = await visit.answer(ASGIHandler())
        await sync_to_async(connections.close_all)()
        return answer

    with override_settings(ROOT_URLCONF=Pages(view_of(parts))):
        assert asyncio.run(visit()) == (200, b"ann1")
    assert events.one()["distinct_id"] == "ann"


def test_what_a_part_says_about_the_request_holds_for_the_next_parts(events):
    def parts():
        contexts.tag("step", 1)
        yield "x"
        posthog.capture("seen")
        contexts.identify_context("bob")
        yield "y"
        posthog.capture("seen")

    assert b"".join(streaming(parts())) == b"xy"
    assert [(event["distinct_id"], event["properties"]["step"]) for event in events] == [("ann", 1), ("bob", 1)]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_context_that_a_body_opens_is_its_own_from_part_to_part(events, is_async):
    def parts():
        with posthog.new_context():
            contexts.identify_context("bob")
            yield "x"
            posthog.capture("inside")
            yield "y"
            posthog.capture("inside too")
        posthog.capture("outside")

    async def aparts():
        for part in parts():
            yield part

    if is_async:
        assert asyncio.run(joined(async_to_sync(astreaming)(aparts()))) == b"xy"
    else:
        assert b"".join(streaming(parts())) == b"xy"
    assert contexts.get_tags() == {}
    assert [(event["event"], event["distinct_id"]) for event in events] == [
        ("inside", "bob"),
        ("inside too", "bob"),
        ("outside", "ann"),
    ]
