"""Outgoing requests tell hosts on the list, and no other, who and which visit they are made for."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import posthog
import pytest
import requests
from posthog.propagation import DISTINCT_ID_HEADER, SESSION_ID_HEADER, propagate, tracing_headers

BOTH = {DISTINCT_ID_HEADER: "user-7", SESSION_ID_HEADER: "visit-3"}


@pytest.fixture
def service():
    """Return the address of a server that remembers headers; ``/to?url`` redirects."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            heard.append((self.headers.get("Host"), {name: self.headers.get(name) for name in BOTH}))
            path, _, target = self.path.partition("?")
            self.send_response(302 if path == "/to" else 200)
            if target:
                self.send_header("Location", target)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.heard = heard
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def with_requests(url, hosts, headers=None):
    with propagate(requests.Session(), hosts) as session:
        session.get(url, headers=headers)


def with_httpx(url, hosts, headers=None):
    with propagate(httpx.Client(follow_redirects=True), hosts) as client:
        client.get(url, headers=headers)


def with_async_httpx(url, hosts, headers=None):
    async def get():
        async with propagate(httpx.AsyncClient(follow_redirects=True), hosts) as client:
            await client.get(url, headers=headers)

    asyncio.run(get())


every_client = pytest.mark.parametrize("get", [with_requests, with_httpx, with_async_httpx])


@pytest.fixture
def _visit():
    with posthog.new_context():
        posthog.identify_context("user-7")
        posthog.set_context_session("visit-3")
        yield


@every_client
@pytest.mark.usefixtures("_visit")
def test_a_host_on_the_list_is_told_who_and_which_visit(service, get):
    get(f"http://127.0.0.1:{service.server_port}/", ["127.0.0.1"])
    assert [headers for _, headers in service.heard] == [BOTH]


@every_client
@pytest.mark.usefixtures("_visit")
@pytest.mark.parametrize("hosts", [[], ["localhost"], ["0.0.1"], ["example.com", "27.0.0.1"]])
def test_another_host_is_told_nothing(service, get, hosts):
    get(f"http://127.0.0.1:{service.server_port}/", hosts)
    assert [headers for _, headers in service.heard] == [dict.fromkeys(BOTH)]


@every_client
def test_nothing_is_told_where_nothing_is_known(service, get):
    get(f"http://127.0.0.1:{service.server_port}/", ["127.0.0.1"])
    assert [headers for _, headers in service.heard] == [dict.fromkeys(BOTH)]


@every_client
@pytest.mark.usefixtures("_visit")
def test_a_header_of_the_programs_own_stays(service, get):
    get(f"http://127.0.0.1:{service.server_port}/", ["127.0.0.1"], headers={DISTINCT_ID_HEADER: "another"})
    assert [headers for _, headers in service.heard] == [{**BOTH, DISTINCT_ID_HEADER: "another"}]


@every_client
@pytest.mark.usefixtures("_visit")
def test_a_request_that_is_redirected_elsewhere_leaves_the_headers_behind(service, get):
    port = service.server_port
    get(f"http://127.0.0.1:{port}/to?http://localhost:{port}/", ["127.0.0.1"])
    assert service.heard == [(f"127.0.0.1:{port}", BOTH), (f"localhost:{port}", dict.fromkeys(BOTH))]


@every_client
@pytest.mark.usefixtures("_visit")
def test_a_request_that_is_redirected_to_a_host_on_the_list_tells_it(service, get):
    port = service.server_port
    get(f"http://localhost:{port}/to?http://127.0.0.1:{port}/", ["127.0.0.1"])
    assert [headers for _, headers in service.heard] == [dict.fromkeys(BOTH), BOTH]


@pytest.mark.parametrize("unusable", ["a\nb", "Jürgen", "\x7f"])
def test_an_id_that_no_header_can_carry_is_left_away(service, unusable):
    with posthog.new_context():
        posthog.identify_context(unusable)
        posthog.set_context_session("visit-3")
        assert tracing_headers() == {SESSION_ID_HEADER: "visit-3"}
        with_httpx(f"http://127.0.0.1:{service.server_port}/", ["127.0.0.1"])
    assert service.heard[0][1][SESSION_ID_HEADER] == "visit-3"


def test_hooks_of_the_programs_own_are_called_too(service):
    called = []
    client = propagate(httpx.Client(event_hooks={"request": [called.append]}), ["127.0.0.1"])
    client.get(f"http://127.0.0.1:{service.server_port}/")
    client.close()
    assert len(called) == 1


def test_what_is_no_client_is_refused():
    with pytest.raises(TypeError, match="a client of httpx"):
        propagate(object(), ["a"])
    with pytest.raises(TypeError, match=r"say \['a'\]"):
        propagate(httpx.Client(), "a")
