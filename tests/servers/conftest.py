"""What the tests of real processes share: a recording server, and programs that capture."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..waiting import DEADLINE
from .processes import running
from .recorder import Recorder

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it said."""

    code: int
    said: str


@pytest.fixture
def recorder():
    recorder = Recorder()
    yield recorder
    recorder.close()


@pytest.fixture
def dead_server():
    """Return an address that refuses every connection: the port is taken, but nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def black_hole():
    """Return an address that never answers a connection: more are waiting already than may."""
    with contextlib.ExitStack() as sockets:
        full = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1))
        for _ in range(16):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield f"http://127.0.0.1:{full.getsockname()[1]}"


@pytest.fixture
def run_program(tmp_path):
    """Return a function that runs a function of a program with a client for a host, and waits for its end."""

    def run(name, host, *arguments, options=None, seconds=DEADLINE):
        program, function = name.split(".")
        # With threads about, Python 3.12 and later warn of every fork; forking is what is tested here.
        command = [sys.executable, "-W", "ignore::DeprecationWarning", str(PROGRAMS / f"{program}.py"), function]
        environment = {"HOST_OF_EVENTS": host, "OPTIONS_OF_CLIENT": json.dumps(options or {})}
        output = tmp_path / f"{name}.log"
        with running([*command, *map(str, arguments)], environment, output) as process:
            try:
                code = process.wait(seconds)
            except subprocess.TimeoutExpired:
                pytest.fail(f"{name} did not end within {seconds} s; it said:\n{output.read_text()}")
        return Ended(code, output.read_text())

    return run
