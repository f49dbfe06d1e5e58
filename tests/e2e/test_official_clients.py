"""Official PostHog clients, unmodified, send to the inspector and find their events there; so does ours."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from ..waiting import until
from .browser import AUTOCAPTURE_IS_ON

HERE = Path(__file__).parent
PYTHON_MODES = {
    "v0-plain": {"capture_mode": "v0"},
    "v0-gzip": {"capture_mode": "v0", "gzip": True},
    "v1-plain": {"capture_mode": "v1", "capture_compression": "none"},
    "v1-gzip": {"capture_mode": "v1", "capture_compression": "gzip"},
}
OUR_MODES = {
    **PYTHON_MODES,
    "v1-deflate": {"capture_mode": "v1", "capture_compression": "deflate"},
    "v1-zstd": {"capture_mode": "v1", "capture_compression": "zstd"},
}
NODE_MODES = {"gzip": {}, "plain": {"disableCompression": True}}
BROWSER_MODES = {"gzip": {}, "plain": {"disable_compression": True}, "xhr": {"api_transport": "XHR"}}


def each(modes):
    return pytest.mark.parametrize("options", modes.values(), ids=modes)


@pytest.fixture
def visitor():
    return f"visitor-{uuid.uuid4()}"


@pytest.fixture
def client_page(page, posthog_js, tmp_path):
    """Return a page with posthog-js, served from an origin that is not the inspector's."""
    shutil.copy(HERE / "clients/page.html", tmp_path / "index.html")
    shutil.copy(posthog_js / "module.js", tmp_path)
    handler = functools.partial(QuietHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function("() => window.start")
        yield page
        server.shutdown()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@each(PYTHON_MODES)
def test_posthog_python_finds_its_events(inspector, official_python, visitor, options):
    sent = run(official_python, HERE / "clients/send.py", inspector.url, visitor, json.dumps(options))
    shown = all_shown(inspector, visitor, sent)
    assert all(event["properties"]["$lib"] == "posthog-python" for event in shown.values())
    [raised] = shown["$exception"]["properties"]["$exception_list"]
    assert (raised["type"], raised["value"]) == ("LookupError", "no such shoe")
    assert raised["stacktrace"]["frames"][-1]["context_line"].strip() == 'raise LookupError("no such shoe")'


@each(OUR_MODES)
def test_our_package_finds_its_events(inspector, visitor, options):
    sent = run(sys.executable, HERE / "clients/send.py", inspector.url, visitor, json.dumps(options))
    shown = all_shown(inspector, visitor, sent)
    assert all(event["properties"]["$lib"] == "posthog-python" for event in shown.values())


@each(NODE_MODES)
def test_posthog_node_finds_its_events(inspector, node_client, visitor, options):
    sent = run("node", node_client, inspector.url, visitor, json.dumps(options))
    shown = all_shown(inspector, visitor, sent)
    assert all(event["properties"]["$lib"] == "posthog-node" for event in shown.values())
    assert shown["$exception"]["properties"]["$exception_list"][0]["type"] == "RangeError"


@each(BROWSER_MODES)
def test_posthog_js_finds_its_events(inspector, client_page, visitor, options):
    client_page.evaluate(
        "([host, visitor, options]) => start(host, visitor, options)", [inspector.url, visitor, options]
    )
    order = {"total": 12.5, "lines": [{"name": "Zoë's mug ☕", "quantity": 2}], "paid": True}
    sent = [client_page.evaluate("order => capture('ordered', order)", order)]
    client_page.wait_for_function(AUTOCAPTURE_IS_ON)
    client_page.click("button")
    sent.append({"event": "$autocapture", "distinct_id": visitor, "uuid": None, "properties": {"$el_text": "Order"}})
    sent.append({"event": "$pageview", "distinct_id": visitor, "uuid": None, "properties": {"title": "posthog-js"}})

    shown = all_shown(inspector, visitor, sent)

    assert all(event["properties"]["$lib"] == "web" for event in shown.values())
    assert len({event["properties"]["$session_id"] for event in shown.values()}) == 1


def test_what_posthog_js_sends_while_its_page_closes_arrives(inspector, client_page, visitor):
    client_page.evaluate("([host, visitor]) => start(host, visitor, {})", [inspector.url, visitor])
    inspector.wait_for("$pageview", distinct_id=visitor)
    sent = client_page.evaluate("() => capture('last_words', {})")

    client_page.close(run_before_unload=True)

    assert inspector.wait_for("last_words", distinct_id=visitor)["uuid"] == sent["uuid"]
    assert inspector.wait_for("$pageleave", distinct_id=visitor)


def test_an_event_that_posthog_js_sends_again_after_a_503_shows_once(inspector, client_page, visitor):
    tries = []

    def deliver_but_refuse_once(route):
        answer = route.fetch()
        tries.append(answer.status)
        if len(tries) == 1:
            route.fulfill(status=503)
        else:
            route.fulfill(response=answer)

    client_page.route(f"{inspector.url}/e/**", deliver_but_refuse_once)
    client_page.route(f"{inspector.url}/i/v0/e/**", deliver_but_refuse_once)
    # One event only, so that the refused request is the one that comes again.
    options = {"capture_pageview": False, "autocapture": False}
    client_page.evaluate(
        "([host, visitor, options]) => start(host, visitor, options)", [inspector.url, visitor, options]
    )
    sent = client_page.evaluate("() => capture('refused_once', {})")

    # Playwright handles routes only while it is asked for something.
    until(lambda: client_page.title() and len(tries) > 1, "the second try")
    assert tries == [200, 200]

    [shown] = inspector.events(distinct_id=visitor, name="refused_once")
    assert shown["uuid"] == sent["uuid"]


def run(*command):
    """Run a sending program to its end; return the events that it says it sent."""
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def all_shown(inspector, visitor, sent):
    """Wait for all *sent* events, compare each, and return them by name."""
    names = {event["event"] for event in sent}
    until(lambda: names <= {e["event"] for e in inspector.events(distinct_id=visitor)}, f"{names} of {visitor}")
    shown = inspector.events(distinct_id=visitor)
    for expected in sent:
        found = [event for event in shown if event["event"] == expected["event"]]
        assert len(found) == 1, f"{expected['event']} shows {len(found)} times"
        assert found[0]["distinct_id"] == expected["distinct_id"]
        assert expected["uuid"] in {None, found[0]["uuid"]}
        properties = found[0]["properties"]
        assert {name: properties.get(name) for name in expected["properties"]} == expected["properties"]
    return {event["event"]: event for event in shown}
