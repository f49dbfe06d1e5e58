"""A visitor who goes away before the answer is complete."""

import asyncio

import django
import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.test import AsyncRequestFactory
from posthog import contexts

pytestmark = pytest.mark.skipif(
    django.VERSION < (5, 0), reason="Django 5.0 and newer cancel the request of a client that has gone"
)


async def visit_and_leave(path):
    """Send one request as an ASGI server does, and go away once the view says that it was reached."""
    scope = AsyncRequestFactory()._base_scope(path=path, headers=[(b"x-posthog-distinct-id", b"who")])
    scope["reached"] = asyncio.Event()
    handler = ApplicationCommunicator(ASGIHandler(), scope)
    await handler.send_input({"type": "http.request"})
    await asyncio.wait_for(scope["reached"].wait(), 60)
    await handler.send_input({"type": "http.disconnect"})
    await handler.wait(60)
    return contexts._get_current_context()


@pytest.mark.parametrize("path", ["/acapture_until_cancelled/", "/astream_until_cancelled/"], ids=["view", "body"])
def test_a_visitor_who_goes_away_costs_no_event_and_no_id_and_is_no_failure(events, path):
    assert asyncio.run(visit_and_leave(path)) is None
    assert [event["event"] for event in events] == ["seen", "left"]
    assert {event["distinct_id"] for event in events} == {"who"}
    assert {event["properties"]["$request_path"] for event in events} == {path}
