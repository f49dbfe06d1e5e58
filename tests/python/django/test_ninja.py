"""What django-ninja answers by itself is reported, and as whose."""

import itertools

import posthog
import pytest
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse
from django.test import override_settings
from django.urls import path
from posthog.integrations.ninja import create_exception_handler, report_exceptions
from site_under_test.captured import own_client
from site_under_test.visitors import BARE, ask, log_in, wire

ninja = pytest.importorskip("ninja")
errors = pytest.importorskip("ninja.errors")
security = pytest.importorskip("ninja.security")

_numbers = itertools.count()


class OutOfStockError(Exception):
    """What the site has a handler for."""


MAKERS = {
    "unavailable": lambda: errors.HttpError(503, "unavailable"),
    "teapot": lambda: errors.HttpError(418, "teapot"),
    "missing": lambda: Http404("missing"),
    "stock": lambda: OutOfStockError("stock"),
    "value": lambda: ValueError("value"),
}


def failure(kind):
    return MAKERS[kind]()


def answer_stock(request, exc):
    return HttpResponse("sold out", status=507)


class Token(security.HttpBearer):
    """Knows users by the name in the token, and tells Django."""

    def authenticate(self, request, token):
        request.user = User.objects.get(username=token)
        return request.user


def made(handler=answer_stock):
    """Return an API that fails in each way, under its own name."""
    api = ninja.NinjaAPI(urls_namespace=f"api-{next(_numbers)}")
    api.add_exception_handler(OutOfStockError, handler)

    @api.get("sync/{kind}")
    def fail(request, kind: str):
        raise failure(kind)

    @api.get("async/{kind}")
    async def afail(request, kind: str):
        raise failure(kind)

    @api.get("token/{kind}", auth=Token())
    def fail_with_token(request, kind: str):
        posthog.capture("seen")
        raise failure(kind)

    @api.get("check/number")
    def number(request, number: int):
        return number

    return api


def reporting(**options):
    api = made()
    report_exceptions(api, **options)
    return api


def ask_api(api, kind, view="sync", **options):
    class Site:
        urlpatterns = (path("api/", api.urls),)

    with override_settings(ROOT_URLCONF=Site()):
        return ask(f"/api/{view}/{kind}", **options)


@pytest.mark.parametrize("is_async", [True, False], ids=["asgi", "wsgi"])
@pytest.mark.parametrize("view", ["sync", "async"])
def test_an_answered_server_error_is_reported_as_handled_with_the_context_of_the_request(events, view, is_async):
    headers = {"x-posthog-distinct-id": "ann"}
    assert ask_api(reporting(), "unavailable", view, is_async=is_async, headers=headers).status_code == 503
    assert events.exceptions == [("HttpError", "unavailable")]
    event = events.one("$exception")
    assert event["distinct_id"] == "ann"
    assert event["properties"]["$request_path"] == f"/api/{view}/unavailable"
    assert event["properties"]["$exception_source"] == "django_ninja.exception_handler"
    assert events.mechanisms[0].items() >= {"type": "middleware", "handled": True}.items()


def test_what_a_handler_of_the_site_answers_is_reported(events):
    assert ask_api(reporting(), "stock").content == b"sold out"
    assert events.exceptions == [("OutOfStockError", "stock")]


def test_what_a_handler_answers_that_was_added_later_is_reported(events):
    api = reporting()
    api.add_exception_handler(ValueError, lambda request, exc: HttpResponse("wrong", status=500))
    assert ask_api(api, "value").content == b"wrong"
    assert events.exceptions == [("ValueError", "value")]


@pytest.mark.parametrize("kind", ["teapot", "missing"])
def test_a_clients_error_is_reported_only_where_that_is_asked_for(events, kind):
    assert 400 <= ask_api(reporting(), kind).status_code < 500
    assert not events
    ask_api(reporting(capture_4xx=True), kind)
    assert len(events.exceptions) == 1


def test_arguments_that_do_not_validate_are_a_clients_error(events):
    assert ask_api(reporting(), "number", "check").status_code == 422
    assert not events


@pytest.mark.parametrize("view", ["sync", "async"])
def test_what_the_framework_does_not_answer_is_reported_once_by_the_middleware(events, view):
    assert ask_api(reporting(), "value", view).status_code == 500
    assert events.exceptions == [("ValueError", "value")]
    assert events.properties("$exception")["$exception_source"] == "django.middleware"


def test_with_debug_the_framework_answers_what_nobody_handles_and_it_is_reported(events):
    with override_settings(DEBUG=True):
        assert b"ValueError: value" in ask_api(reporting(), "value").content
    assert events.exceptions == [("ValueError", "value")]
    assert events.properties("$exception")["$exception_source"] == "django_ninja.exception_handler"


@pytest.mark.parametrize("kind", sorted(MAKERS))
@pytest.mark.parametrize("view", ["sync", "async"])
def test_answers_are_those_of_the_framework_byte_for_byte(events, kind, view):
    assert wire(ask_api(reporting(), kind, view)) == wire(ask_api(made(), kind, view))


@pytest.mark.parametrize("is_async", [True, False], ids=["asgi", "wsgi"])
def test_a_user_whom_the_token_names_is_on_the_report_and_on_earlier_events(events, user, is_async):
    ask_api(reporting(), "unavailable", "token", is_async=is_async, headers={"authorization": "Bearer ann"})
    assert [event["event"] for event in events] == ["seen", "$exception"]
    assert {event["distinct_id"] for event in events} == {str(user.pk)}


def test_a_session_user_is_on_the_report(events, user):
    ask_api(reporting(), "unavailable", "async", cookie=log_in(user), is_async=True)
    assert events.one("$exception")["distinct_id"] == str(user.pk)


def test_asked_for_twice_it_reports_once(events):
    api = reporting()
    report_exceptions(api)
    ask_api(api, "unavailable")
    with override_settings(MIDDLEWARE=BARE):
        ask_api(api, "stock")
    assert [kind for kind, _ in events.exceptions] == ["HttpError", "OutOfStockError"]


def test_a_single_handler_reports_by_itself(events):
    api = made(create_exception_handler(answer_stock))
    assert ask_api(api, "stock").content == b"sold out"
    ask_api(api, "unavailable")
    assert events.exceptions == [("OutOfStockError", "stock")]


def test_what_a_handler_with_options_of_its_own_has_decided_stays(events):
    client, captured = own_client()
    for options in ({"capture_exceptions": False}, {"exception_filter": lambda *_: False}, {"client": client}):
        api = made(create_exception_handler(answer_stock, **options))
        report_exceptions(api)
        ask_api(api, "stock")
    assert not events
    assert captured.exceptions == [("OutOfStockError", "stock")]
    client.shutdown()


def test_the_filter_is_asked_with_exception_response_and_request(events):
    asked = []
    ask_api(reporting(exception_filter=lambda *arguments: asked.append(arguments)), "stock")
    ((exc, response, request),) = asked
    assert (type(exc), response.status_code, request.path) == (OutOfStockError, 507, "/api/sync/stock")
    assert not events


@pytest.mark.parametrize(
    "site",
    [
        {"POSTHOG_MW_REQUEST_FILTER": lambda _request: False},
        {"POSTHOG_MW_CAPTURE_EXCEPTIONS": False},
        {"POSTHOG_MW_IGNORE_EXCEPTIONS": [OutOfStockError]},
        {"POSTHOG_MW_CAPTURE_STATUS": [500]},
    ],
)
@pytest.mark.parametrize("middleware", [True, False])
def test_the_settings_of_the_middleware_hold(events, site, middleware):
    with override_settings(**site, **({} if middleware else {"MIDDLEWARE": BARE})):
        assert ask_api(reporting(), "stock").status_code == 507
    assert not events


def test_the_client_of_the_middleware_reports(events):
    client, captured = own_client()
    with override_settings(POSTHOG_MW_CLIENT=client):
        ask_api(reporting(), "stock")
    assert captured.exceptions == [("OutOfStockError", "stock")]
    assert not events
    client.shutdown()


def test_a_failure_to_capture_costs_one_log_line_and_nothing_else(events, caplog):
    class Broken(posthog.Client):
        def capture_exception(self, *arguments, **options):
            raise OSError("no capture today")

    api = reporting(client=Broken("phc_broken", send=False))
    assert {ask_api(api, "stock").status_code for _ in range(2)} == {507}
    assert len([record for record in caplog.records if "could not be captured" in record.getMessage()]) == 1
