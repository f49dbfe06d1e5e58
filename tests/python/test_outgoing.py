"""Outgoing requests tell hosts on the list, and no other, who and which visit they are made for."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

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


@pytest.fixture(params=["requests", "httpx"])
def resend(request):
    """Return a client, a function that makes a request, and one that sends it once."""
    if request.param == "requests":
        session = propagate(requests.Session(), ["127.0.0.1"])
        yield lambda url, **options: session.prepare_request(requests.Request("GET", url, **options)), session.send
        session.close()
    else:
        client = propagate(httpx.Client(), ["127.0.0.1"])
        yield lambda url, **options: client.build_request("GET", url, **options), client.send
        client.close()


def test_a_request_that_is_sent_again_says_who_it_is_sent_for_now(service, resend):
    make, send = resend
    request = make(f"http://127.0.0.1:{service.server_port}/")
    for who in ("user-1", "user-2"):
        with posthog.new_context():
            posthog.identify_context(who)
            send(request)
    send(request)
    assert [headers[DISTINCT_ID_HEADER] for _, headers in service.heard] == ["user-1", "user-2", None]


def test_a_redirect_that_is_followed_by_hand_outside_of_the_context_leaves_the_headers_behind(service):
    port = service.server_port
    redirect = f"http://127.0.0.1:{port}/to?http://localhost:{port}/"
    session, client = propagate(requests.Session(), ["127.0.0.1"]), propagate(httpx.Client(), ["127.0.0.1"])
    with posthog.new_context():
        posthog.identify_context("user-7")
        answer = session.get(redirect, allow_redirects=False)
        other = client.get(redirect)
    with posthog.new_context():
        posthog.identify_context("user-8")
        session.send(answer.next)
        client.send(other.next_request)
    session.close()
    client.close()
    assert [headers[DISTINCT_ID_HEADER] for _, headers in service.heard] == ["user-7", "user-7", None, None]


def test_a_header_of_the_programs_own_stays_also_where_it_says_what_the_context_says(service, resend):
    make, send = resend
    with posthog.new_context():
        posthog.identify_context("user-7")
        send(make(f"http://localhost:{service.server_port}/", headers={DISTINCT_ID_HEADER: "user-7"}))
    assert [headers[DISTINCT_ID_HEADER] for _, headers in service.heard] == ["user-7"]


@pytest.mark.usefixtures("_visit")
@pytest.mark.parametrize("kind", [requests.Session, httpx.Client])
def test_hosts_may_be_added(service, kind):
    with propagate(propagate(kind(), ["127.0.0.1"]), ["localhost"]) as client:
        client.get(f"http://127.0.0.1:{service.server_port}/")
        client.get(f"http://localhost:{service.server_port}/")
    assert [headers for _, headers in service.heard] == [BOTH, BOTH]


def test_a_mock_of_the_class_hears_of_the_request():
    session = propagate(requests.Session(), ["127.0.0.1"])
    with mock.patch.object(requests.Session, "send", autospec=True) as send:
        session.get("http://127.0.0.1:9/")
    session.close()
    send.assert_called_once()


@pytest.mark.parametrize("host", ["http://catalogue", "catalogue:8000", "catalogue/path", ""])
def test_what_is_no_host_is_refused(host):
    with pytest.raises(ValueError, match="without scheme, port and path"):
        propagate(requests.Session(), [host])


def test_an_address_may_be_one_of_version_6():
    session = propagate(requests.Session(), ["[::1]", "::2"])
    assert vars(session)["_posthog_hosts"] == {"::1", "::2"}
    session.close()


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
