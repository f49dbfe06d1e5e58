"""A Django site inside of the middleware for any ASGI application: nothing is said twice, or by the wrong one."""

import asyncio

import pytest
from django.core.handlers.asgi import ASGIHandler
from posthog import contexts
from posthog.integrations.asgi import PosthogASGIMiddleware
from site_under_test.asgi import Visit
from site_under_test.visitors import log_in


@pytest.fixture
def visit():
    """Return a function that makes a request."""

    def visit(path, headers=()):
        made = Visit(path, headers, client=("203.0.113.7", 4711))
        asyncio.run(made.answer(PosthogASGIMiddleware(ASGIHandler(), capture_exceptions=True)))
        return made

    return visit


@pytest.mark.parametrize("path", ["/capture/", "/acapture/"])
def test_an_event_has_the_user_and_what_either_knows(events, visit, user, path):
    assert visit(f"{path}?page=2", {"cookie": f"sessionid={log_in(user)}"}).status == 200
    assert events.one()["distinct_id"] == str(user.pk)
    properties = events.properties()
    assert properties["$current_url"] == f"http://testserver{path}?page=2"
    assert properties["$ip"] == "203.0.113.7"
    assert properties["django_route"] == path.lstrip("/")


@pytest.mark.parametrize("view", ["fail", "afail"])
def test_a_failure_is_reported_once_by_the_middleware_of_the_site(events, visit, view):
    assert visit(f"/{view}/value/", {"x-posthog-distinct-id": "ann"}).status == 500
    assert events.one("$exception")["distinct_id"] == "ann"
    assert events.properties("$exception")["$exception_source"] == "django.middleware"
    assert contexts._get_current_context() is None
