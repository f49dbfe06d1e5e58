"""Which failures are reported, and as whose."""

import asyncio
import threading

import posthog
import pytest
from asgiref.sync import async_to_sync
from django.core.signals import got_request_exception
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import RequestFactory, override_settings
from posthog import contexts
from posthog._native import RequestContexts
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test import urls
from site_under_test.visitors import BARE, OURS, ask, log_in

HERE = "site_under_test.middleware."
SILENT = ["missing", "denied", "suspicious", "bad"]
UNHANDLED = {"type": "middleware", "handled": False}


class Recording(posthog.Client):
    """A client of the site's own."""

    def __init__(self, **options):
        self.events = []
        super().__init__("phc_of_its_own", send=False, before_send=self.take, **options)

    def take(self, event):
        self.events.append(event)
        return event


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("path", ["/fail/value/", "/afail/value/"])
def test_a_view_that_raises_is_reported_once_with_the_context_of_the_request(events, user, path, is_async):
    headers = {"x-posthog-session-id": "visit"}
    cookie = log_in(user)
    response = ask(path, cookie, is_async=is_async, headers=headers)
    assert response.status_code == 500
    assert events.exceptions == [("ValueError", "value")]
    properties = events.properties("$exception")
    assert properties["$current_url"] == f"http://testserver{path}"
    assert properties["$session_id"] == "visit"
    assert properties["$exception_level"] == "error"
    assert properties["$exception_source"] == "django.middleware"
    (mechanism,) = events.mechanisms
    assert mechanism["type"] == "middleware"
    assert mechanism["handled"] is False
    functions = [frame["function"] for frame in properties["$exception_list"][0]["stacktrace"]["frames"]]
    assert functions[-1] in {"fail", "afail"}


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("kind", SILENT)
def test_what_ends_in_a_client_error_is_not_reported(events, kind, is_async):
    for view in ("fail", "afail"):
        assert 400 <= ask(f"/{view}/{kind}/", is_async=is_async).status_code < 500
    assert not events


@pytest.mark.parametrize("kind", SILENT)
def test_all_statuses_restore_what_the_official_middleware_reports(events, kind):
    with override_settings(POSTHOG_MW_CAPTURE_STATUS="all"):
        ask(f"/fail/{kind}/")
    assert len(events.exceptions) == 1
    assert events.mechanisms[0]["handled"] is False


@pytest.mark.parametrize(
    ("statuses", "reported"),
    [((404,), ["missing"]), ({500}, ["value"]), (404, ["missing"]), ([404, 500], ["value", "missing"])],
)
def test_the_site_chooses_the_statuses(events, statuses, reported):
    with override_settings(POSTHOG_MW_CAPTURE_STATUS=statuses):
        for kind in ("value", "missing", "denied"):
            ask(f"/fail/{kind}/")
    assert [message for _, message in events.exceptions] == reported


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("position", ["inside", "outside"])
@pytest.mark.parametrize("other", ["FailsOnRequest", "FailsOnResponse", "FailsOnView"])
def test_another_middleware_that_raises_is_reported_once(events, other, position, is_async):
    theirs = HERE + other
    middleware = [*BARE, OURS, theirs] if position == "inside" else [*BARE, theirs, OURS]
    with override_settings(MIDDLEWARE=middleware):
        response = ask("/capture/", is_async=is_async, headers={"x-posthog-distinct-id": "ann"})
    assert response.status_code == 500
    assert len(events.exceptions) == 1
    event = events.one("$exception")
    assert event["distinct_id"] == "ann"
    assert event["properties"]["$request_path"] == "/capture/"


def test_a_template_that_fails_to_render_is_reported_once(events):
    assert ask("/fail_in_template/").status_code == 500
    assert len(events.exceptions) == 1


def test_an_exception_that_another_middleware_made_a_500_is_reported_as_handled(events):
    with override_settings(MIDDLEWARE=[HERE + "AnswersWithJson", *BARE, OURS]):
        assert ask("/fail/value/").status_code == 500
    assert events.exceptions == [("ValueError", "value")]
    assert events.mechanisms[0]["handled"] is True


def test_an_exception_that_another_middleware_made_a_redirect_is_not_reported(events):
    with override_settings(MIDDLEWARE=[HERE + "AnswersWithRedirect", *BARE, OURS]):
        assert ask("/fail/value/").status_code == 302
    assert not events


def test_an_exception_while_handling_is_reported_with_its_cause_in_one_event(events):
    with override_settings(MIDDLEWARE=[HERE + "FailsWhileHandling", *BARE, OURS]):
        assert ask("/fail/value/").status_code == 500
    assert len(events.named("$exception")) == 1
    values = {entry["value"] for entry in events.properties("$exception")["$exception_list"]}
    assert values == {"while handling", "value"}


def unhandled(request):
    raise KeyError("in the handler of failures")


class OwnHandler:
    urlpatterns = urls.urlpatterns
    handler500 = staticmethod(unhandled)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_failing_urlconf_is_reported_once_though_every_layer_runs_into_it(events, is_async):
    with override_settings(ROOT_URLCONF="site_under_test.broken_urls"), pytest.raises(RuntimeError):
        ask("/plain/", is_async=is_async)
    assert events.exceptions == [("RuntimeError", "no such view")]
    assert events.properties("$exception")["$request_path"] == "/plain/"


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_failing_handler_of_failures_is_reported_with_what_it_was_to_handle(events, is_async):
    with override_settings(ROOT_URLCONF=OwnHandler()), pytest.raises(KeyError):
        ask("/fail/value/", is_async=is_async)
    assert 1 <= len(events.exceptions) <= 2
    assert events.exceptions[0] == ("ValueError", "value")


@pytest.mark.parametrize("path", ["/fail/value/", "/afail/value/", "/astream_fails/"])
def test_under_asgi_a_failure_is_the_logged_in_visitors_and_leaves_no_connection_open(events, user, path, monkeypatch):
    opened = set()
    connect = BaseDatabaseWrapper.connect

    def recorded(self):
        opened.add(threading.get_ident())
        return connect(self)

    monkeypatch.setattr(BaseDatabaseWrapper, "connect", recorded)
    cookie = log_in(user)
    with override_settings(MIDDLEWARE=BARE):
        bare = ask(path, cookie, is_async=True)
    response = ask(path, cookie, is_async=True)
    assert response.serialize_headers() == bare.serialize_headers()
    if response.streaming:

        async def body():
            return [part async for part in response]

        with pytest.raises(ValueError, match="half way"):
            async_to_sync(body)()
    assert events.one("$exception")["distinct_id"] == str(user.pk)
    assert opened <= {threading.get_ident()}


def test_under_asgi_a_failure_outside_of_the_middleware_opens_no_connection_on_another_thread(
    events, user, monkeypatch
):
    opened = set()
    connect = BaseDatabaseWrapper.connect

    def recorded(self):
        opened.add(threading.get_ident())
        return connect(self)

    monkeypatch.setattr(BaseDatabaseWrapper, "connect", recorded)
    cookie = log_in(user)
    with override_settings(MIDDLEWARE=[*BARE, HERE + "async_fails_on_response", OURS]):
        assert ask("/aplain/", cookie, is_async=True).status_code == 500
    assert events.exceptions == [("ValueError", "on response")]
    assert events.properties("$exception")["$request_path"] == "/aplain/"
    assert opened <= {threading.get_ident()}


def test_a_request_that_is_cancelled_still_reports_what_has_failed(events):
    async def visit():
        async def get_response(request):
            try:
                raise ValueError("before the end")
            except ValueError:
                got_request_exception.send(sender=None, request=request)
            raise asyncio.CancelledError

        with pytest.raises(asyncio.CancelledError):
            await PosthogContextMiddleware(get_response)(RequestFactory().get("/shop/"))

    asyncio.run(visit())
    assert events.exceptions == [("ValueError", "before the end")]
    assert events.properties("$exception")["$request_path"] == "/shop/"


def test_an_exception_that_the_view_has_reported_is_not_reported_again(events):
    ask("/fail_after_own_report/")
    assert events.exceptions == [("ValueError", "told")]


def test_listed_twice_reports_once(events):
    with override_settings(MIDDLEWARE=[OURS, *BARE, OURS]):
        ask("/fail/value/")
    assert len(events.exceptions) == 1


def test_propagating_exceptions_are_reported_once_and_raised(events):
    with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=True), pytest.raises(ValueError, match="value"):
        ask("/fail/value/")
    assert len(events.exceptions) == 1


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_no_exceptions_where_the_site_wants_none(events, is_async):
    with override_settings(POSTHOG_MW_CAPTURE_EXCEPTIONS=False):
        for path in ("/fail/value/", "/afail/value/"):
            assert ask(path, is_async=is_async).status_code == 500
        b"".join(iter_safely(ask("/stream_fails/")))
        ask("/capture/")
    assert [event["event"] for event in events] == ["seen"]


@pytest.mark.parametrize("autocapture", [True, False])
def test_none_follows_the_autocapture_of_the_client(events, monkeypatch, autocapture):
    own = Recording(enable_exception_autocapture=autocapture)
    monkeypatch.setattr(posthog, "enable_exception_autocapture", autocapture)
    with override_settings(POSTHOG_MW_CAPTURE_EXCEPTIONS=None):
        ask("/fail/value/")
        with override_settings(POSTHOG_MW_CLIENT=own):
            ask("/fail/value/")
    own.shutdown()
    assert len(events) == len(own.events) == int(autocapture)
    posthog.default_client.shutdown() if posthog.default_client else None


def test_a_client_of_the_site_gets_the_exceptions_and_nothing_else(events):
    own = Recording()
    with override_settings(POSTHOG_MW_CLIENT=own):
        ask("/fail/value/", headers={"x-posthog-distinct-id": "ann"})
        ask("/capture/")
    own.shutdown()
    assert [(event["event"], event["distinct_id"]) for event in own.events] == [("$exception", "ann")]
    assert [event["event"] for event in events] == ["seen"]


@pytest.mark.parametrize("ignored", [[ValueError], ("builtins.ValueError",), ["builtins.Exception"]])
def test_ignored_exceptions_are_never_reported(events, ignored):
    with override_settings(POSTHOG_MW_IGNORE_EXCEPTIONS=ignored):
        ask("/fail/value/")
        with override_settings(MIDDLEWARE=[OURS, HERE + "FailsOnRequest"]):
            ask("/plain/")
    assert not events


@pytest.mark.parametrize("wrong", ["builtins.ValueError", 5, ["no.such.Path", 3, "builtins.print"]])
def test_what_is_no_exception_class_ignores_nothing(events, wrong):
    with override_settings(POSTHOG_MW_IGNORE_EXCEPTIONS=wrong):
        ask("/fail/value/")
    assert len(events.exceptions) == 1


def test_a_direct_call_captures_at_once(events):
    middleware = PosthogContextMiddleware(lambda _request: None)
    assert middleware.process_exception(RequestFactory().get("/"), ValueError("direct")) is None
    assert events.exceptions == [("ValueError", "direct")]
    assert events.mechanisms[0]["handled"] is False


def test_a_context_of_somebody_else_is_no_request(events):
    somebody = RequestFactory()
    scope = RequestContexts(lambda *_: True, lambda *_: True, somebody).open(somebody.get("/"))
    try:
        PosthogContextMiddleware(lambda _request: None).process_exception(RequestFactory().get("/"), ValueError("job"))
    finally:
        scope.leave()
    assert events.exceptions == [("ValueError", "job")]


def test_a_response_without_a_status_decides_nothing_so_the_exception_is_reported(events):
    def get_response(request):
        middleware.process_exception(request, ValueError("odd"))
        return object()

    middleware = PosthogContextMiddleware(get_response)
    middleware(RequestFactory().get("/"))
    assert events.exceptions == [("ValueError", "odd")]


def test_an_exception_that_reaches_the_middleware_is_reported_and_raised_unchanged(events):
    error = ValueError("straight through")

    def get_response(_request):
        raise error

    with pytest.raises(ValueError, match="straight through") as raised:
        PosthogContextMiddleware(get_response)(RequestFactory().get("/shop/"))
    assert raised.value is error
    assert events.properties("$exception")["$request_path"] == "/shop/"
    assert contexts.get_tags() == {}


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_the_end_of_the_process_is_no_failure(events, error):
    def get_response(_request):
        raise error

    with pytest.raises(error):
        PosthogContextMiddleware(get_response)(RequestFactory().get("/"))
    assert not events


def test_a_site_without_the_middleware_reports_nothing(events):
    ask("/plain/")
    with override_settings(MIDDLEWARE=BARE):
        assert ask("/fail/value/").status_code == 500
    assert not events


def test_one_receiver_however_many_handlers(events):
    for _ in range(3):
        ask("/plain/")
    receivers = [uid for (uid, _), *_ in got_request_exception.receivers if "posthog" in str(uid)]
    assert len(receivers) == 1


def test_a_client_that_raises_does_not_reach_the_request(events, monkeypatch, caplog):
    def broken(*_arguments, **_options):
        raise RuntimeError("client")

    monkeypatch.setattr(posthog, "capture_exception", broken)
    assert ask("/fail/missing/").status_code == 404
    assert ask("/fail/value/").status_code == 500
    assert "posthog" in [record.name for record in caplog.records]


def iter_safely(response):
    """Yield what comes before the body fails."""
    try:
        yield from response.streaming_content
    except ValueError:
        return
