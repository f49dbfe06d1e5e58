"""`POSTHOG_MW_PROPAGATE_THREADS`: which threads capture in the context of the request."""

import asyncio
import inspect
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import posthog
import pytest
from asgiref.sync import sync_to_async
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from posthog import contexts
from posthog.contexts import ContextExecutor
from site_under_test.visitors import BARE, OURS, ask

WHO = {"x-posthog-distinct-id": "ann"}
ORIGINAL = ThreadPoolExecutor.submit


@pytest.fixture(autouse=True)
def _undone():
    yield
    assert ThreadPoolExecutor.submit is ORIGINAL


@pytest.fixture
def propagates():
    """The site propagates, and has a middleware that has read so."""
    with override_settings(POSTHOG_MW_PROPAGATE_THREADS=True):
        ask("/plain/")
        yield


@pytest.fixture(scope="module")
def pool():
    """A pool that is older than every request, as sites have them."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        yield pool


def capture():
    return posthog.capture("seen")


def visit(view):
    """Answer Ann's request with what *view* does, and return that."""
    results = []

    def answer(request):
        results.append(view())
        return HttpResponse("done")

    async def aanswer(request):
        results.append(await view())
        return HttpResponse("done")

    is_async = inspect.iscoroutinefunction(view)

    class Site:
        urlpatterns = (path("", aanswer if is_async else answer),)

    with override_settings(ROOT_URLCONF=Site()):
        assert ask("/", is_async=is_async, headers=WHO).status_code == 200
    return results[0]


def test_a_thread_pool_captures_in_the_context_of_the_request(events, propagates, pool):
    visit(lambda: pool.submit(capture).result())
    assert events.one()["distinct_id"] == "ann"
    assert events.properties()["$request_path"] == "/"


def test_a_mapped_function_captures_in_the_context_of_the_request(events, propagates, pool):
    visit(lambda: list(pool.map(lambda _: capture(), "ab")))
    assert [event["distinct_id"] for event in events] == ["ann", "ann"]


def test_the_executor_of_the_event_loop_captures_in_the_context_of_the_request(events, propagates):
    async def view():
        await asyncio.get_running_loop().run_in_executor(None, capture)

    visit(view)
    assert events.one()["distinct_id"] == "ann"


@pytest.mark.parametrize("hand_over", [asyncio.to_thread, lambda work: sync_to_async(work)()])
def test_what_keeps_the_context_by_itself_still_does(events, propagates, hand_over):
    async def view():
        await hand_over(capture)

    visit(view)
    assert events.one()["distinct_id"] == "ann"


def test_the_thread_of_a_pool_is_left_without_the_context(events, propagates, pool):
    visit(lambda: pool.submit(capture).result())
    assert pool.submit(contexts.get_tags).result() == {}


def test_two_requests_that_share_a_pool_are_kept_apart(events, propagates, pool):
    for who in ("ann", "ben"):
        with posthog.new_context():
            posthog.identify_context(who)
            pool.submit(capture).result()
    assert [event["distinct_id"] for event in events] == ["ann", "ben"]


def test_results_errors_and_arguments_pass_through(propagates, pool):
    def divide(number, by):
        return number / by

    assert visit(lambda: pool.submit(divide, 6, by=3).result()) == 2
    assert isinstance(visit(lambda: pool.submit(divide, 6, by=0).exception()), ZeroDivisionError)


def test_a_context_executor_does_not_hand_the_context_on_twice():
    def depth():
        frame, found = sys._getframe(), 0
        while frame:
            found += frame.f_globals.get("__name__") == "posthog.contexts"
            frame = frame.f_back
        return found

    with ContextExecutor(max_workers=1) as executor, posthog.new_context():
        outside = executor.submit(depth).result()
    with override_settings(POSTHOG_MW_PROPAGATE_THREADS=True):
        ask("/plain/")
        with ContextExecutor(max_workers=1) as executor, posthog.new_context():
            assert executor.submit(depth).result() == outside


def test_a_function_that_was_propagated_keeps_its_own_context(propagates, pool):
    with posthog.new_context():
        posthog.tag("where", "propagated")
        work = contexts.propagate(contexts.get_tags)
    with posthog.new_context():
        posthog.tag("where", "submitted")
        assert pool.submit(work).result() == {"where": "propagated"}


@pytest.mark.parametrize("value", [False, None, 1, "True"])
def test_without_the_setting_a_pool_knows_nothing_of_the_request(events, pool, value):
    with override_settings(POSTHOG_MW_PROPAGATE_THREADS=value):
        visit(lambda: pool.submit(capture).result())
    assert events.one()["distinct_id"] != "ann"


def test_the_setting_may_be_overridden_again_and_again(events, pool):
    for on in (True, False, True, True, False):
        with override_settings(POSTHOG_MW_PROPAGATE_THREADS=on, MIDDLEWARE=[*BARE, OURS]):
            visit(lambda: pool.submit(capture).result())
            assert (ThreadPoolExecutor.submit is not ORIGINAL) is on
    assert [event["distinct_id"] == "ann" for event in events] == [True, False, True, True, False]


def test_who_wraps_the_pools_too_is_left_in_peace_when_the_setting_goes(pool, monkeypatch):
    seen = []
    with override_settings(POSTHOG_MW_PROPAGATE_THREADS=True):
        ask("/plain/")
        ours = ThreadPoolExecutor.submit

        def theirs(self, fn, /, *args, **kwargs):
            seen.append(fn)
            return ours(self, fn, *args, **kwargs)

        ThreadPoolExecutor.submit = theirs
    assert ThreadPoolExecutor.submit is theirs
    with posthog.new_context():
        posthog.tag("where", "submitted")
        assert pool.submit(contexts.get_tags).result() == {}
    with override_settings(POSTHOG_MW_PROPAGATE_THREADS=True), posthog.new_context():
        posthog.tag("where", "submitted")
        assert pool.submit(contexts.get_tags).result() == {"where": "submitted"}
    assert len(seen) == 2
    ThreadPoolExecutor.submit = ours  # theirs goes
    with override_settings(POSTHOG_MW_PROPAGATE_THREADS=True):
        pass


def test_without_the_setting_thread_pools_are_not_even_imported():
    program = """
import sys
from django.conf import settings
settings.configure(POSTHOG_MW_PROPAGATE_THREADS=False)
from posthog.integrations.django import PosthogContextMiddleware
PosthogContextMiddleware(lambda request: None)
assert "posthog._thread_pools" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
