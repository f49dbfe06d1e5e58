"""A cable between clients and a server, which a test can cut."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Cut:
    """A connection breaks, by a reset, when so many bytes have gone this way."""

    after_sent: int | None = None
    after_answered: int | None = None


class Cable:
    """Carries connections from a port of its own to another until it is closed.

    Each of *cuts* falls upon one connection, in order; those after them are whole.
    """

    def __init__(self, port: int, *cuts: Cut) -> None:
        self._port = port
        self._cuts = deque(cuts)
        self._closed = threading.Event()
        self._pulled = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def cuts_to_come(self) -> int:
        return len(self._cuts)

    def pull(self) -> None:
        """Carry nothing more on the connections that there are, and say nothing; later ones are whole."""
        self._pulled.set()
        self._pulled = threading.Event()

    def close(self) -> None:
        self._closed.set()
        # Closing alone would not wake who waits in `accept`.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            cut = self._cuts.popleft() if self._cuts else Cut()
            threading.Thread(target=self._carry, args=(near, cut, self._pulled), daemon=True).start()

    def _carry(self, near: socket.socket, cut: Cut, pulled: threading.Event) -> None:
        with near, socket.create_connection(("127.0.0.1", self._port)) as far, contextlib.suppress(OSError):
            left = {near: cut.after_sent, far: cut.after_answered}
            while not self._closed.is_set():
                ready, _, _ = select.select([near, far], [], [], 0.02)
                if pulled.is_set():
                    self._closed.wait()
                    return
                for end in ready:
                    data = end.recv(65536)
                    limit = left[end]
                    if limit is not None and len(data) >= limit:
                        (far if end is near else near).sendall(data[:limit])
                        _reset(near)
                        return
                    if not data:
                        return
                    left[end] = None if limit is None else limit - len(data)
                    (far if end is near else near).sendall(data)


def _reset(connection: socket.socket) -> None:
    # Lingering for no time makes the kernel say "reset" instead of "the end".
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
