"""Functions of the site in every shape that Python has."""

import functools
import gc
import threading
import weakref

import posthog
import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from posthog import contexts
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.visitors import ask, log_in

BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
SETTINGS = ["POSTHOG_MW_REQUEST_FILTER", "POSTHOG_MW_EXTRA_TAGS", "POSTHOG_MW_TAG_MAP", "POSTHOG_MW_USER_ID"]


class Plan:
    """Knows the plan in each of the ways to be called."""

    def __call__(self, request):
        return {"plan": "pro"}

    def method(self, request):
        return {"plan": "pro"}

    @classmethod
    def of_class(cls, _request):
        return {"plan": "pro"}

    @staticmethod
    def static(_request):
        return {"plan": "pro"}


class PlanOf(dict):
    """Is a dict of its own kind."""

    def __init__(self, request):
        super().__init__(plan="pro")


def plan(request, name):
    return {"plan": name}


@functools.lru_cache
def cached_plan(request):
    return {"plan": "pro"}


SHAPES = {
    "instance": Plan(),
    "class": PlanOf,
    "method": Plan().method,
    "class method": Plan.of_class,
    "static method": Plan.static,
    "partial": functools.partial(plan, name="pro"),
    "lambda": lambda _request: {"plan": "pro"},
    "cached": cached_plan,
}


@BOTH
@pytest.mark.parametrize("shape", SHAPES)
def test_tags_come_from_whatever_can_be_called(events, shape, is_async):
    with override_settings(POSTHOG_MW_EXTRA_TAGS=SHAPES[shape]):
        ask("/capture/", is_async=is_async)
    assert events.properties()["plan"] == "pro"


class Verdict:
    """Stands for false without being it."""

    def __bool__(self):
        return False


@BOTH
@pytest.mark.parametrize("answer", [False, None, 0, "", [], Verdict()], ids=repr)
def test_a_filter_turns_away_with_whatever_counts_as_false(events, answer, is_async):
    with override_settings(POSTHOG_MW_REQUEST_FILTER=lambda _request: answer):
        ask("/capture/", is_async=is_async)
    assert "$request_path" not in events.properties()


def recaptures(argument):
    posthog.capture("from the callback")
    return argument if isinstance(argument, dict) else None


@BOTH
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_function_that_captures_is_asked_once_and_ends(events, user, setting, is_async):
    with override_settings(**{setting: recaptures}):
        assert ask("/capture/", log_in(user), is_async=is_async).status_code == 200
    assert len(events.named("from the callback")) == 1
    assert len(events.named("seen")) == 1


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_function_may_read_the_context_that_it_helps_to_make(events, user, setting):
    def ask_context(argument):
        contexts.get_tags()
        contexts.get_context_distinct_id()
        return argument if isinstance(argument, dict) else None

    with override_settings(**{setting: ask_context}):
        assert ask("/capture/", log_in(user)).status_code == 200
    assert len(events.named("seen")) == 1


@pytest.mark.parametrize("ending", [SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize("setting", SETTINGS)
def test_an_end_of_the_program_that_a_function_calls_for_passes(events, user, setting, ending):
    def end(_argument):
        raise ending

    request = RequestFactory().get("/shop/")
    request.user = user
    with override_settings(**{setting: end}):
        middleware = PosthogContextMiddleware(lambda _request: posthog.capture("seen") and None)
        with pytest.raises(ending):
            middleware(request)
    assert contexts.get_tags() == {}


@BOTH
@pytest.mark.parametrize("setting", SETTINGS)
def test_without_events_not_even_a_function_that_blocks_delays_a_request(events, user, setting, is_async):
    never = threading.Event()
    with override_settings(**{setting: lambda _argument: never.wait()}):
        for path in ("/plain/", "/aplain/", "/stream/"):
            assert ask(path, log_in(user), is_async=is_async).status_code == 200


@BOTH
def test_tags_that_name_what_the_request_says_itself_win(events, is_async):
    with override_settings(POSTHOG_MW_EXTRA_TAGS=lambda _request: {"$request_method": "mine", "$current_url": None}):
        ask("/capture/", is_async=is_async)
    assert events.properties()["$request_method"] == "mine"
    assert events.properties()["$current_url"] is None


@BOTH
def test_a_query_that_a_function_makes_is_made_once(events, sql, user, is_async):
    cookie = log_in(user)
    sql.clear()
    with override_settings(POSTHOG_MW_EXTRA_TAGS=lambda _request: {"users": User.objects.count()}):
        ask("/capture_thrice/", cookie, is_async=is_async)
    assert [event["properties"]["users"] for event in events] == [1, 1, 1]
    assert len([statement for statement in sql if "COUNT" in statement]) == 1


@BOTH
def test_the_map_gets_a_dict_of_its_own(events, is_async):
    kept = []

    def keep(tags):
        kept.append(tags)
        return tags

    with override_settings(POSTHOG_MW_TAG_MAP=keep):
        ask("/capture/", is_async=is_async)
        kept[0]["late"] = True
        ask("/capture/", is_async=is_async)
    assert "late" not in events[1]["properties"]


def fails_in_a_cycle(request):
    """Fail as what is awaited in a thread does: the exception refers to itself, and to every frame above."""
    try:
        raise ValueError("from the callback")
    except ValueError as error:
        error.itself = error
        raise


def test_garbage_of_a_function_that_failed_does_not_leave_the_visitors_context_to_the_next(events):
    def answer(_request):
        posthog.capture("seen", distinct_id="ann")
        gc.collect()
        return HttpResponse()

    with override_settings(POSTHOG_MW_EXTRA_TAGS=fails_in_a_cycle):
        for _ in range(2):  # the first failure is kept in the log
            PosthogContextMiddleware(answer)(RequestFactory().get("/"))
    assert contexts._get_current_context() is None


@pytest.mark.parametrize("kept", ["failure", "context"])
def test_a_request_that_keeps_what_a_function_failed_with_is_collected(events, kept):
    def extra(request):
        try:
            fails_in_a_cycle(request)
        except ValueError as error:
            request.kept = error if kept == "failure" else contexts._get_current_context()
        return {}

    request = RequestFactory().get("/")
    freed = weakref.ref(request)
    with override_settings(POSTHOG_MW_EXTRA_TAGS=extra):
        PosthogContextMiddleware(lambda _: HttpResponse(str(posthog.capture("seen"))))(request)
    assert len(events) == 1
    del request
    gc.collect()
    assert freed() is None
