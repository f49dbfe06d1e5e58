"""What Django REST framework answers by itself is reported, and as whose."""

import subprocess
import sys

import posthog
import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import override_settings
from posthog.integrations.drf import create_exception_handler, exception_handler
from rest_framework import exceptions
from rest_framework.response import Response
from site_under_test.rest import ERRORS, JSON, PLAIN, Failing, Unavailable, site
from site_under_test.visitors import BARE, OURS, ask, log_in, wire

HANDLED = {"type": "middleware", "handled": True}


@pytest.fixture(autouse=True)
def _framework_with_our_handler():
    framework = {"EXCEPTION_HANDLER": "posthog.integrations.drf.exception_handler", "DEFAULT_RENDERER_CLASSES": JSON}
    with override_settings(ROOT_URLCONF=site(), REST_FRAMEWORK=framework):
        yield


def own_client():
    events = []

    def take(event):
        events.append(event)
        return event

    return posthog.Client("phc_of_its_own", send=False, before_send=take), events


def ask_with(handler, kind, **options):
    with override_settings(ROOT_URLCONF=site(handler), **options):
        return ask(f"/api/{kind}/")


def test_an_answered_server_error_is_reported_as_handled_with_the_context_of_the_request(events):
    response = ask("/api/unavailable/", headers={"x-posthog-distinct-id": "ann", "x-posthog-session-id": "visit"})
    assert response.status_code == 503
    event = events.one("$exception")
    assert event["distinct_id"] == "ann"
    properties = event["properties"]
    assert properties["$session_id"] == "visit"
    assert properties["$request_path"] == "/api/unavailable/"
    assert properties["$exception_source"] == "django_rest_framework.exception_handler"
    assert properties["$exception_level"] == "error"
    assert events.exceptions == [("Unavailable", "unavailable")]
    (mechanism,) = events.mechanisms
    assert mechanism.items() >= HANDLED.items()


@pytest.mark.parametrize("kind", ["missing", "invalid"])
def test_a_clients_error_is_not_reported(events, kind):
    assert 400 <= ask(f"/api/{kind}/").status_code < 500
    assert not events


@pytest.mark.parametrize("kind", ["missing", "invalid", "api"])
def test_a_clients_error_is_reported_where_that_is_asked_for(events, kind):
    ask_with(create_exception_handler(capture_4xx=True), kind)
    assert [name for name, _ in events.exceptions] == [ERRORS[kind].__name__]


def test_what_the_framework_does_not_answer_is_left_to_the_middleware(events):
    assert ask("/api/value/").status_code == 500
    assert events.exceptions == [("ValueError", "value")]
    assert events.properties("$exception")["$exception_source"] == "django.middleware"
    assert events.mechanisms[0]["handled"] is False


def test_a_handler_that_raises_what_it_was_given_reports_it_once(events):
    report = create_exception_handler(lambda exc, context: HttpResponse(status=500))

    def handler(exc, context):
        report(exc, context)
        raise exc

    assert ask_with(handler, "value").status_code == 500
    assert events.exceptions == [("ValueError", "value")]


def test_a_handler_that_fails_is_reported_by_the_middleware_with_what_it_was_to_handle(events):
    def fails(exc, context):
        raise KeyError("in the handler")

    assert ask_with(create_exception_handler(fails), "api").status_code == 500
    assert len(events.named("$exception")) == 1
    types = {entry["type"] for entry in events.properties("$exception")["$exception_list"]}
    assert types == {"KeyError", "APIException"}


@pytest.mark.parametrize("kind", sorted(ERRORS))
@pytest.mark.parametrize("middleware", [BARE, [*BARE, OURS]], ids=["without", "with our middleware"])
def test_answers_are_those_of_the_framework_byte_for_byte(events, kind, middleware):
    with override_settings(MIDDLEWARE=middleware):
        ours = wire(ask(f"/api/{kind}/"))
        with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": PLAIN, "DEFAULT_RENDERER_CLASSES": JSON}):
            assert wire(ask(f"/api/{kind}/")) == ours


def test_without_the_middleware_answered_server_errors_are_reported_too(events):
    with override_settings(MIDDLEWARE=BARE):
        ask("/api/api/")
        ask("/api/value/")
    assert [kind for kind, _ in events.exceptions] == ["APIException"]


def test_a_token_user_is_known_on_events_and_exceptions_after_authentication_without_another_query(events, sql, user):
    headers = {"x-token": "ann"}
    del sql[:]
    ask("/capture/", headers=headers)
    ask("/api/api/", headers=headers)
    assert [event["distinct_id"] for event in events] == [str(user.pk)] * 2
    assert [event["properties"]["email"] for event in events] == ["ann@example.com"] * 2
    assert len(sql) == 2  # the site's own, one per request


def test_a_session_user_is_known_on_an_answered_failure_without_another_query(events, sql, user):
    cookie = log_in(user)
    del sql[:]
    ask("/api/api/", cookie)
    assert events.one("$exception")["distinct_id"] == str(user.pk)
    assert len(sql) == 2


def test_the_user_is_known_though_the_framework_rolls_the_transaction_of_the_request_back(events, user, monkeypatch):
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)
    assert ask("/api/api/", headers={"x-token": "ann"}).status_code == 500
    assert events.one("$exception")["distinct_id"] == str(user.pk)


@pytest.mark.parametrize("middleware", [BARE, [*BARE, OURS]], ids=["without", "with our middleware"])
def test_a_request_that_the_filter_turns_away_is_not_reported_and_the_filter_asked_once(events, middleware):
    asked = []

    def none_of_it(request):
        asked.append(request)
        return False

    with override_settings(MIDDLEWARE=middleware, POSTHOG_MW_REQUEST_FILTER=none_of_it):
        assert ask("/api/api/").status_code == 500
    assert not events
    assert [type(request).__name__ for request in asked] == ["WSGIRequest"]


def test_exceptions_that_the_site_ignores_are_not_reported(events):
    with override_settings(POSTHOG_MW_IGNORE_EXCEPTIONS=[Unavailable]):
        ask("/api/unavailable/")
        ask("/api/api/")
    assert [kind for kind, _ in events.exceptions] == ["APIException"]


@pytest.mark.parametrize(("statuses", "reported"), [([503], ["503"]), ([404], ["404"]), ("all", ["500", "503"])])
def test_the_site_chooses_the_statuses(events, statuses, reported):
    with override_settings(POSTHOG_MW_CAPTURE_STATUS=statuses):
        answers = {
            ERRORS[kind].__name__: ask(f"/api/{kind}/").status_code for kind in ("api", "unavailable", "missing")
        }
    assert sorted(str(answers[kind]) for kind, _ in events.exceptions) == reported


@pytest.mark.parametrize("verdict", [True, False])
def test_the_exception_filter_sees_exception_response_and_context(events, verdict):
    asked = []

    def chosen(*arguments):
        asked.append(arguments)
        return verdict

    ask_with(create_exception_handler(exception_filter=chosen), "api")
    ((exc, response, context),) = asked
    assert isinstance(exc, exceptions.APIException)
    assert response.status_code == 500
    assert isinstance(context["view"], Failing)
    assert len(events) == verdict


def test_an_exception_filter_that_raises_costs_one_log_line_and_nothing_else(events, caplog):
    def broken(exc, response, context):
        raise KeyError("in the filter")

    handler = create_exception_handler(exception_filter=broken)
    assert {ask_with(handler, "api").status_code for _ in range(2)} == {500}
    assert len(events.exceptions) == 2
    assert len([record for record in caplog.records if "exception_filter" in record.getMessage()]) == 1


@pytest.mark.parametrize(
    ("argument", "setting", "reported"),
    [(None, True, 1), (None, False, 0), (None, None, 0), (True, False, 1), (False, True, 0)],
)
def test_the_argument_decides_about_capturing_before_the_setting(events, argument, setting, reported):
    handler = create_exception_handler(capture_exceptions=argument)
    ask_with(handler, "api", POSTHOG_MW_CAPTURE_EXCEPTIONS=setting)
    assert len(events) == reported


@pytest.mark.parametrize("names", [["argument", "drf", "mw"], ["drf", "mw"], ["mw"]], ids=lambda names: names[0])
def test_the_client_is_the_arguments_then_the_frameworks_then_the_middlewares(events, names):
    clients = {name: own_client() for name in names}
    options = {
        setting: clients[name][0]
        for name, setting in [("drf", "POSTHOG_DRF_CLIENT"), ("mw", "POSTHOG_MW_CLIENT")]
        if name in clients
    }
    argument = clients["argument"][0] if "argument" in clients else None
    ask_with(create_exception_handler(client=argument), "api", **options)
    assert [name for name, (_, seen) in clients.items() if seen] == names[:1]
    assert not events


def test_the_client_may_be_named_by_what_makes_it(events):
    client, seen = own_client()
    ask_with(create_exception_handler(), "api", POSTHOG_DRF_CLIENT=lambda: client)
    assert len(seen) == 1
    assert not events


def test_a_failure_to_capture_costs_one_log_line_and_nothing_else(events, caplog):
    class Broken(posthog.Client):
        def capture_exception(self, *arguments, **options):
            raise OSError("no capture today")

    client = Broken("phc_broken", send=False)
    assert ask_with(create_exception_handler(client=client), "api").status_code == 500
    assert len([record for record in caplog.records if "could not be captured" in record.getMessage()]) == 1


@pytest.mark.parametrize("context", [{}, {"request": None}])
def test_a_call_without_a_request_captures(events, context):
    assert create_exception_handler(lambda exc, _: Response(status=500))(Unavailable(), context).status_code == 500
    assert exception_handler(ValueError("not the framework's"), {}) is None
    assert len(events) == 1


def test_the_module_imports_without_the_framework_and_names_it_when_it_is_needed():
    program = """
import sys
sys.modules["rest_framework"] = None
from posthog.integrations import drf
assert drf.create_exception_handler(lambda exc, context: "answered")
try:
    drf.exception_handler(ValueError(), {})
except ModuleNotFoundError as error:
    print(error)
"""
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert "install djangorestframework" in said
