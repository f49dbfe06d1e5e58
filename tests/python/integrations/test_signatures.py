"""The integrations are made with the arguments of the official package 7.91.1."""

from __future__ import annotations

import inspect
from inspect import Parameter

import pytest
from posthog.integrations.asgi import PosthogASGIMiddleware
from posthog.integrations.celery import PosthogCeleryIntegration
from posthog.integrations.flask import PosthogFlaskIntegration

ANY = Parameter.POSITIONAL_OR_KEYWORD
NAMED = Parameter.KEYWORD_ONLY
WEB = ("client", "capture_exceptions", "request_filter", "extra_properties", "trust_tracing_headers")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            PosthogASGIMiddleware,
            [
                ("app", ANY, Parameter.empty),
                *((name, ANY, None) for name in WEB),
                ("capture_tracing_headers", NAMED, None),
            ],
        ),
        (
            PosthogFlaskIntegration,
            [("app", ANY, None), *((name, NAMED, None) for name in (*WEB, "capture_tracing_headers"))],
        ),
        (
            PosthogCeleryIntegration,
            [
                ("client", ANY, None),
                ("capture_exceptions", ANY, True),
                ("capture_task_lifecycle_events", ANY, True),
                ("propagate_context", ANY, True),
                ("task_filter", ANY, None),
            ],
        ),
    ],
)
def test_the_arguments_are_the_official_ones(made, expected):
    parameters = inspect.signature(made).parameters.values()
    assert [(each.name, each.kind, each.default) for each in parameters] == expected


def test_the_options_can_be_read_under_their_official_names():
    middleware = PosthogASGIMiddleware(None)
    for name in ("app", "client", "capture_exceptions", "request_filter", "extra_properties"):
        assert getattr(middleware, name) is None
    assert middleware.capture_tracing_headers is middleware.trust_tracing_headers is True
    integration = PosthogCeleryIntegration(None, False, False, False, print)
    assert (integration.client, integration.task_filter) == (None, print)
    assert integration.capture_exceptions is integration.capture_task_lifecycle_events is False
    assert integration.propagate_context is False
