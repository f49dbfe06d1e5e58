"""Proxies that the environment names: they are used, and one that fails costs no event."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading

import pytest

from ..waiting import until
from .events import all_arrive, said, tell

NAMES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY")
REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
NEEDS_PASSWORD = (
    b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
)


class Proxy:
    """Takes CONNECT, and notes what it was asked; answers `refusal` instead, while there is one."""

    def __init__(self, refusal=None, password=None):
        self.asked = []
        self.refusal = refusal
        self._password = password
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self):
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        with near, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += near.recv(1)
            line, *fields = head.decode().split("\r\n")
            headers = dict(field.lower().split(": ", 1) for field in fields if field)
            self.asked.append(line)
            wanted = self._password and "basic " + base64.b64encode(self._password.encode()).decode()
            if wanted and headers.get("proxy-authorization") != wanted.lower():
                near.sendall(NEEDS_PASSWORD)
                return
            if self.refusal:
                near.sendall(self.refusal)
                return
            method, target, _ = line.split()
            assert method == "CONNECT"
            host, port = target.split(":")
            with socket.create_connection((host, int(port))) as far:
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
                back.start()
                self._carry(near, far)
                back.join()

    @staticmethod
    def _carry(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture(autouse=True)
def _no_proxy_of_the_machine(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def lay(monkeypatch):
    """Return a function that makes a proxy and names it in the environment."""
    with contextlib.ExitStack() as proxies:

        def lay(variable="HTTP_PROXY", user="", **options):
            proxy = proxies.enter_context(contextlib.closing(Proxy(**options)))
            monkeypatch.setenv(variable, f"http://{user}{proxy.address}")
            return proxy

        yield lay


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_events_go_through_the_proxy_that_the_environment_names(recorder, make_client, lay, variable):
    """Row 16."""
    proxy = lay(variable)
    assert all_arrive(recorder, tell(make_client(), 25)) == 0
    assert proxy.asked == [f"CONNECT 127.0.0.1:{recorder.port} HTTP/1.1"]


def test_a_host_that_needs_no_proxy_is_asked_itself(recorder, make_client, lay, monkeypatch):
    """Row 16."""
    proxy = lay()
    monkeypatch.setenv("NO_PROXY", "example.com,127.0.0.1")
    assert all_arrive(recorder, tell(make_client(), 25)) == 0
    assert proxy.asked == []


@pytest.mark.parametrize("refusal", [REFUSED, NEEDS_PASSWORD])
def test_a_proxy_that_refuses_costs_no_event(recorder, make_client, lay, refusal):
    """Row 16."""
    proxy = lay(refusal=refusal)
    uuids = tell(make_client(), 25)
    until(lambda: proxy.asked, "the proxy to be asked")
    assert recorder.requests == []
    proxy.refusal = None
    assert all_arrive(recorder, uuids) == 0


def test_a_proxy_that_refuses_is_named_in_the_log(make_client, lay, caplog):
    """Row 16."""
    lay(refusal=REFUSED)
    client = make_client(max_retries=0)
    tell(client, 5)
    client.flush(30)
    (line,) = (line for line in said(caplog) if "error uploading" in line)
    assert "proxy" in line.lower()
    assert client.stats()["waiting"] == 5


def test_a_proxy_gets_the_password_that_its_url_has(recorder, make_client, lay):
    """Row 16."""
    lay(user="ann:secret@", password="ann:secret")
    assert all_arrive(recorder, tell(make_client(), 25)) == 0


def test_a_proxy_that_is_not_there_costs_no_event(recorder, make_client, monkeypatch, dead_server):
    """Row 16."""
    monkeypatch.setenv("HTTP_PROXY", dead_server)
    client = make_client()
    uuids = tell(client, 25)
    client.flush(0.5)
    assert client.stats()["waiting"] == len(uuids)
    assert recorder.requests == []
