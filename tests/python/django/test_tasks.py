"""Django's background tasks, where the backend runs them at once."""

import posthog
import pytest
from django.test import RequestFactory
from posthog.integrations.django import PosthogContextMiddleware

tasks = pytest.importorskip("django.tasks", reason="tasks came with Django 6.0")


def send_receipt():
    posthog.capture("seen")


def test_a_task_that_runs_at_once_captures_in_the_context_of_its_request(events):
    def get_response(_request):
        tasks.task(send_receipt).enqueue()

    PosthogContextMiddleware(get_response)(RequestFactory().get("/shop/", headers={"x-posthog-distinct-id": "who"}))
    assert events.one()["distinct_id"] == "who"
    assert events.properties()["$request_path"] == "/shop/"
