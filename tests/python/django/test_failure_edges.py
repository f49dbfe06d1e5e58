"""Failures of middleware, of the pages that answer failures, and of objects that fail more than once."""

import gc

import posthog
import pytest
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.handlers.wsgi import WSGIHandler
from django.http import Http404, HttpResponse
from django.test import override_settings
from django.utils.deprecation import MiddlewareMixin
from posthog import contexts
from posthog.integrations.django import PosthogContextMiddleware
from posthog.integrations.django.record import RequestRecord
from site_under_test.pages import Pages
from site_under_test.visitors import BARE, OURS, ask

BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def plain(request):
    return HttpResponse("plain")


def capture(request):
    return HttpResponse(posthog.capture("seen"))


def fail(request):
    raise ValueError("in the view")


def missing(request):
    raise Http404("no such thing")


class FailsWhileLoading:
    def __init__(self, get_response):
        raise ValueError("while loading")


class IsNotUsed:
    def __init__(self, get_response):
        raise MiddlewareNotUsed


class OursIsNotUsed(PosthogContextMiddleware):
    def __init__(self, get_response):
        super().__init__(get_response)
        raise MiddlewareNotUsed


class FailsInProcessRequest(MiddlewareMixin):
    def process_request(self, request):
        raise ValueError("by the mixin")


class FailsInProcessResponse(MiddlewareMixin):
    def process_response(self, request, response):
        raise ValueError("by the mixin")


class FailsInProcessTemplateResponse(MiddlewareMixin):
    def process_template_response(self, request, response):
        raise ValueError("by the mixin")


class AnswersInside(MiddlewareMixin):
    def process_exception(self, request, exception):
        return HttpResponse("handled", status=500)


@pytest.fixture
def site_with(monkeypatch):
    """Return a function that puts a class of this module among the middleware of a site of *views*."""

    def put(middleware, *views, position="inside", **handlers):
        monkeypatch.setattr("site_under_test.middleware.Other", middleware, raising=False)
        other = "site_under_test.middleware.Other"
        chain = [*BARE, OURS, other] if position == "inside" else [*BARE, other, OURS]
        return override_settings(MIDDLEWARE=chain, ROOT_URLCONF=Pages(*views, **handlers))

    return put


# -- middleware --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("position", ["inside", "outside"])
def test_middleware_that_fails_while_it_is_loaded_keeps_the_site_from_starting_as_without_us(
    events, site_with, position
):
    with site_with(FailsWhileLoading, plain, position=position), pytest.raises(ValueError, match="while loading"):
        WSGIHandler()
    assert not events
    assert contexts.get_tags() == {}


@BOTH
@pytest.mark.parametrize("position", ["inside", "outside"])
def test_middleware_that_is_not_used_changes_nothing(events, site_with, position, is_async):
    with site_with(IsNotUsed, capture, fail, position=position):
        assert ask("/capture/", is_async=is_async).status_code == 200
        assert ask("/fail/", is_async=is_async).status_code == 500
    assert [event["properties"]["$request_path"] for event in events] == ["/capture/", "/fail/"]


def test_a_subclass_of_ours_that_is_not_used_reports_nothing(events, monkeypatch):
    monkeypatch.setattr("site_under_test.middleware.Other", OursIsNotUsed, raising=False)
    chain = [*BARE, "site_under_test.middleware.Other"]
    with override_settings(MIDDLEWARE=chain, ROOT_URLCONF=Pages(capture, fail)):
        assert ask("/capture/").status_code == 200
        assert ask("/fail/").status_code == 500
    assert "$request_path" not in events.properties()
    assert not events.exceptions


@BOTH
@pytest.mark.parametrize("position", ["inside", "outside"])
@pytest.mark.parametrize("other", [FailsInProcessRequest, FailsInProcessResponse], ids=["request", "response"])
def test_middleware_of_the_old_kind_that_fails_is_reported_once(events, site_with, other, position, is_async):
    with site_with(other, plain, position=position):
        assert ask("/plain/", is_async=is_async).status_code == 500
    assert events.exceptions == [("ValueError", "by the mixin")]
    assert events.properties("$exception")["$request_path"] == "/plain/"


@BOTH
def test_middleware_that_fails_on_a_response_that_renders_later_is_reported_once(events, site_with, is_async):
    def render(request):
        response = HttpResponse("late")
        response.render = lambda: response
        return response

    with site_with(FailsInProcessTemplateResponse, render):
        assert ask("/render/", is_async=is_async).status_code == 500
    assert events.exceptions == [("ValueError", "by the mixin")]


def test_an_exception_that_middleware_further_in_has_answered_never_reaches_us(events, site_with):
    with site_with(AnswersInside, fail):
        response = ask("/fail/")
    assert (response.status_code, response.content) == (500, b"handled")
    assert not events


# -- pages that answer failures ----------------------------------------------------------------------------------------


def answers(status):
    def handler(request, exception=None):
        posthog.capture("answered")
        return HttpResponse("sorry", status=status)

    return handler


def fails(request, exception=None):
    raise KeyError("in the handler")


async def answers_late(request, exception=None):
    return HttpResponse("sorry", status=500)


@BOTH
@pytest.mark.parametrize("status", [500, 503, 200, 404])
def test_a_failure_is_reported_whatever_status_the_sites_own_page_has(events, status, is_async):
    with override_settings(ROOT_URLCONF=Pages(fail, handler500=answers(status))):
        response = ask("/fail/", is_async=is_async)
    assert (response.status_code, response.content) == (status, b"sorry")
    assert events.exceptions == [("ValueError", "in the view")]
    assert events.mechanisms[0]["handled"] is False
    assert events.properties("answered")["$request_path"] == "/fail/"


@BOTH
def test_a_page_for_what_is_missing_may_answer_with_any_status_and_is_reported_by_it(events, is_async):
    with override_settings(ROOT_URLCONF=Pages(missing, handler404=answers(404))):
        ask("/missing/", is_async=is_async)
        ask("/nowhere/", is_async=is_async)
    assert not events.exceptions
    assert len(events.named("answered")) == 2


@BOTH
@pytest.mark.parametrize("path", ["/missing/", "/nowhere/"])
def test_a_page_for_what_is_missing_that_fails_is_reported_once_with_what_it_was_to_answer(events, path, is_async):
    with override_settings(ROOT_URLCONF=Pages(missing, handler404=fails)):
        assert ask(path, is_async=is_async).status_code == 500
    assert events.exceptions == [("KeyError", "'in the handler'")]
    reported = [entry["type"] for entry in events.properties("$exception")["$exception_list"]]
    assert reported[0] == "KeyError"
    assert reported[1] in {"Http404", "Resolver404"}


@BOTH
@pytest.mark.filterwarnings("ignore:coroutine 'answers_late' was never awaited")
def test_a_page_for_failures_that_is_asynchronous_fails_as_without_us(events, is_async):
    outcomes = []
    for middleware in (BARE, [*BARE, OURS]):
        with override_settings(MIDDLEWARE=middleware, ROOT_URLCONF=Pages(fail, handler500=answers_late)):
            try:
                outcomes.append(ask("/fail/", is_async=is_async).status_code)
            except Exception as error:
                outcomes.append(type(error))
    assert outcomes[0] == outcomes[1]
    assert ("ValueError", "in the view") in events.exceptions
    assert len(events.exceptions) <= 3
    gc.collect()  # Django awaits no page for failures


# -- one object, several failures --------------------------------------------------------------------------------------


def test_an_object_that_is_raised_in_two_requests_is_reported_for_both(events):
    error = ValueError("made once")

    def again(request):
        raise error

    with override_settings(ROOT_URLCONF=Pages(again)):
        ask("/again/")
        ask("/again/")
    assert len(events.exceptions) == 2


@BOTH
def test_two_failures_of_one_request_are_both_reported(events, site_with, is_async):
    with site_with(FailsInProcessResponse, fail, position="outside"):
        assert ask("/fail/", is_async=is_async).status_code == 500
    assert sorted(events.exceptions) == [("ValueError", "by the mixin"), ("ValueError", "in the view")]


def test_a_failure_at_the_address_of_an_earlier_one_is_another_failure():
    record, addresses = RequestRecord(), set()
    for number in range(3):
        error = ValueError(number)
        addresses.add(id(error))
        assert record.is_news(error)
        assert not record.is_news(error)
        del error
    assert len(addresses) < 3, "this test needs an address that is used again"


class IncomparableError(Exception):
    def __eq__(self, other):
        raise TypeError("of a kind of its own")

    __hash__ = Exception.__hash__


class FailsIncomparably(MiddlewareMixin):
    def process_response(self, request, response):
        raise IncomparableError("by the mixin")


@BOTH
def test_failures_are_told_apart_without_comparing_them(events, site_with, is_async):
    def view(request):
        raise IncomparableError("in the view")

    with site_with(FailsIncomparably, view):
        chain = ["site_under_test.middleware.AnswersWithJson", *settings.MIDDLEWARE]
        with override_settings(MIDDLEWARE=chain):
            assert ask("/view/", is_async=is_async).status_code == 500
    assert sorted(events.exceptions) == [("IncomparableError", "by the mixin"), ("IncomparableError", "in the view")]
