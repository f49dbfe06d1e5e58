"""The status of the answer, on what is captured when there is one."""

import posthog
import pytest
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from posthog import Client
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.visitors import BARE, OURS, ask

HERE = "site_under_test.middleware."
STATUS = "$response_status_code"
WHO = {"x-posthog-distinct-id": "ann"}


@pytest.mark.parametrize("path", ["/capture/", "/acapture/"])
@pytest.mark.parametrize("is_async", [False, True], ids=["wsgi", "asgi"])
def test_an_event_that_waits_for_its_answer_carries_the_status(events, path, is_async):
    ask(path, is_async=is_async)
    assert events.properties()[STATUS] == 200


def test_an_event_that_does_not_wait_cannot(events):
    ask("/capture/", headers=WHO)
    assert STATUS not in events.properties()


@pytest.mark.parametrize("headers", [{}, WHO], ids=["stranger", "named"])
@pytest.mark.parametrize("path", ["/fail/value/", "/afail/value/"])
@pytest.mark.parametrize("is_async", [False, True], ids=["wsgi", "asgi"])
def test_an_exception_carries_the_status_and_whether_it_was_handled(events, headers, path, is_async):
    ask(path, is_async=is_async, headers=headers)
    with override_settings(MIDDLEWARE=[HERE + "AnswersWithTeapot", *BARE, OURS], POSTHOG_MW_CAPTURE_STATUS=418):
        ask(path, is_async=is_async, headers=headers)
    failed, handled = events.named("$exception")
    assert [failed["properties"][name] for name in (STATUS, "$exception_handled")] == [500, False]
    assert [handled["properties"][name] for name in (STATUS, "$exception_handled")] == [418, True]


def test_what_a_streaming_body_raises_carries_the_status_that_was_sent(events):
    with pytest.raises(ValueError, match="half way"):
        list(ask("/stream_fails/"))
    assert events.properties("$exception")[STATUS] == 200


def test_an_exception_captured_by_hand_says_nothing_about_being_handled(events):
    posthog.capture_exception(ValueError("by hand"))
    assert "$exception_handled" not in events.properties("$exception")


def test_the_map_sees_the_status_and_may_take_it_away(events):
    with override_settings(POSTHOG_MW_TAG_MAP=lambda tags: {k: v for k, v in tags.items() if k != STATUS}):
        ask("/capture/")
        ask("/fail/value/")
        ask("/fail/value/", headers=WHO)
    assert not any(STATUS in event["properties"] for event in events)


# -- failures without an exception -------------------------------------------------------------------------------------

MAINTENANCE = override_settings(POSTHOG_MW_CAPTURE_HTTP_ERRORS=True)


def visit(status, **options):
    middleware = PosthogContextMiddleware(lambda _request: HttpResponse(status=status))
    for name, value in options.items():
        setattr(middleware, name, value)
    middleware(RequestFactory().get("/shop/"))


def test_a_failure_without_an_exception_is_an_event_where_the_site_wants_it(events):
    visit(503)
    with MAINTENANCE:
        visit(503)
        visit(404)
        visit(200)
    assert events.properties("$http_error")[STATUS] == 503
    assert events.properties("$http_error")["$request_path"] == "/shop/"


def test_an_exception_says_it_better(events):
    with MAINTENANCE:
        ask("/fail/value/")
    assert [event["event"] for event in events] == ["$exception"]


def test_a_sibling_inside_that_answers_an_exception_hides_it_but_not_the_failure(events):
    with override_settings(MIDDLEWARE=[*BARE, OURS, HERE + "AnswersWithJson"]):
        assert ask("/fail/value/").status_code == 500
        assert not events
        with MAINTENANCE:
            ask("/fail/value/")
            ask("/afail/value/", is_async=True)
    assert [(event["event"], event["properties"][STATUS]) for event in events] == [("$http_error", 500)] * 2


@pytest.mark.parametrize(
    "options",
    [{"capture_exceptions": False}, {"request_filter": lambda _request: False}, {"capture_status": range(500, 503)}],
    ids=["exceptions off", "filtered", "another status"],
)
def test_what_keeps_exceptions_out_keeps_failures_out(events, options):
    with MAINTENANCE:
        visit(503, **options)
    assert not events


def test_the_client_of_the_middleware_reports_it(events):
    taken = []
    client = Client("phc_other", send=False, before_send=lambda event: taken.append(event) or event)
    with MAINTENANCE:
        visit(503, client=client)
    assert [event["event"] for event in taken] == ["$http_error"]
    assert not events
