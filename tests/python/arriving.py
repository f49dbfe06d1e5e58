"""A server that keeps what it is sent, and the strictest reader of it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def refuse_constant(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


def strict(body: bytes) -> Any:
    """Parse as the strictest reader would: UTF-8, no NaN, no half characters, 64 bit integers, at most 124 levels."""
    document = json.loads(body.decode("utf-8"), parse_constant=refuse_constant)
    layer, levels = [document], 0
    while layer:
        levels += 1
        inner: list[Any] = []
        for value in layer:
            if isinstance(value, dict):
                inner += [*value, *value.values()]
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, str):
                value.encode("utf-8")
            elif isinstance(value, int):
                assert -(2**63) <= value < 2**64
        layer = inner
    assert levels <= 124
    return document


class Sink(ThreadingHTTPServer):
    """A server that takes every batch and keeps its bytes."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        super().__init__(("127.0.0.1", 0), Answer)
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def take(self) -> list[bytes]:
        """Return what has arrived since the last time."""
        bodies, self.bodies = self.bodies, []
        return bodies

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        self.thread.join()


class Answer(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        # Capture v1 wants to hear of each event; v0 does not look.
        results = {event["uuid"]: {"result": "ok"} for event in json.loads(body)["batch"]}
        answer = json.dumps({"results": results}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass
