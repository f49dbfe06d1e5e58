"""A server in PostHog's place: it records what it is sent, and answers as the test says."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import struct
import sys
import threading
import time
import zlib
from collections import Counter, deque
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from ..waiting import until

if TYPE_CHECKING:
    import ssl


@dataclass(frozen=True)
class Status:
    """An answer with this status; 2xx takes the events in. Without a body of its own it has the server's usual one."""

    code: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None

    @property
    def accepts(self) -> bool:
        return 200 <= self.code < 300


@dataclass(frozen=True)
class Hang:
    """No answer until the recorder is released."""

    accepts: bool = False


@dataclass(frozen=True)
class Trickle:
    """An answer of one byte per second, as far as it gets."""

    accepts: bool = False


@dataclass(frozen=True)
class Reset:
    """The connection breaks where the answer should be."""

    accepts: bool = False


@dataclass(frozen=True)
class Late:
    """200, after so many seconds."""

    seconds: float
    accepts: bool = True


@dataclass(frozen=True)
class Endless:
    """200, and a body that goes on until nobody reads it."""

    accepts: bool = True


Answer = Status | Hang | Trickle | Reset | Late | Endless
OK = Status(200)

_ENCODINGS = {"gzip": gzip.decompress, "deflate": zlib.decompress}


@dataclass(frozen=True)
class Request:
    """One request as it came, and the answer it was given."""

    at: float
    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    answer: Answer

    @property
    def events(self) -> list[dict[str, Any]]:
        return self.body["batch"]


class Recorder:
    """Listens on a port of its own until it is closed.

    Args:
        port: Where, if that is not for the system to say.
        idle: Seconds after which it closes a connection that is not used; never unless given.
        secured: Talk TLS, by this context.

    """

    def __init__(self, port: int = 0, idle: float | None = None, secured: ssl.SSLContext | None = None) -> None:
        self.released = threading.Event()
        self.idle = idle
        self.connections_closed = 0
        self.bytes_in_vain = 0
        self._lock = threading.Lock()
        self._requests: list[Request] = []
        self._script: deque[Answer] = deque()
        self._then: Answer = OK
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.recorder = self
        self._server.secured = secured
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"{'https' if self._server.secured else 'http'}://127.0.0.1:{self.port}"

    def answers(self, *script: Answer, then: Answer = OK) -> None:
        """Give each of *script* once, and *then* to every request after it."""
        with self._lock:
            self._script = deque(script)
            self._then = then

    def release(self) -> None:
        """Let go whoever hangs, and accept everything from now on."""
        self.answers()
        self.released.set()

    def forget(self) -> None:
        """Begin anew, as if nothing had been sent."""
        with self._lock:
            self._requests.clear()

    def close(self) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def requests(self) -> list[Request]:
        with self._lock:
            return list(self._requests)

    @property
    def accepted(self) -> list[dict[str, Any]]:
        """Every event that was taken in, as often as it was."""
        return [event for request in self.requests if request.answer.accepts for event in request.events]

    def counted(self, *names: str) -> Counter[tuple[Any, ...]]:
        """How often each combination of these fields or properties was taken in."""
        found = self.accepted
        return Counter(tuple(event.get(name, event["properties"].get(name)) for name in names) for event in found)

    def wait_for_requests(self, count: int) -> list[Request]:
        until(lambda: len(self.requests) >= count, f"{count} requests")
        return self.requests

    def wait_for_events(self, count: int) -> list[dict[str, Any]]:
        until(lambda: len(self.accepted) >= count, f"{count} events")
        return self.accepted

    def record(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Remember a request, and choose its answer."""
        unpack = _ENCODINGS.get(headers.get("content-encoding", ""), bytes)
        sent = json.loads(unpack(body))
        with self._lock:
            answer = self.choose(headers, sent)
            self._requests.append(Request(time.monotonic(), path, headers, sent, answer))
        return answer

    def choose(self, headers: dict[str, str], body: dict[str, Any]) -> Answer:
        """Return the answer to a request: the next of the script. A recorder of another kind may look at what came."""
        return self._script.popleft() if self._script else self._then


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512
    recorder: Recorder
    secured: ssl.SSLContext | None

    def finish_request(self, request: Any, client_address: Any) -> None:
        # On the thread of the connection: a handshake may fail, or never end.
        if self.secured:
            with self.secured.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        else:
            super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Clients that are killed or give up are what is tested here.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes; waiting for the first to be acknowledged would cost 40 ms per answer.
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        self.timeout = self.server.recorder.idle
        super().setup()

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = int(headers.get("content-length", 0))
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        recorder = self.server.recorder
        match recorder.record(self.path, headers, body):
            case Status() as status:
                self._answer(status)
            case Hang():
                recorder.released.wait()
                self.close_connection = True
            case Trickle():
                self._trickle(recorder.released)
            case Late(seconds):
                recorder.released.wait(seconds)
                self._answer(OK)
            case Endless():
                self._go_on(recorder.released)
            case Reset():
                # Lingering for no time makes the kernel say "reset" instead of "the end".
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True

    def _answer(self, status: Status) -> None:
        usual = '{"status": "Ok"}' if status.accepts else '{"detail": "by script"}'
        body = (usual if status.body is None else status.body).encode()
        if status.code == HTTPStatus.NO_CONTENT:
            body = b""
        self.send_response(status.code)
        for name, value in {**status.headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self, released: threading.Event) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n":
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                break
            if released.wait(1):
                break
        self.close_connection = True

    def _go_on(self, released: threading.Event) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            while not released.is_set():
                self.server.recorder.bytes_in_vain += self.wfile.write(b"on and on " * 100)
        self.close_connection = True

    def finish(self) -> None:
        self.server.recorder.connections_closed += 1
        # Whoever gave up waiting is gone, and a reset connection is closed.
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the tests ask."""
