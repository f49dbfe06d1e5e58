"""What `posthog.testing` promises to tests."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import unittest
import weakref
from http.server import BaseHTTPRequestHandler, HTTPServer

import posthog
import pytest
from posthog import _interception, _test_mode
from posthog.testing import allow_sending, capture_events


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


@pytest.fixture
def make_client(server):
    """Return a function that makes clients which would send to the server at once."""
    made = []

    def make(key="phc_test", **options):
        made.append(posthog.Posthog(key, host=server.url, sync_mode=True, **options))
        return made[-1]

    yield make
    for client in made:
        client.shutdown()


@pytest.fixture
def _unblocked():
    """Undo what the test has done to the mode of the process."""
    yield
    _interception.block(False)


# -- seeing


def test_events_of_the_module_and_of_every_client_are_seen_in_order_and_nothing_is_sent(module, make_client, server):
    module.project_api_key = "phc_module"
    module.host = server.url
    before = make_client()
    with capture_events() as events:
        before.capture("one", distinct_id="u", properties={"n": 1})
        posthog.capture("two", distinct_id="u")
        make_client().capture("three", distinct_id="u")
        posthog.Client("phc_other", host=server.url).set(distinct_id="u", properties={"plan": "pro"})
        before.alias("old", "u")
        posthog.flush()
    assert [event["event"] for event in events] == ["one", "two", "three", "$set", "$create_alias"]
    assert events[0]["properties"]["n"] == 1
    assert events[0]["properties"]["$lib"] == "posthog-python"
    assert server.requests == 0


def test_capture_returns_the_id_of_the_event_that_is_seen(make_client):
    with capture_events() as events:
        uuid = make_client().capture("e", distinct_id="u")
    assert events[0]["uuid"] == uuid


def test_after_the_block_everything_is_as_before(make_client, server):
    def hook(event):
        return event

    client = make_client(before_send=hook)
    with capture_events() as events:
        client.capture("inside", distinct_id="u")
    assert client.before_send is hook
    assert client.send is True
    assert "_wanted" not in vars(client)
    assert not {"send", "before_send", "disabled"} & set(vars(posthog.Client))
    client.capture("outside", distinct_id="u")
    assert len(events) == 1
    assert server.requests == 1


def test_the_block_ends_where_an_exception_leaves_it(make_client, server):
    client = make_client()
    with pytest.raises(ValueError, match="x"), capture_events():
        raise ValueError("x")
    client.capture("outside", distinct_id="u")
    assert server.requests == 1


def test_events_are_those_that_before_send_returns(make_client):
    def hook(event):
        if event["event"] == "secret":
            return None
        event["properties"]["seen"] = True
        return event

    client = make_client(before_send=hook)
    with capture_events() as events:
        assert client.capture("secret", distinct_id="u") is None
        client.capture("public", distinct_id="u")
    assert [event["event"] for event in events] == ["public"]
    assert events[0]["properties"]["seen"] is True


def test_a_before_send_that_fails_drops_the_event_as_always(make_client):
    def hook(event):
        raise ValueError("x")

    client = make_client(before_send=hook)
    with capture_events() as events:
        assert client.capture("e", distinct_id="u") is None
    events.assert_no_events()


def test_a_hook_and_a_switch_set_inside_the_block_work_and_stay(module, make_client, server):
    module.project_api_key = "phc_module"
    module.host = server.url
    client = make_client()
    with capture_events() as events:
        posthog.before_send = lambda event: {**event, "event": "renamed"}
        posthog.capture("first", distinct_id="u")
        client.before_send = lambda event: {**event, "event": "renamed too"}
        client.send = True
        client.capture("second", distinct_id="u")
        client.disabled = True
        assert client.capture("third", distinct_id="u") is None
        assert client.disabled is True
        client.disabled = False
    assert [event["event"] for event in events] == ["renamed", "renamed too"]
    assert server.requests == 0
    assert client.before_send({})["event"] == "renamed too"


def test_a_client_without_a_key_is_seen_and_disabled_again_afterwards(module):
    module.project_api_key = None
    module.api_key = None
    with capture_events() as events:
        assert posthog.capture("order placed", distinct_id="u")
    events.assert_event("order placed")
    assert posthog.capture("order placed", distinct_id="u") is None
    assert len(events) == 1


def test_a_disabled_client_captures_only_when_asked_for(make_client):
    client = make_client(disabled=True)
    with capture_events() as events:
        client.capture("e", distinct_id="u")
    events.assert_no_events()
    with capture_events(include_disabled=True) as events:
        client.capture("e", distinct_id="u")
    events.assert_event("e")
    assert client.disabled is True


def test_events_of_other_threads_and_of_tasks_are_seen(make_client):
    client = make_client()

    async def task(number):
        await asyncio.sleep(0)
        client.capture("of a task", distinct_id=str(number))

    async def tasks():
        await asyncio.gather(*(task(number) for number in range(20)))

    with capture_events() as events:
        threads = [
            threading.Thread(target=client.capture, args=("of a thread",), kwargs={"distinct_id": "u"})
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        asyncio.run(tasks())
    assert len(events.named("of a thread")) == 20
    assert len(events.named("of a task")) == 20


def test_clients_may_be_made_by_other_threads_while_blocks_come_and_go(make_client, server):
    def work():
        for _ in range(50):
            posthog.Client("phc_test", host=server.url, sync_mode=True).capture("e", distinct_id="u")

    with capture_events() as outer:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            with capture_events():
                pass
        for thread in threads:
            thread.join()
    assert len(outer) == 200
    assert server.requests == 0


def test_blocks_nest_and_each_sees_what_is_inside_of_it(make_client):
    client = make_client()
    with capture_events() as outer:
        client.capture("one", distinct_id="u")
        with capture_events() as inner:
            client.capture("two", distinct_id="u")
            inner[0]["properties"]["changed"] = True
        client.capture("three", distinct_id="u")
    assert [event["event"] for event in outer] == ["one", "two", "three"]
    assert [event["event"] for event in inner] == ["two"]
    assert "changed" not in outer[1]["properties"]


def test_exceptions_are_seen_with_their_context(make_client):
    client = make_client()
    with capture_events() as events, pytest.raises(ZeroDivisionError), client.new_context(capture_exceptions=True):
        posthog.tag("job", "nightly")
        1 / 0  # noqa: B018
    assert len(events.exceptions) == 1
    assert events.exceptions[0]["properties"]["$exception_list"][0]["type"] == "ZeroDivisionError"
    events.assert_event("$exception", properties={"job": "nightly"})


def test_no_thread_is_started(make_client):
    client = posthog.Posthog("phc_test", host="http://127.0.0.1:1")
    with capture_events():
        for _ in range(200):
            client.capture("e", distinct_id="u")
        assert client.stats()["waiting"] == 0
        assert client.stats()["captured"] == 0
    client.shutdown()


def test_a_client_is_not_kept_alive(make_client):
    with capture_events():
        client = posthog.Client("phc_test")
        client.capture("e", distinct_id="u")
        gone = weakref.ref(client)
        del client
        gc.collect()
        assert gone() is None


# -- decorators


def test_a_decorated_function_gets_its_events_anew_at_each_call(make_client):
    client = make_client()

    @capture_events()
    def check(name, events):
        """Check."""
        client.capture(name, distinct_id="u")
        return [event["event"] for event in events]

    assert check("one") == ["one"]
    assert check(name="two") == ["two"]
    assert check.__doc__ == "Check."


def test_a_decorated_coroutine_function_sees_what_it_captures_over_its_awaits(make_client):
    client = make_client()

    @capture_events()
    async def check(*, events):
        await asyncio.sleep(0)
        client.capture("e", distinct_id="u")
        return len(events)

    assert asyncio.run(check()) == 1


@capture_events()
def test_a_decorated_pytest_function_takes_fixtures_beside_its_events(make_client, events):
    make_client().capture("e", distinct_id="u")
    events.assert_event("e")


class DecoratedTestCase(unittest.TestCase):
    @capture_events()
    def test_a_method_of_a_test_case_gets_its_events(self, events):
        posthog.Client("phc_test", host="http://127.0.0.1:1").capture("e", distinct_id="u")
        events.assert_event("e", distinct_id="u")

    @capture_events()
    def test_a_method_may_go_without_them(self):
        assert posthog.Client("phc_test", host="http://127.0.0.1:1").capture("e", distinct_id="u")


class AsyncDecoratedTestCase(unittest.IsolatedAsyncioTestCase):
    @capture_events()
    async def test_an_async_method_of_a_test_case_gets_its_events(self, events):
        posthog.Client("phc_test", host="http://127.0.0.1:1").capture("e", distinct_id="u")
        events.assert_event("e", distinct_id="u")


def test_what_would_run_outside_of_the_block_is_no_function_to_decorate():
    class Tests(unittest.TestCase):
        pass

    def generator():
        yield

    async def async_generator():
        yield

    for other in (Tests, generator, async_generator):
        with pytest.raises(TypeError, match="decorates functions and methods"):
            capture_events()(other)


def test_one_line_in_conftest_gives_tests_the_fixture(tmp_path):
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["posthog.pytest_plugin"]\n')
    (tmp_path / "test_shop.py").write_text("""
import posthog

def test_good(posthog_events):
    posthog.capture("order placed", distinct_id="user-7")
    posthog_events.assert_event("order placed", distinct_id="user-7")

def test_bad(posthog_events):
    posthog.capture("order placed", distinct_id="user-7")
    posthog_events.assert_no_events()
""")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "1 failed, 1 passed" in run.stdout
    assert "AssertionError: no events expected, but:" in run.stdout


# -- what is said when a test fails


def failure(call, *args, **kwargs):
    with pytest.raises(AssertionError) as raised:
        call(*args, **kwargs)
    return str(raised.value)


def test_assert_event_returns_the_first_event_that_matches(make_client):
    client = make_client()
    with capture_events() as events:
        client.capture("order placed", distinct_id=1, properties={"total": 1})
        client.capture("order placed", distinct_id=2, properties={"total": 2, "plan": "pro"})
        client.capture("order placed", distinct_id=2, properties={"total": 2, "plan": "free"})
    found = events.assert_event("order placed", distinct_id=2, properties={"total": 2})
    assert found["properties"]["plan"] == "pro"
    assert events.assert_event("order placed", properties={"plan": "free"}) is events[2]


def test_a_failure_lists_what_was_captured_and_what_is_wrong_with_the_nearest(make_client):
    client = make_client()
    with capture_events() as events:
        client.capture("order placed", distinct_id="a", properties={"total": 1, "plan": "pro"})
        client.capture("order placed", distinct_id="b", properties={"total": 2})
    said = failure(events.assert_event, "order placed", distinct_id="b", properties={"total": 3, "plan": "pro"})
    assert said.splitlines() == [
        "no event 'order placed' with distinct_id 'b' with properties {'total': 3, 'plan': 'pro'}",
        "captured (2):",
        "  1. 'order placed' distinct_id='a' {'total': 1, 'plan': 'pro'}",
        "  2. 'order placed' distinct_id='b' {'total': 2}",
        "nearest is 1: distinct_id is 'a', not 'b'; property 'total' is 1, not 3",
    ]


def test_a_misspelt_name_is_compared_with_the_one_that_was_meant(make_client):
    with capture_events() as events:
        make_client().capture("order placed", distinct_id="a")
    assert "nearest is 1: its name is 'order placed', not 'order_placed'" in failure(
        events.assert_event, "order_placed"
    )
    assert "nearest" not in failure(events.assert_event, "something else entirely")


def test_a_failure_says_when_nothing_was_captured_and_names_disabled_clients(make_client):
    with capture_events() as events:
        pass
    assert "nothing was captured" in failure(events.assert_event, "e")
    client = make_client(disabled=True)
    with capture_events() as events:
        client.capture("e", distinct_id="u")
        assert "include_disabled=True" in failure(events.assert_event, "e")


def test_assert_no_events_lists_what_there_is_and_may_be_limited_to_a_name(make_client):
    with capture_events() as events:
        events.assert_no_events()
        make_client().capture("order placed", distinct_id="a")
        events.assert_no_events("order cancelled")
        assert "'order placed'" in failure(events.assert_no_events)
        assert "no 'order placed' events expected" in failure(events.assert_no_events, "order placed")


# -- blocking


@pytest.mark.usefixtures("_unblocked")
def test_test_mode_block_keeps_the_events_of_every_client_in_but_builds_them(make_client, server, monkeypatch):
    older = make_client()
    monkeypatch.setenv("POSTHOG_TEST_MODE", "block")
    seen = []
    younger = make_client(before_send=lambda event: seen.append(event) or event)
    assert older.capture("e", distinct_id="u")
    assert younger.capture("e", distinct_id="u")
    assert len(seen) == 1
    assert server.requests == 0
    assert older.send is True


@pytest.mark.usefixtures("_unblocked")
def test_allow_sending_makes_an_exception_and_capture_events_makes_none(make_client, server, monkeypatch):
    monkeypatch.setenv("POSTHOG_TEST_MODE", "block")
    client = make_client()
    with allow_sending():
        client.capture("e", distinct_id="u")
        assert server.requests == 1
        with capture_events() as events:
            client.capture("e", distinct_id="u")
        assert server.requests == 1
        assert len(events) == 1
        make_client().capture("e", distinct_id="u")
        assert server.requests == 2
    client.capture("e", distinct_id="u")
    assert server.requests == 2


@pytest.mark.usefixtures("_unblocked")
def test_outside_of_djangos_test_runner_everything_is_sent(make_client, server, monkeypatch):
    monkeypatch.delenv("POSTHOG_TEST_MODE", raising=False)
    make_client().capture("e", distinct_id="u")
    assert server.requests == 1


@pytest.mark.usefixtures("_unblocked")
def test_an_unknown_mode_is_named_once_and_ignored(make_client, server, monkeypatch, caplog):
    monkeypatch.setenv("POSTHOG_TEST_MODE", "blocked")
    monkeypatch.setattr(_test_mode, "_refused", set())
    make_client().capture("e", distinct_id="u")
    make_client()
    assert server.requests == 1
    assert [record.message for record in caplog.records if "POSTHOG_TEST_MODE" in record.message] == [
        '[PostHog] POSTHOG_TEST_MODE is "block" or "off", not \'blocked\': it is ignored'
    ]
