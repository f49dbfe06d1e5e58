"""Tasks, threads and cancelled requests."""

import asyncio
import contextvars
import inspect
import sys
import threading
from operator import itemgetter

import django
import posthog
import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.core.handlers.asgi import ASGIHandler
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from posthog import contexts
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.asgi import Visit
from site_under_test.pages import Pages
from site_under_test.visitors import ask, log_in

CANCELS = pytest.mark.skipif(django.VERSION < (5, 0), reason="Django cancels the view of a browser that left since 5.0")
WHO = {"x-posthog-distinct-id": "ann", "x-posthog-session-id": "visit"}


def cookie(key):
    return {"cookie": f"sessionid={key}"}


def capture():
    posthog.capture("seen")


async def acapture():
    posthog.capture("seen")


# -- ways to go on -----------------------------------------------------------------------------------------------------


async def through_a_task():
    await asyncio.create_task(acapture())


async def through_gather():
    await asyncio.gather(acapture(), asyncio.sleep(0))


async def through_a_deadline():
    await asyncio.wait_for(acapture(), 60)


async def through_to_thread():
    await asyncio.to_thread(capture)


async def through_the_thread_of_the_request():
    await sync_to_async(capture)()


async def through_any_thread():
    await sync_to_async(capture, thread_sensitive=False)()


async def through_a_loop_in_a_thread():
    await sync_to_async(async_to_sync(acapture))()


async def through_a_callback_of_the_loop():
    done = asyncio.Event()
    asyncio.get_running_loop().call_soon(lambda: (capture(), done.set()))
    await done.wait()


async def through_a_copied_context():
    copied = contextvars.copy_context()
    thread = threading.Thread(target=copied.run, args=(capture,))
    thread.start()
    await asyncio.to_thread(thread.join)


WAYS = [
    through_a_task,
    through_gather,
    through_a_deadline,
    through_to_thread,
    through_the_thread_of_the_request,
    through_any_thread,
    through_a_loop_in_a_thread,
    through_a_callback_of_the_loop,
    through_a_copied_context,
]


@pytest.mark.parametrize("server", ["wsgi", "asgi"])
@pytest.mark.parametrize("way", WAYS)
def test_what_goes_on_in_this_way_keeps_the_request(events, way, server):
    async def view(request):
        await way()
        return HttpResponse("went on")

    with override_settings(ROOT_URLCONF=Pages(view)):
        assert ask("/view/", is_async=server == "asgi", headers=WHO).status_code == 200
    assert events.one()["distinct_id"] == "ann"
    assert events.properties()["$session_id"] == "visit"
    assert events.properties()["$request_path"] == "/view/"


def test_what_runs_in_a_new_context_has_nothing_of_the_request(events):
    def view(request):
        contextvars.Context().run(capture)
        capture()
        return HttpResponse("apart")

    with override_settings(ROOT_URLCONF=Pages(view)):
        ask("/view/", headers=WHO)
    assert [event["distinct_id"] == "ann" for event in events] == [False, True]
    assert "$request_path" not in events[0]["properties"]


def test_a_sync_view_may_run_a_coroutine(events):
    def view(request):
        async_to_sync(acapture)()
        return HttpResponse("ran")

    with override_settings(ROOT_URLCONF=Pages(view)):
        for is_async in (False, True):
            ask("/view/", is_async=is_async, headers=WHO)
    assert [event["distinct_id"] for event in events] == ["ann", "ann"]


def capture_late(headers, sql, in_view=()):
    """Capture the events *in_view*, and one more in a task that the view has started, when its answer is there."""

    async def visit():
        answered = asyncio.Event()
        tasks = []

        async def late():
            await answered.wait()
            sql.clear()
            posthog.capture("late")

        async def view(request):
            for name in in_view:
                posthog.capture(name)
            tasks.append(asyncio.create_task(late()))
            return HttpResponse("answered")

        with override_settings(ROOT_URLCONF=Pages(view)):
            await Visit("/view/", headers).answer(ASGIHandler())
        answered.set()
        await tasks[0]

    asyncio.run(visit())


def test_a_task_that_outlives_its_request_keeps_its_tags_and_looks_nobody_up(events, sql, user):
    capture_late(cookie(log_in(user)), sql)
    assert not sql
    assert events.properties("late")["$request_path"] == "/view/"
    assert events.properties("late")["$process_person_profile"] is False


def test_a_task_that_outlives_its_request_keeps_the_user_whom_the_request_knew(events, sql, user):
    capture_late(cookie(log_in(user)), sql, in_view=["seen"])
    assert not sql
    assert [event["distinct_id"] for event in events] == [str(user.pk)] * 2


# -- cancelled requests ------------------------------------------------------------------------------------------------


@CANCELS
def test_a_view_that_is_cancelled_captures_in_its_context_and_is_no_failure(events):
    async def view(request):
        try:
            posthog.capture("before")
            visit.disconnect()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            posthog.capture("cancelled")
            raise

    visit = Visit("/view/", WHO)
    with override_settings(ROOT_URLCONF=Pages(view)):
        asyncio.run(ASGIHandler()(visit.scope, visit.receive, visit.send))
    assert visit.sent == []
    assert [(event["event"], event["distinct_id"]) for event in events] == [("before", "ann"), ("cancelled", "ann")]


@CANCELS
def test_events_that_wait_in_a_cancelled_request_go_on_without_a_query_in_the_loop(events, sql, user):
    key = log_in(user)
    sql.clear()

    async def view(request):
        posthog.capture("seen")
        visit.disconnect()
        await asyncio.Event().wait()

    visit = Visit("/view/", cookie(key))
    with override_settings(ROOT_URLCONF=Pages(view)):
        asyncio.run(ASGIHandler()(visit.scope, visit.receive, visit.send))
    assert events.properties()["$request_path"] == "/view/"
    assert not sql


@CANCELS
def test_a_request_that_is_cancelled_while_its_user_is_looked_up_loses_no_event(events, user, monkeypatch):
    key = log_in(user)
    asked, answer = threading.Event(), threading.Event()
    get_user = ModelBackend.get_user

    def slowly(self, user_id):
        asked.set()
        answer.wait(60)
        return get_user(self, user_id)

    async def view(request):
        return HttpResponse(posthog.capture("seen"))

    async def leave_too_early():
        visit = Visit("/view/", cookie(key))
        request = asyncio.ensure_future(ASGIHandler()(visit.scope, visit.receive, visit.send))
        assert await asyncio.to_thread(asked.wait, 60)
        visit.disconnect()
        await asyncio.sleep(0)
        answer.set()
        await request

    monkeypatch.setattr(ModelBackend, "get_user", slowly)
    with override_settings(ROOT_URLCONF=Pages(view)):
        asyncio.run(leave_too_early())
    assert events.one()["distinct_id"] == str(user.pk)


# -- the middleware itself ---------------------------------------------------------------------------------------------


def test_django_and_python_see_whether_the_middleware_is_asynchronous():
    async def get_response(request):
        return HttpResponse("x")

    assert iscoroutinefunction(PosthogContextMiddleware(get_response))
    assert not iscoroutinefunction(PosthogContextMiddleware(lambda _request: HttpResponse("x")))
    if sys.version_info >= (3, 12):
        assert inspect.iscoroutinefunction(PosthogContextMiddleware(get_response))


def test_a_coroutine_of_the_middleware_that_nobody_awaits_opens_no_context():
    async def get_response(request):
        return HttpResponse("x")

    PosthogContextMiddleware(get_response)(RequestFactory().get("/")).close()
    assert contexts.get_tags() == {}


def test_an_event_loop_that_runs_inside_of_a_request_is_no_other_request(events):
    def view(request):
        with posthog.new_context():
            contexts.tag("step", "inner")
            async_to_sync(through_a_task)()
        capture()
        return HttpResponse("ran")

    with override_settings(ROOT_URLCONF=Pages(view)):
        ask("/view/", headers=WHO)
    in_order = sorted(events, key=itemgetter("timestamp"))
    assert [event["properties"].get("step") for event in in_order] == ["inner", None]
    assert [event["distinct_id"] for event in events] == ["ann", "ann"]
