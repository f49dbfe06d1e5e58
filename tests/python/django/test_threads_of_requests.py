"""Contexts that are asked on another thread than the request's, or in its event loop."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import posthog
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from posthog.contexts import get_context_distinct_id, get_tags, propagate
from site_under_test.served import served
from site_under_test.visitors import ask, log_in


@pytest.fixture
def opened(monkeypatch):
    """The threads on which a database connection was opened."""
    threads = []
    connect = BaseDatabaseWrapper.connect

    def recorded(self):
        threads.append(threading.get_ident())
        return connect(self)

    monkeypatch.setattr(BaseDatabaseWrapper, "connect", recorded)
    return threads


def ask_elsewhere(request):
    """Ask the context on a thread of the view's own, and capture there and here."""

    def work():
        get_tags()
        posthog.capture("there")
        return threading.get_ident()

    with ThreadPoolExecutor(max_workers=1) as pool:
        request.session_thread = pool.submit(propagate(work)).result()
    posthog.capture("here")
    return HttpResponse(str(request.session_thread))


async def aask_elsewhere(request):
    def work():
        get_tags()
        posthog.capture("there")
        return threading.get_ident()

    thread = await asyncio.to_thread(work)
    posthog.capture("here")
    return HttpResponse(str(thread))


async def aask_first(_request):
    tags, who = get_tags(), get_context_distinct_id()
    posthog.capture("seen")
    assert tags["$request_method"] == "GET"
    return HttpResponse(str(who))


urlpatterns = [
    path("ask_elsewhere/", ask_elsewhere),
    path("aask_elsewhere/", aask_elsewhere),
    path("aask_first/", aask_first),
]
HERE = override_settings(ROOT_URLCONF=__name__)


@pytest.mark.parametrize(
    ("page", "is_async"), [("/ask_elsewhere/", False), ("/ask_elsewhere/", True), ("/aask_elsewhere/", True)]
)
def test_the_user_is_looked_up_on_the_thread_of_the_request_and_on_no_other(events, user, opened, page, is_async):
    cookie = log_in(user)
    with HERE:
        thread = int(ask(page, cookie, is_async=is_async).content)
    assert thread not in opened
    assert [events.one(name)["distinct_id"] for name in ("there", "here")] == [str(user.pk)] * 2


def test_an_async_view_may_ask_the_context_and_its_events_still_know_the_user(events, user, sql):
    cookie = log_in(user)
    sql.clear()
    with HERE:
        assert ask("/aask_first/", cookie, is_async=True).content == b"None"
        assert ask("/aask_first/", cookie, is_async=True, headers={"x-posthog-distinct-id": "ann"}).content == b"ann"
    assert [event["distinct_id"] for event in events] == [str(user.pk), "ann"]
    assert [event["properties"]["email"] for event in events] == ["ann@example.com"] * 2
    assert len(sql) == 4


def test_before_the_user_is_known_no_tag_has_passed_the_map_so_an_async_view_learns_none(events, user):
    async def view(_request):
        return HttpResponse(str(get_tags()))

    with HERE, override_settings(POSTHOG_MW_TAG_MAP=lambda tags: tags):
        urlpatterns.append(path("early/", view))
        try:
            assert ask("/early/", log_in(user), is_async=True).content == b"{}"
            assert b"/early/" in ask("/early/", is_async=True).content
        finally:
            urlpatterns.pop()


def test_a_task_that_outlives_its_request_keeps_its_tags_and_looks_nobody_up(events, user, sql):
    cookie = log_in(user)
    tasks = []

    async def work(answered):
        await answered.wait()
        sql.clear()
        posthog.capture("after")

    async def view(_request):
        tasks.append(asyncio.ensure_future(work(answered)))
        return HttpResponse()

    async def visit():
        await served(ASGIHandler(), "/task/", cookie=cookie)
        answered.set()
        await tasks[0]

    answered = asyncio.Event()
    urlpatterns.append(path("task/", view))
    try:
        with HERE:
            asyncio.run(visit())
    finally:
        urlpatterns.pop()
    assert events.properties("after")["$request_path"] == "/task/"
    assert sql == []
