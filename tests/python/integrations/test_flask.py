"""Requests to a Flask application have a context: who, which visit, and what was asked for."""

from __future__ import annotations

import posthog
import pytest
from flask import Flask
from posthog import Posthog, contexts
from posthog.integrations.flask import PosthogFlaskIntegration

from .flask_site import application

FAILURE = {"$exception_source": "flask.got_request_exception", "$exception_level": "error", "$exception_handled": False}


@pytest.fixture
def visit():
    """Return a function that makes a request."""

    def visit(path, method="GET", headers=(), site=None, base_url="https://shop.example", **options):
        site = site or application(**options)
        return site.test_client().open(path, method=method, headers=headers, base_url=base_url)

    return visit


def test_an_event_says_who_which_visit_and_what_was_asked_for(events, visit, sent):
    visit("/seen/1?token=SECRET", headers=sent)
    properties = events.assert_event("seen", distinct_id="user-7")["properties"]
    assert {name: properties[name] for name in properties["$context_tags"]} == {
        "$current_url": "https://shop.example/seen/1",
        "$request_method": "GET",
        "$request_path": "/seen/1",
        "$request_route": "/seen/<number>",
        "$ip": "127.0.0.1",
        "$user_agent": "browser/1",
        "$raw_user_agent": "browser/1",
        "$window_id": "window-1",
    }
    assert properties["$session_id"] == "visit-1"


def test_an_asynchronous_view_has_the_context(events, visit, sent):
    visit("/aseen", headers=sent)
    events.assert_event("seen", distinct_id="user-7")


def test_the_url_has_where_the_application_is_mounted(events, visit):
    visit("/seen/1", base_url="https://shop.example/app")
    events.assert_event("seen", properties={"$current_url": "https://shop.example/app/seen/1"})


def test_a_forwarded_address_is_believed_where_the_application_believes_it(events, visit):
    from werkzeug.middleware.proxy_fix import ProxyFix  # noqa: PLC0415 - only here

    headers = {"X-Forwarded-For": "198.51.100.1"}
    visit("/seen/1", headers=headers)
    events.assert_event("seen", properties={"$ip": "127.0.0.1"})
    for wrapped_before in (True, False):
        site = application() if not wrapped_before else Flask("shop")
        site.wsgi_app = ProxyFix(site.wsgi_app)
        if wrapped_before:
            PosthogFlaskIntegration(site)
            site.add_url_rule("/seen/<number>", view_func=lambda number: posthog.capture("seen") or "ok")
        events.clear()
        visit("/seen/1", headers=headers, site=site)
        events.assert_event("seen", properties={"$ip": "198.51.100.1"})


def test_a_host_that_is_not_the_applications_costs_only_the_url(events, visit):
    site = application()
    site.config["TRUSTED_HOSTS"] = ["shop.example"]

    @site.before_request
    def before():
        posthog.capture("before")

    assert visit("/seen/1", site=site, base_url="http://10.0.0.7").status_code == 400
    events.assert_event("before", properties={"$current_url": "/seen/1", "$request_path": "/seen/1"})


@pytest.mark.parametrize("value", ["undefined", "null", ""])
def test_an_id_that_can_be_nobodys_is_none(events, visit, value):
    visit("/seen/1", headers={"X-POSTHOG-DISTINCT-ID": value})
    events.assert_event("seen", properties={"$process_person_profile": False})


def test_requests_need_not_be_believed_who_they_come_from(events, visit, sent):
    visit("/seen/1", headers=sent, capture_tracing_headers=False)
    assert {"$session_id", "$window_id"}.isdisjoint(events[0]["properties"])
    events.assert_event("seen", properties={"$process_person_profile": False, "$user_agent": "browser/1"})


def test_the_older_name_of_that_option_works_and_is_deprecated():
    with pytest.warns(DeprecationWarning, match="capture_tracing_headers"):
        integration = PosthogFlaskIntegration(trust_tracing_headers=False)
    assert integration.capture_tracing_headers is integration.trust_tracing_headers is False


def test_a_context_outside_is_not_inherited_and_is_there_again_afterwards(events, visit):
    with posthog.new_context():
        posthog.tag("run", 3)
        visit("/seen/1")
        assert contexts.get_tags() == {"run": 3}
    assert "run" not in events[0]["properties"]


def test_everything_of_a_request_has_its_context(events, visit, sent):
    site = application()
    site.before_request(lambda: posthog.capture("before") and None)
    site.after_request(lambda answer: posthog.capture("after") and answer)
    site.teardown_request(lambda error: posthog.capture("teardown"))
    visit("/answered", headers=sent, site=site)
    assert [event["event"] for event in events] == ["before", "answering", "after", "teardown"]
    assert {event["distinct_id"] for event in events} == {"user-7"}


def test_two_requests_have_two_contexts(events, visit, sent):
    site = application()
    visit("/seen/1", headers=sent, site=site)
    visit("/seen/2", site=site)
    assert events[1]["distinct_id"] != "user-7"
    events.assert_event("seen", properties={"$request_path": "/seen/2"})


def test_an_application_has_one_integration():
    site = application()
    with pytest.raises(RuntimeError, match="'shop' has a PosthogFlaskIntegration"):
        PosthogFlaskIntegration(site)


def test_an_integration_may_serve_several_applications(events, visit, sent):
    integration = PosthogFlaskIntegration(extra_properties=lambda request: {"path": request.path})
    for name in ("a", "b"):
        site = Flask(name)
        integration.init_app(site)
        site.add_url_rule("/here", view_func=lambda: posthog.capture("seen") or "ok")
        visit("/here", headers=sent, site=site)
    assert [(event["distinct_id"], event["properties"]["path"]) for event in events] == [("user-7", "/here")] * 2


# -- exceptions -----------------------------------------------------------------------------------------------------


def test_an_exception_is_reported_with_the_context(events, visit, sent):
    assert visit("/failing", headers=sent, capture_exceptions=True).status_code == 500
    (failure,) = events
    assert failure["distinct_id"] == "user-7"
    assert failure["properties"].items() >= {**FAILURE, "$request_route": "/failing", "step": "pay"}.items()
    assert failure["properties"]["$exception_list"][0]["mechanism"]["type"] == "middleware"


def test_an_exception_that_reaches_the_server_is_reported_once(events, visit):
    site = application(capture_exceptions=True)
    site.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(ValueError, match="broken"):
        visit("/failing", site=site)
    assert len(events.exceptions) == 1


def test_what_the_application_answers_itself_is_not_reported(events, visit):
    for path in ("/answered", "/aborting/404", "/aborting/503", "/nowhere"):
        visit(path, capture_exceptions=True)
    assert events.exceptions == []


def test_an_exception_at_the_end_of_a_request_is_reported(events, visit):
    site = application(capture_exceptions=True)
    site.teardown_request(lambda error: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        visit("/silent", site=site)
    events.assert_event("$exception", properties={"$exception_source": "flask.wsgi_app", "$request_route": "/silent"})


@pytest.mark.parametrize(("autocapture", "reports"), [(True, 1), (False, 0)])
def test_without_the_option_the_client_decides(events, visit, autocapture, reports):
    client = Posthog("phc_of_the_client", enable_exception_autocapture=autocapture)
    visit("/failing", client=client)
    client.shutdown()
    assert len(events.exceptions) == reports


def test_exceptions_of_other_applications_are_theirs(events, visit):
    application(capture_exceptions=True)
    other = Flask("other")
    other.logger.disabled = True
    other.add_url_rule("/failing", view_func=lambda: 1 / 0)
    assert visit("/failing", site=other).status_code == 500
    events.assert_no_events()


# -- callbacks ------------------------------------------------------------------------------------------------------


def test_extra_properties_are_tags_and_win(events, visit):
    visit("/seen/1", extra_properties=lambda request: {"endpoint": request.endpoint, "$request_method": "hidden"})
    events.assert_event("seen", properties={"endpoint": "seen", "$request_method": "hidden"})


def test_a_request_that_the_filter_turns_away_has_no_context_and_no_reports(events, visit):
    site = application(request_filter=lambda request: request.path == "/silent", capture_exceptions=True)
    site.before_request(lambda: posthog.identify_context("somebody"))
    visit("/seen/1", site=site)
    visit("/failing", site=site)
    (event,) = events
    assert event["distinct_id"] != "somebody"
    assert "$request_path" not in event["properties"]


@pytest.mark.parametrize("answer", [lambda request: 1 / 0, lambda request: ["a"], lambda request: "text"])
def test_callbacks_that_fail_cost_only_what_they_would_have_said(events, visit, told, answer):
    assert visit("/seen/1", request_filter=lambda request: 1 / 0, extra_properties=answer).status_code == 200
    events.assert_event("seen", properties={"$request_path": "/seen/1"})
    assert (len(told("request_filter")), len(told("extra_properties"))) == (1, 1)


def test_an_asynchronous_callback_is_told_and_left_out(events, visit, told):
    async def more(request):
        return {"more": 1}

    assert visit("/seen/1", extra_properties=more).status_code == 200
    assert "more" not in events[0]["properties"]
    assert len(told("extra_properties")) == 1


def test_callbacks_are_asked_once_and_not_without_an_event(events, visit):
    asked = []
    site = application(extra_properties=lambda request: asked.append(request.path) or {})
    visit("/silent", site=site)
    assert asked == []
    visit("/streaming", site=site).get_data()
    assert asked == ["/streaming"]


def test_a_request_hides_what_the_context_around_it_hides():
    app = Flask(__name__)
    PosthogFlaskIntegration(app)
    told = []

    @app.get("/")
    def view():
        told.append((contexts.get_code_variables_mask_patterns_context(), contexts.get_tags().get("outer")))
        return "ok"

    with contexts.new_context():
        contexts.set_code_variables_mask_patterns_context(["(?i)iban"])
        contexts.tag("outer", 1)
        app.test_client().get("/")
    assert told == [(["(?i)iban"], None)]
