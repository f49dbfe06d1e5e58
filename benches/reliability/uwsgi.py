"""A site under uWSGI, which forks its workers in C, after the site was imported."""

import http.client
import re
import signal
import time
from contextlib import closing

from harness import environments
from harness.environments import Environment

from reliability.place import CAPTURED, PROGRAMS, Answer, Place
from reliability.processes import Process, started

# Newer ones always enable Python's threads; here a server may be as bare as they come.
UWSGI = "uwsgi==2.0.23"
SECONDS_TO_START = 30
SECONDS_TO_END = 60


def environment() -> Environment:
    """Return uWSGI's own environment; a C compiler makes it, once."""
    return environments.prepared("uwsgi", UWSGI)


def run(requests: int, here: Place) -> Answer:
    """Ask the site so often, and stop it when its events have arrived or nothing comes any more."""
    with started(_command(here), here.variables(BENCH_SINK=here.sink.address), here.folder) as server:
        door = _door(server)
        answers = [_ask(door) for _ in range(requests)]
        here.sink.settled(CAPTURED, requests, quiet=10, patience=20)
        server.popen.send_signal(signal.SIGINT)
        told = time.monotonic()
        ended = server.wait(SECONDS_TO_END)
    return {"captured": requests, "refused": answers.count("refused"), "end_s": ended - told}


def _command(here: Place) -> list[str]:
    binary = environment().folder / "bin" / "uwsgi"
    options = {
        "http-socket": "127.0.0.1:0",
        "processes": "2",
        "virtualenv": str(here.peer.environment.folder),
        "wsgi-file": str(PROGRAMS / "wsgi.py"),
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(binary), "--master", "--need-app", "--disable-logging", *words]


def _door(server: Process) -> str:
    """Return the address where the server answers, once it does."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end and server.popen.poll() is None:
        log = server.err.read_text(errors="replace")
        bound = re.search(r"bound to TCP address (\S+)", log)
        if bound and "spawned uWSGI worker 2" in log:
            return bound[1]
        time.sleep(0.05)
    raise server.broken("has not started")


def _ask(door: str) -> str:
    with closing(http.client.HTTPConnection(door, timeout=10)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()
