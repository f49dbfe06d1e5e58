"""What other people's subclasses and callers of the official middleware rely on."""

import asyncio
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from posthog import contexts
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.visitors import BARE, ask, log_in

WHO = {"HTTP_X_POSTHOG_DISTINCT_ID": "ann", "HTTP_X_POSTHOG_SESSION_ID": "visit"}


class NamesUsers(PosthogContextMiddleware):
    def _resolve_user_details(self, user):
        return (f"user:{user.pk}", None) if user is not None and user.is_authenticated else (None, None)


class AddsTags(PosthogContextMiddleware):
    asked = 0

    def extract_tags(self, request):
        type(self).asked += 1
        return {**super().extract_tags(request), "tenant": "acme"}

    async def aextract_tags(self, request):
        type(self).asked += 1
        return {**await super().aextract_tags(request), "tenant": "acme"}


class Raises(PosthogContextMiddleware):
    def extract_tags(self, request):
        raise ValueError("from the subclass")

    async def aextract_tags(self, request):
        raise ValueError("from the subclass")


class Counts(PosthogContextMiddleware):
    calls = 0

    def __call__(self, request):
        type(self).calls += 1
        return super().__call__(request)


def site_with(middleware, monkeypatch):
    monkeypatch.setattr("site_under_test.middleware.Subclass", middleware, raising=False)
    return override_settings(MIDDLEWARE=[*BARE, "site_under_test.middleware.Subclass"])


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_subclass_may_name_users_its_own_way(events, user, monkeypatch, is_async):
    with site_with(NamesUsers, monkeypatch):
        for path in ("/capture/", "/acapture/"):
            response = ask(path, log_in(user), is_async=is_async)
            assert not response.has_header("Vary")
    assert [event["distinct_id"] for event in events] == [f"user:{user.pk}"] * 2
    assert all("email" not in event["properties"] for event in events)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_subclass_that_adds_tags_is_asked_for_every_request(events, monkeypatch, is_async):
    monkeypatch.setattr(AddsTags, "asked", 0)
    with site_with(AddsTags, monkeypatch):
        ask("/plain/", is_async=is_async)
        ask("/capture/", is_async=is_async, headers={"x-posthog-distinct-id": "ann"})
        ask("/fail/value/", is_async=is_async)
    assert AddsTags.asked == 3
    assert events.one()["distinct_id"] == "ann"
    assert [event["properties"]["tenant"] for event in events] == ["acme", "acme"]
    assert events.properties()["$request_method"] == "GET"


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_subclass_that_raises_costs_its_tags(events, monkeypatch, is_async, caplog):
    with site_with(Raises, monkeypatch):
        assert ask("/capture/", is_async=is_async).status_code == 200
    assert len(events) == 1
    assert "extract_tags" in caplog.text


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_subclass_is_not_asked_about_filtered_requests(events, monkeypatch, is_async):
    monkeypatch.setattr(AddsTags, "asked", 0)
    with site_with(AddsTags, monkeypatch), override_settings(POSTHOG_MW_REQUEST_FILTER=lambda _: False):
        ask("/capture/", is_async=is_async)
    assert AddsTags.asked == 0
    assert "tenant" not in events.properties()


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_subclass_may_override_the_call(events, monkeypatch, is_async):
    monkeypatch.setattr(Counts, "calls", 0)
    with site_with(Counts, monkeypatch):
        ask("/capture/", is_async=is_async, headers={"x-posthog-distinct-id": "ann"})
    assert Counts.calls == 1
    assert events.one()["distinct_id"] == "ann"


def test_extract_tags_writes_the_ids_now_and_returns_the_tags():
    middleware = PosthogContextMiddleware(lambda _request: None)
    middleware.extra_tags = lambda _request: {"plan": "pro"}
    middleware.tag_map = lambda tags: {**tags, "mapped": True}
    for extract in (middleware.extract_tags, middleware.extract_properties):
        with contexts.new_context(fresh=True):
            tags = extract(RequestFactory().get("/shop/", **WHO))
            assert contexts.get_context_distinct_id() == "ann"
            assert contexts.get_context_session_id() == "visit"
            assert contexts.get_tags() == {}
        assert (tags["$request_path"], tags["plan"], tags["mapped"]) == ("/shop/", "pro", True)


def test_the_asynchronous_extraction_says_the_same():
    request = RequestFactory().get("/shop/", **WHO)
    middleware = PosthogContextMiddleware(lambda _request: None)

    async def extract():
        return [await middleware.aextract_tags(request), await middleware.aextract_properties(request)]

    assert asyncio.run(extract()) == [middleware.extract_tags(request)] * 2


def test_users_are_id_and_email():
    middleware = PosthogContextMiddleware(lambda _request: None)
    request = RequestFactory().get("/")
    assert middleware.extract_request_user(request) == (None, None)
    request.user = SimpleNamespace(is_authenticated=lambda: True, pk=7, email="ann@example.com")
    assert middleware.extract_request_user(request) == ("7", "ann@example.com")
    assert asyncio.run(middleware.aextract_request_user(request)) == ("7", "ann@example.com")
    request.user = SimpleNamespace(is_authenticated=False, pk=7, email="ann@example.com")
    assert middleware.extract_request_user(request) == (None, None)
    request.user = SimpleNamespace(is_authenticated=True, pk=None)
    assert middleware.extract_request_user(request) == (None, None)


def test_old_and_new_names_are_one_attribute():
    middleware = PosthogContextMiddleware(lambda _request: None)
    middleware.extra_tags = middleware.tag_map = str
    middleware.trust_tracing_headers = False
    assert (middleware.extra_properties, middleware.properties_map, middleware.capture_tracing_headers) == (
        str,
        str,
        False,
    )
    assert (middleware.extra_tags, middleware.tag_map, middleware.trust_tracing_headers) == (str, str, False)


def test_attributes_may_be_changed_later(events):
    middleware = PosthogContextMiddleware(lambda request: middleware.process_exception(request, ValueError()))
    middleware.client = Mock()
    middleware(RequestFactory().get("/"))
    assert middleware.client.capture_exception.call_count == 1
    middleware.capture_exceptions = False
    middleware(RequestFactory().get("/"))
    assert middleware.client.capture_exception.call_count == 1
    assert not events


def test_an_instance_made_without_init_works():
    middleware = PosthogContextMiddleware.__new__(PosthogContextMiddleware)
    middleware.get_response = lambda _request: HttpResponse(str(contexts.get_tags()))
    middleware.request_filter = lambda _request: False
    assert middleware(RequestFactory().get("/")).content == b"{}"


def test_a_response_of_a_test_double_leaves_the_exception_unhandled():
    def get_response(request):
        middleware.process_exception(request, error)
        return Mock(status_code=500)

    error = ValueError()
    middleware = PosthogContextMiddleware(get_response)
    middleware.client = Mock()
    middleware(RequestFactory().get("/"))
    (call,) = middleware.client.capture_exception.call_args_list
    assert call.args == (error,)
    assert call.kwargs == {
        "_capture_metadata": {
            "level": "error",
            "source": "django.middleware",
            "mechanism": {"type": "middleware", "handled": False},
        }
    }


@pytest.mark.parametrize(("answer", "expected"), [(7, "7"), (None, None), (ValueError(), None)])
def test_a_user_that_only_auser_knows_is_awaited_before_an_async_view(answer, expected):
    async def auser():
        if isinstance(answer, Exception):
            raise answer
        return answer and SimpleNamespace(is_authenticated=True, pk=answer)

    async def get_response(_request):
        return contexts.get_context_distinct_id()

    request = RequestFactory().get("/")
    request.auser = auser
    assert asyncio.run(PosthogContextMiddleware(get_response)(request)) == expected


def test_the_mode_follows_the_next_handler():
    async def get_response(_request):
        return None

    assert PosthogContextMiddleware(get_response)._is_coroutine
    assert not PosthogContextMiddleware(lambda _request: None)._is_coroutine
    assert PosthogContextMiddleware.sync_capable
    assert PosthogContextMiddleware.async_capable
