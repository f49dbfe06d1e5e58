"""Bodies that end early, run side by side, or are pulled in unusual ways."""

import asyncio
import gc

import django
import posthog
import pytest
from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIHandler
from django.http import FileResponse, HttpResponse
from django.test import Client, override_settings
from django.utils.deprecation import MiddlewareMixin
from posthog import contexts
from site_under_test.asgi import Visit
from site_under_test.pages import Pages
from site_under_test.streams import acapturing_parts, astreaming, capturing_parts, joined, streaming, view_of
from site_under_test.visitors import BARE, OURS, ask

LEAVES = pytest.mark.skipif(django.VERSION < (5, 0), reason="Django notices a browser that leaves since 5.0")
WHO = {"x-posthog-distinct-id": "ann", "x-posthog-session-id": "visit"}
BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


# -- ends --------------------------------------------------------------------------------------------------------------


async def anothing():
    return
    yield


@BOTH
def test_an_empty_body_is_empty(events, is_async):
    body = anothing() if is_async else iter(())
    response = async_to_sync(astreaming)(body) if is_async else streaming(body)
    assert b"".join(response) == b"" if not is_async else asyncio.run(joined(response)) == b""
    response.close()
    assert not events


def fails_first():
    raise ValueError("first")
    yield


def fails_last():
    yield "x"
    yield "y"
    raise ValueError("last")


async def afails_first():
    raise ValueError("first")
    yield


async def afails_last():
    yield "x"
    yield "y"
    raise ValueError("last")


@pytest.mark.parametrize("parts", [fails_first, fails_last, afails_first, afails_last])
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume", "ignore:Unclosed file:ResourceWarning")
def test_a_body_that_fails_at_its_first_or_last_part_is_reported_once(events, parts):
    visit = Visit("/view/", WHO)
    with override_settings(ROOT_URLCONF=Pages(view_of(parts))), pytest.raises(ValueError, match=r"first|last"):
        asyncio.run(visit.answer(ASGIHandler()))
    gc.collect()  # Django leaves the file with the request's body open
    assert events.exceptions == [("ValueError", parts.__name__.rpartition("_")[2])]
    assert events.one("$exception")["distinct_id"] == "ann"


@LEAVES
@pytest.mark.parametrize("moment", ["while a part is made", "while a part is sent"])
def test_an_endless_body_ends_with_its_context_when_the_browser_goes_away(events, moment):
    async def parts():
        try:
            while True:
                yield "x"
                await asyncio.sleep(0)
        finally:
            posthog.capture("closed")

    async def hang_up(_message):
        if len(visit.sent) == 3:
            visit.disconnect()
            if moment == "while a part is sent":
                await asyncio.Event().wait()

    visit = Visit("/view/", WHO, on_send=hang_up)
    with override_settings(ROOT_URLCONF=Pages(view_of(parts))):
        asyncio.run(visit.answer(ASGIHandler()))
    assert visit.status == 200
    assert not events.exceptions
    assert events.one("closed")["distinct_id"] == "ann"


@LEAVES
def test_a_body_that_waits_when_the_browser_goes_away_ends_with_its_context(events):
    async def parts():
        try:
            yield "x"
            visit.disconnect()
            await asyncio.Event().wait()
        finally:
            posthog.capture("closed")

    visit = Visit("/view/", WHO)
    with override_settings(ROOT_URLCONF=Pages(view_of(parts))):
        asyncio.run(visit.answer(ASGIHandler()))
    assert not events.exceptions
    assert events.one("closed")["distinct_id"] == "ann"


def test_a_body_that_is_closed_by_whoever_awaits_that_ends_with_its_context(events):
    async def parts():
        try:
            yield "x"
        finally:
            posthog.capture("closed")

    async def visit():
        response = await astreaming(parts())
        body = response._iterator
        await anext(body)
        await body.aclose()
        assert contexts.get_tags() == {}

    asyncio.run(visit())
    assert events.one("closed")["distinct_id"] == "ann"


@BOTH
def test_a_head_request_starts_no_body_and_captures_nothing_of_it(events, is_async):
    with override_settings(ROOT_URLCONF=Pages(view_of(acapturing_parts if is_async else capturing_parts))):
        client = Client(headers=WHO)
        response = client.head("/view/")
    assert response.status_code == 200
    response.close()
    gc.collect()
    assert not events


class Replaces(MiddlewareMixin):
    def process_response(self, request, response):
        response.close()
        return HttpResponse("another")


@BOTH
def test_a_body_whose_response_is_replaced_further_out_is_not_made(events, monkeypatch, is_async):
    monkeypatch.setattr("site_under_test.middleware.Other", Replaces, raising=False)
    middleware = ["site_under_test.middleware.Other", *BARE, OURS]
    with override_settings(MIDDLEWARE=middleware, ROOT_URLCONF=Pages(view_of(capturing_parts))):
        assert ask("/view/", is_async=is_async, headers=WHO).content == b"another"
    assert not events
    assert contexts.get_tags() == {}


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
def test_a_file_is_sent_whole_under_asgi_and_closed(events, tmp_path):
    page = tmp_path / "page.txt"
    page.write_bytes(b"x" * 100_000)
    opened = []

    def view(request):
        posthog.capture("seen")
        opened.append(page.open("rb"))
        return FileResponse(opened[0])

    with override_settings(ROOT_URLCONF=Pages(view)):
        assert asyncio.run(Visit("/view/", WHO).answer(ASGIHandler())) == (200, page.read_bytes())
    assert opened[0].closed
    assert events.one()["distinct_id"] == "ann"
