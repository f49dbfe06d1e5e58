"""What the page about ASGI, Flask and Celery tells people to write works, and what it says there is, there is."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import posthog
import pytest
from posthog.integrations.asgi import PosthogASGIMiddleware
from posthog.integrations.celery import PosthogCeleryIntegration
from posthog.integrations.celery.headers import MOST_TAGS
from starlette.testclient import TestClient

PAGE = (Path(__file__).parents[3] / "docs/integrations.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def ran(events):
    """Return a function that runs the block with a text in it, and returns its names."""

    def ran(text):
        names = {"__name__": "shop"}
        block = next(block for block in BLOCKS if text in block)
        exec(compile(block, "docs/integrations.md", "exec"), names)  # noqa: S102 - the point of the test
        return names

    return ran


def test_the_fastapi_application_captures_as_the_visitor(ran, events, sent):
    assert TestClient(ran("FastAPI()")["app"]).post("/orders", headers=sent).json() == {"ok": True}
    events.assert_event("order placed", distinct_id="user-7", properties={"$request_path": "/orders"})


def test_the_asgi_callbacks_do_what_they_say(ran, events):
    client = TestClient(ran("is_tracked")["app"])
    client.get("/", headers={"X-Tenant": "acme"})
    client.get("/health")
    assert [event["properties"].get("tenant") for event in events] == ["acme", None]
    assert [event["properties"].get("$request_path") for event in events] == ["/", None]


def test_the_flask_application_captures_as_the_visitor(ran, events, sent):
    ran("Flask(")["app"].test_client().post("/orders/7", headers=sent)
    events.assert_event("order placed", distinct_id="user-7", properties={"$request_route": "/orders/<number>"})


def test_the_celery_task_captures_as_who_sent_it(ran, events):
    names = ran("def send_receipt")
    names["app"].conf.task_always_eager = True
    with posthog.new_context():
        posthog.identify_context("user-7")
        names["send_receipt"].delay(7)
    events.assert_event("receipt sent", distinct_id="user-7", properties={"order": 7})
    said = set(re.findall(r"`(celery task \w+)`", PAGE))
    assert {event["event"] for event in events} - {"receipt sent"} < said
    for name in events.named("receipt sent")[0]["properties"]["$context_tags"]:
        assert f"`{name}`" in PAGE


def test_request_tags_may_travel_along(ran):
    assert ran("WithRequestTags")["WithRequestTags"].propagate_request_tags
    assert not PosthogCeleryIntegration.propagate_request_tags


def test_the_page_names_every_argument_and_the_limit():
    for made in (PosthogASGIMiddleware, PosthogCeleryIntegration):
        for name in inspect.signature(made).parameters.keys() - {"app"}:
            assert f"`{name}`" in PAGE, name
    assert f"{MOST_TAGS:,} characters" in PAGE
