"""`posthog.testing` works with Django's own test tools, and in Django's test runs nothing leaves the process."""

import asyncio
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import posthog
import pytest
from django.http import HttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.test.utils import setup_test_environment, teardown_test_environment
from posthog import _interception
from posthog.contexts import ContextExecutor
from posthog.integrations.django import PosthogContextMiddleware
from posthog.testing import capture_events
from site_under_test.visitors import BARE

BROWSER = {"x-posthog-distinct-id": "user-7", "x-posthog-session-id": "visit-1"}


@pytest.fixture(autouse=True)
def _module(monkeypatch):
    """Let the module have no key, as in the tests of most sites."""
    for name in ("project_api_key", "api_key", "default_client", "before_send"):
        monkeypatch.setattr(posthog, name, None)
    yield
    _interception.block(False)


# -- with Django's tools


def get(path):
    response = Client().get(path, headers=BROWSER)
    return b"".join(response) if response.streaming else response.content


def aget(path):
    async def visit():
        response = await AsyncClient().get(path, headers=BROWSER)
        return [chunk async for chunk in response] if response.streaming else response.content

    return asyncio.run(visit())


@pytest.mark.parametrize(
    ("visit", "path"),
    [
        *((get, path) for path in ("/capture/", "/acapture/", "/stream/")),
        *((aget, path) for path in ("/capture/", "/acapture/", "/astream/")),
    ],
)
def test_events_of_requests_are_seen_with_their_context(visit, path):
    with capture_events() as events:
        assert visit(path)
    assert events
    for event in events:
        assert event["distinct_id"] == "user-7"
        assert event["properties"]["$session_id"] == "visit-1"
        assert event["properties"]["$current_url"] == f"http://testserver{path}"


def test_a_failing_view_is_among_the_exceptions():
    with capture_events() as events:
        assert Client(raise_request_exception=False).get("/fail/value/", headers=BROWSER).status_code == 500
    assert [event["properties"]["$exception_list"][0]["type"] for event in events.exceptions] == ["ValueError"]
    events.assert_event("$exception", distinct_id="user-7")


def test_a_request_of_the_request_factory_needs_neither_session_nor_user():
    def view(request):
        posthog.capture("seen")
        return HttpResponse()

    with capture_events() as events:
        PosthogContextMiddleware(view)(RequestFactory().get("/orders/", headers=BROWSER))
    events.assert_event("seen", distinct_id="user-7", properties={"$request_path": "/orders/"})


def test_work_that_a_view_gives_to_a_context_executor_keeps_the_request():
    def view(request):
        with ContextExecutor(max_workers=1) as executor:
            executor.submit(posthog.capture, "seen").result()
        return HttpResponse()

    with capture_events() as events:
        PosthogContextMiddleware(view)(RequestFactory().get("/orders/", headers=BROWSER))
    events.assert_event("seen", distinct_id="user-7", properties={"$session_id": "visit-1"})


@override_settings(MIDDLEWARE=BARE)
def test_without_the_middleware_events_are_seen_too():
    with capture_events() as events:
        Client().get("/capture/")
    events.assert_event("seen")


# -- test runs


@pytest.fixture
def server():
    """Return a server that counts the requests it gets."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.server.requests += 1
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    http.requests = 0
    http.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield http
    http.shutdown()
    thread.join()
    http.server_close()


SETTINGS = """
import os
import posthog
from django.http import HttpResponse
from django.urls import path

SECRET_KEY = "the tests' own key"
USE_TZ = True
MIDDLEWARE = ["posthog.integrations.django.PosthogContextMiddleware"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}

def view(request):
    return HttpResponse(posthog.capture("seen"))

ROOT_URLCONF = "settings"
urlpatterns = [path("capture/", view)]

posthog.project_api_key = "phc_module"
posthog.host = os.environ["SINK"]
posthog.sync_mode = True
"""

EARLY = """
import os
import posthog
early = posthog.Posthog("phc_early", host=os.environ["SINK"], sync_mode=True)
"""

#: Six of these would send.
TESTS = """
import posthog
from django.test import SimpleTestCase, TestCase
from posthog.testing import allow_sending, capture_events

class Sending:
    def test_module(self):
        self.assertTrue(posthog.capture("e", distinct_id="u"))

    def test_early(self):
        self.assertTrue(early.capture("e", distinct_id="u"))

    def test_late(self):
        late = posthog.Posthog("phc_late", host=early.host, sync_mode=True)
        self.assertTrue(late.capture("e", distinct_id="u"))

    @capture_events()
    def test_seen(self, events):
        early.capture("e", distinct_id="u")
        posthog.capture("e", distinct_id="u")
        self.assertEqual(len(events), 2)

class One(Sending, TestCase):
    pass

class Two(Sending, SimpleTestCase):
    pass
"""

ALLOWED = """
class Three(SimpleTestCase):
    def test_allowed(self):
        with allow_sending():
            self.assertTrue(early.capture("e", distinct_id="u"))
"""

TOOLS = """
from functools import partial
import posthog
from django.db import transaction
from django.test import TestCase
from posthog.testing import capture_events

class Tools(TestCase):
    @capture_events()
    def test_on_commit(self, events):
        with self.captureOnCommitCallbacks(execute=True), transaction.atomic():
            transaction.on_commit(partial(posthog.capture, "order placed", distinct_id="user-7"))
            events.assert_no_events()
        events.assert_event("order placed", distinct_id="user-7")

    @capture_events()
    def test_queries(self, events):
        with self.assertNumQueries(0):
            self.client.get("/capture/", HTTP_X_POSTHOG_DISTINCT_ID="user-7")
        events.assert_event("seen", distinct_id="user-7")

    @capture_events()
    async def test_async(self, events):
        await self.async_client.get("/capture/")
        events.assert_event("seen", properties={"$request_path": "/capture/"})
"""


@pytest.fixture
def site(tmp_path, server):
    """Return a function that runs a site's tests as its developers do, and returns how many requests were sent."""

    def run(*arguments, settings=SETTINGS + EARLY, tests=f"from settings import early\n{TESTS}", **environment):
        (tmp_path / "settings.py").write_text(settings)
        (tmp_path / "test_site.py").write_text(tests)
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": "settings", "SINK": server.url} | environment
        environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
        command = [sys.executable, "-m", "django", "test", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "OK" in done.stderr
        return server.requests

    return run


@pytest.mark.parametrize("arguments", [(), ("--parallel", "2")])
def test_in_a_run_of_djangos_test_runner_no_client_sends_anything(site, arguments):
    assert site(*arguments) == 0


def test_a_test_that_asks_for_it_sends(site):
    assert site(tests=f"from settings import early\n{TESTS}{ALLOWED}") == 1


def test_the_environment_says_that_a_test_run_sends(site):
    assert site(POSTHOG_TEST_MODE="off") == 6


def test_the_setting_says_that_a_test_run_sends(site):
    assert site(settings=f"{SETTINGS}POSTHOG_TEST_MODE = 'off'\n", tests=EARLY + TESTS) == 6


def test_on_commit_callbacks_counted_queries_and_async_tests_go_with_capture_events(site):
    assert site(tests=TOOLS) == 0


def test_clients_made_in_the_test_environment_are_blocked_whoever_set_it_up(server):
    setup_test_environment()
    try:
        client = posthog.Posthog("phc_test", host=server.url, sync_mode=True)
        assert client.capture("e", distinct_id="u")
        assert server.requests == 0
    finally:
        teardown_test_environment()
    posthog.Posthog("phc_test", host=server.url, sync_mode=True).capture("e", distinct_id="u")
    assert server.requests == 1


def test_settings_of_a_run_of_pytest_django_count_as_a_test_run(server, monkeypatch):
    monkeypatch.setitem(sys.modules, "pytest_django", sys)
    client = posthog.Posthog("phc_test", host=server.url, sync_mode=True)
    assert client.capture("e", distinct_id="u")
    assert server.requests == 0


@pytest.mark.parametrize(("mode", "requests"), [("block", 0), ("off", 1), (None, 1)])
def test_the_setting_decides_outside_of_test_runs_too(server, mode, requests):
    with override_settings(POSTHOG_TEST_MODE=mode):
        client = posthog.Posthog("phc_test", host=server.url, sync_mode=True)
        assert client.capture("e", distinct_id="u")
    assert server.requests == requests


def test_the_environment_wins_over_the_setting(server, monkeypatch):
    monkeypatch.setenv("POSTHOG_TEST_MODE", "off")
    with override_settings(POSTHOG_TEST_MODE="block"):
        posthog.Posthog("phc_test", host=server.url, sync_mode=True).capture("e", distinct_id="u")
    assert server.requests == 1
