"""A proxy of a test, and the environment variables that name one."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading

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
