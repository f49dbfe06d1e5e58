"""`POSTHOG_MW_CLIENT_IS_DEFAULT`: which client the module's functions use, inside of requests and outside."""

import asyncio

import posthog
import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from posthog.contexts import propagate
from site_under_test.captured import own_client
from site_under_test.visitors import BARE, OURS, ask


@pytest.fixture
def own():
    """What the client of the middleware would send."""
    client, captured = own_client()
    with override_settings(POSTHOG_MW_CLIENT=client, POSTHOG_MW_CLIENT_IS_DEFAULT=True):
        yield captured
    client.shutdown()


def visit(view, **options):
    """Answer a request with *view*, which only has to do something."""

    def answer(request):
        view()
        return HttpResponse("done")

    class Site:
        urlpatterns = (path("", answer),)

    with override_settings(ROOT_URLCONF=Site()):
        return ask("/", **options)


def names(captured):
    return [event["event"] for event in captured]


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("view", ["capture", "acapture", "capture_in_transaction", "capture_in_inner_context"])
def test_inside_of_a_request_the_middlewares_client_captures_and_elsewhere_the_global_one(events, own, view, is_async):
    posthog.capture("before", distinct_id="u")
    ask(f"/{view}/", is_async=is_async)
    posthog.capture("after", distinct_id="u")
    assert names(events) == ["before", "after"]
    assert set(names(own)) <= {"seen", "parked", "explicit"}
    assert own


def test_every_function_of_the_module_reaches_the_middlewares_client(events, own):
    def call_all():
        posthog.capture("seen")
        posthog.set(distinct_id="u", properties={"a": 1})
        posthog.set_once(distinct_id="u", properties={"a": 1})
        posthog.group_identify("company", "acme")
        posthog.alias("old", "new")
        posthog.capture_exception(ValueError("told"))
        posthog.flush()

    visit(call_all)
    assert set(names(own)) == {"seen", "$set", "$set_once", "$groupidentify", "$create_alias", "$exception"}
    assert not events


@pytest.mark.parametrize("view", ["stream", "astream"])
def test_the_body_of_a_streaming_answer_captures_with_the_middlewares_client(events, own, view):
    response = ask(f"/{view}/", is_async=view == "astream")
    if response.is_async:

        async def body():
            return [part async for part in response]

        asyncio.run(body())
    else:
        list(response)
    assert {"seen", "seen again"} <= set(names(own))
    assert not events


def test_threads_to_which_the_context_is_handed_capture_with_the_middlewares_client(events, own):
    tasks = []
    visit(lambda: tasks.append(propagate(lambda: posthog.capture("later", distinct_id="u"))))
    tasks[0]()
    assert names(own) == ["later"]
    assert not events


def test_an_inner_context_that_inherits_nothing_is_still_inside_of_the_request(events, own):
    def capture():
        with posthog.new_context(fresh=True):
            posthog.capture("seen")

    visit(capture)
    assert names(own) == ["seen"]
    assert not events


def test_a_request_that_the_filter_turns_away_is_still_inside_of_the_middleware(events, own):
    with override_settings(POSTHOG_MW_REQUEST_FILTER=lambda _request: False):
        ask("/capture/")
    assert names(own) == ["seen"]
    assert "$current_url" not in own.properties()
    assert not events


def test_a_parked_event_keeps_the_client_it_was_captured_with(events, own):
    """Neither a change of the setting nor that of the client reaches back."""
    other, others = own_client()
    seen = []

    def capture_and_change():
        posthog.capture("seen")
        seen.append(list(own))
        with override_settings(POSTHOG_MW_CLIENT=other):
            posthog.capture("with the other")
        with override_settings(POSTHOG_MW_CLIENT_IS_DEFAULT=False):
            posthog.capture("with the global one")

    visit(capture_and_change)
    assert seen == [[]], "the event did not wait"
    assert [names(own), names(others), names(events)] == [["seen"], ["with the other"], ["with the global one"]]
    assert own.properties()["$request_path"] == "/"
    other.shutdown()


def test_the_settings_of_the_module_do_not_touch_the_middlewares_client(events, own, monkeypatch):
    """`posthog.before_send` is assigned by the fixture; the client has a hook of its own."""
    monkeypatch.setattr(posthog, "disabled", True)
    ask("/capture/")
    assert names(own) == ["seen"]
    assert posthog.capture("elsewhere", distinct_id="u") is None


def test_an_exception_that_leaves_an_inner_context_is_captured_as_the_middlewares_client_says(events):
    client, captured = own_client(enable_exception_autocapture=True)

    def fail_inside():
        with pytest.raises(ValueError, match="inner"), posthog.new_context():
            raise ValueError("inner")

    with override_settings(POSTHOG_MW_CLIENT=client, POSTHOG_MW_CLIENT_IS_DEFAULT=True):
        visit(fail_inside)
    assert captured.exceptions == [("ValueError", "inner")]
    assert not events
    client.shutdown()


def test_an_event_inside_of_a_request_makes_no_global_client(events, own):
    ask("/capture/")
    assert names(own) == ["seen"]
    assert posthog.default_client is None


def test_the_global_client_is_made_by_setup_inside_of_requests_too(events, own):
    made = []
    visit(lambda: made.append(posthog.setup()))
    assert made == [posthog.default_client]


@pytest.mark.parametrize("options", [{"POSTHOG_MW_CLIENT_IS_DEFAULT": False}, {"POSTHOG_MW_CLIENT_IS_DEFAULT": 1}])
def test_without_the_setting_the_global_client_captures(events, own, options):
    with override_settings(**options):
        ask("/capture/")
    assert names(events) == ["seen"]
    assert not own


def test_without_a_client_of_the_middleware_the_setting_changes_nothing(events):
    with override_settings(POSTHOG_MW_CLIENT_IS_DEFAULT=True):
        ask("/capture/")
    assert names(events) == ["seen"]


def test_while_the_setting_is_off_nobody_is_asked(events):
    ask("/capture/")
    assert posthog._client_here is None
    with override_settings(POSTHOG_MW_CLIENT_IS_DEFAULT=True, MIDDLEWARE=[*BARE, OURS]):
        ask("/capture/")
        assert posthog._client_here is not None
    assert posthog._client_here is None
