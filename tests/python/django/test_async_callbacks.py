"""Functions of the site that are `async def`: awaited wherever an answer is waited for."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.test import override_settings
from site_under_test.served import served
from site_under_test.visitors import ask, log_in

HEADERS = {"x-posthog-distinct-id": "ann"}


@pytest.fixture(params=["/capture/ wsgi", "/acapture/ wsgi", "/capture/ asgi", "/acapture/ asgi"])
def visit(request):
    path, server = request.param.split()

    def visit(cookie=None, **options):
        return ask(path, cookie, is_async=server == "asgi", **options)

    return visit


async def extra(request):
    await asyncio.sleep(0)
    return {"plan": "pro", "asked for": request.path}


class Extra:
    async def __call__(self, request):
        return await extra(request)


@pytest.mark.parametrize("callback", [extra, Extra()], ids=["function", "instance"])
def test_extra_tags_are_awaited(events, visit, callback):
    with override_settings(POSTHOG_MW_EXTRA_TAGS=callback):
        visit()
        visit(headers=HEADERS)
    assert [event["properties"]["plan"] for event in events] == ["pro", "pro"]
    assert events[0]["properties"]["asked for"] == events[0]["properties"]["$request_path"]


def test_a_filter_is_awaited(events, visit):
    async def no(_request):
        return False

    with override_settings(POSTHOG_MW_REQUEST_FILTER=no):
        visit(headers=HEADERS)
    assert events.one()["distinct_id"] != "ann"
    assert "$request_path" not in events.properties()


def test_a_map_is_awaited(events, visit):
    async def without_url(tags):
        return {name: value for name, value in tags.items() if name != "$current_url"}

    with override_settings(POSTHOG_MW_TAG_MAP=without_url):
        visit()
    assert "$current_url" not in events.properties()
    assert events.properties()["$request_method"] == "GET"


def test_the_user_of_the_request_may_be_asked_for(events, user, visit):
    async def name_of(request):
        return {"name": await sync_to_async(request.user.get_username)()}

    with override_settings(POSTHOG_MW_EXTRA_TAGS=name_of):
        response = visit(log_in(user))
    assert events.properties()["name"] == "ann"
    assert not response.has_header("Vary")


def test_under_asgi_they_run_in_the_event_loop_of_the_request_and_others_beside_it(events):
    loops, threads = [], []

    async def extra(_request):
        loops.append((asyncio.get_running_loop(), threading.get_ident()))
        return {}

    def tag_map(tags):
        threads.append(threading.get_ident())
        assert User.objects.count() == 0  # a query, which no event loop allows
        return tags

    async def visit(scope, receive, send):
        loops.append((asyncio.get_running_loop(), threading.get_ident()))
        await application(scope, receive, send)

    with override_settings(POSTHOG_MW_EXTRA_TAGS=extra, POSTHOG_MW_TAG_MAP=tag_map):
        application = ASGIHandler()
        asyncio.run(served(visit, "/acapture/"))
    assert events.properties()["$request_method"] == "GET"
    assert loops[0] == loops[1]
    assert threads != [loops[0][1]]
