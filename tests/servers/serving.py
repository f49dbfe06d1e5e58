"""The site of these tests under a real server."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import posthog

from ..waiting import DEADLINE, until
from .environments import gevent_packages, uvloop_packages, uwsgi_binary
from .processes import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from email.message import Message

HERE = Path(__file__).parent
SITE = HERE / "site"
SEEDS = HERE.parent / "python/django/seed"

GUNICORN = ("gunicorn", "web.wsgi", "--bind=fd://{door}", "--workers=2")
# Left to itself it takes the loop that is installed.
UVICORN = ("uvicorn", "web.asgi:application", "--fd={door}", "--log-level=warning", "--loop=asyncio")
HYPERCORN = ("hypercorn", "web.asgi:application", "--bind=fd://{door}")
SERVERS = {
    "gunicorn": GUNICORN,
    "gunicorn preload": (*GUNICORN, "--preload"),
    "gunicorn gthread": (*GUNICORN, "--threads=4"),
    "gunicorn gthread preload": (*GUNICORN, "--threads=4", "--preload"),
    "gunicorn gevent": (*GUNICORN, "--worker-class=gevent"),
    "gunicorn gevent preload": (*GUNICORN, "--worker-class=gevent", "--preload"),
    "gunicorn churn": (*GUNICORN, "--max-requests=20", "--max-requests-jitter=5", "--preload"),
    "gunicorn impatient": (*GUNICORN, "--timeout=2"),
    "gunicorn 200 threads": ("gunicorn", "web.wsgi", "--bind=fd://{door}", "--threads=200"),
    "gunicorn asgi": ("gunicorn", "web.asgi", "--bind=fd://{door}", "--workers=2", "--worker-class=asgi"),
    "uvicorn": UVICORN,
    "uvicorn 2 workers": (*UVICORN, "--workers=2"),
    "uvicorn uvloop": (*UVICORN[:-1], "--loop=uvloop"),
    "hypercorn": HYPERCORN,
    "hypercorn 2 workers": (*HYPERCORN, "--workers=2"),
    "runserver": ("manage.py", "runserver", "127.0.0.1:0"),
    "uwsgi": (),
    "uwsgi with threads": ("enable-threads = true", "threads = 2"),
    "asgi shop on uvicorn": ("uvicorn", "asgi_shop:shop", *UVICORN[2:]),
    "flask shop on gunicorn": ("gunicorn", "flask_shop:shop", *GUNICORN[2:]),
    "flask shop on gunicorn gthread": ("gunicorn", "flask_shop:shop", *GUNICORN[2:], "--threads=4"),
    "flask shop on gunicorn gevent": ("gunicorn", "flask_shop:shop", *GUNICORN[2:], "--worker-class=gevent"),
    "flask shop on werkzeug": ("flask_shop", "{door}"),
}
UWSGI = """[uwsgi]
http-socket = 127.0.0.1:0
module = web.wsgi
master = true
processes = 2
need-app = true
disable-logging = true
die-on-term = true
{more}
"""


def ids(number: int) -> dict[str, str]:
    """Return the headers that posthog-js sends for a visitor."""
    return {"X-POSTHOG-DISTINCT-ID": f"visitor {number}", "X-POSTHOG-SESSION-ID": f"session {number}"}


@dataclass(frozen=True)
class Answer:
    """What the site answered."""

    status: int
    headers: Message
    text: str


@dataclass
class Site:
    """A running site."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, path: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Answer:
        """Ask on a connection of its own."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=DEADLINE)
        with contextlib.closing(connection):
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read().decode())

    def visits(
        self, paths: Sequence[str], at_once: int, headers: Callable[[int], Mapping[str, str]] = ids
    ) -> list[Answer]:
        """Make one visit to each of *paths*, numbered from 0, with *headers* of its own; all must succeed."""

        def visit(number: int, path: str) -> Answer:
            separator = "&" if "?" in path else "?"
            return self.ask(f"{path}{separator}visit={number}", headers(number))

        with ThreadPoolExecutor(at_once) as visitors:
            answers = list(visitors.map(visit, range(len(paths)), paths))
        assert {answer.status for answer in answers} == {200}, self.said
        return answers

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask the server to end, and wait until it has."""
        self.process.send_signal(how)
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"the server did not end on {how.name}; it said:\n{self.said}") from error

    @property
    def said(self) -> str:
        return self.log.read_text()


@dataclass(frozen=True)
class Place:
    """Where a site's events go, and where it may write."""

    events: str
    folder: Path
    database: Path = field(default=Path("none.sqlite3"))
    code: Path = SITE

    def environment(self, seeds: Sequence[str] = (), **more: str) -> dict[str, str]:
        """What the site's settings need to know."""
        path = [self.code, SEEDS, Path(posthog.__file__).parents[1]]
        return {
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "DJANGO_SETTINGS_MODULE": "web.settings",
            "SITE_SEEDS": " ".join(seeds),
            "SITE_DATABASE": str(self.database),
            "SITE_EVENTS_HOST": self.events,
            **more,
        }


def make_database(place: Place) -> None:
    """Make the tables, and one user."""
    user = {"USERNAME": "ann", "EMAIL": "ann@example.com", "PASSWORD": "secret"}
    environment = place.environment(**{f"DJANGO_SUPERUSER_{name}": value for name, value in user.items()})
    for words in (["migrate", "--verbosity=0"], ["createsuperuser", "--noinput", "--verbosity=0"]):
        output = place.folder / "database.log"
        with running([sys.executable, "-m", "django", *words], environment, output, cwd=SITE) as process:
            assert process.wait(DEADLINE) == 0, output.read_text()


@contextlib.contextmanager
def serving(server: str, place: Place, seeds: Sequence[str] = (), **more: str) -> Iterator[Site]:
    """Run the site under *server* with the settings of *seeds*; yield it when it answers."""
    environment = place.environment(seeds, **more)
    start = {"uwsgi": _uwsgi, "runserver": _runserver}.get(server.partition(" ")[0], _with_door)
    with start(server, environment, place.folder / "server.log") as site:
        until(lambda: _answers(site), "the site to answer")
        yield site


@contextlib.contextmanager
def _with_door(server: str, environment: dict[str, str], log: Path) -> Iterator[Site]:
    """Run a server that takes an open socket."""
    if "gevent" in server:
        environment["PYTHONPATH"] += os.pathsep + str(gevent_packages())
    if "uvloop" in server:
        environment["PYTHONPATH"] += os.pathsep + str(uvloop_packages())
    with socket.create_server(("127.0.0.1", 0), backlog=512) as door:
        command = [sys.executable, "-m", *(word.format(door=door.fileno()) for word in SERVERS[server])]
        with running(command, environment, log, cwd=SITE, pass_fds=[door.fileno()]) as process:
            yield Site(f"http://127.0.0.1:{door.getsockname()[1]}", process, log)


@contextlib.contextmanager
def _uwsgi(server: str, environment: dict[str, str], log: Path) -> Iterator[Site]:
    """Run uWSGI, which opens its door itself and then says where."""
    (packages,) = Path(sys.prefix).glob("lib/python*/site-packages")
    environment["PYTHONPATH"] += os.pathsep + str(packages)
    options = log.with_suffix(".ini")
    options.write_text(UWSGI.format(more="\n".join(SERVERS[server])))
    with running([str(uwsgi_binary()), "--ini", str(options)], environment, log, cwd=SITE) as process:
        site = Site("", process, log)
        bound = until(lambda: re.search(r"bound to TCP address (\S+)", _alive(site).said), "uWSGI to open its door")
        site.url = f"http://{bound[1]}"
        yield site


@contextlib.contextmanager
def _runserver(server: str, environment: dict[str, str], log: Path) -> Iterator[Site]:
    """Run Django's own server, which opens its door itself and then says where; anew after each reload."""
    code = environment["PYTHONPATH"].partition(os.pathsep)[0]
    environment["PYTHONUNBUFFERED"] = "yes"
    with running([sys.executable, *SERVERS[server]], environment, log, cwd=code) as process:
        site = Site("", process, log)
        find_door(site, 1)
        yield site


def find_door(site: Site, run: int) -> None:
    """Wait until Django's own server has opened its door for the *run*th time, and take that as the site's."""

    def doors() -> list[str]:
        return re.findall(r"development server at (http://\S+)/", _alive(site).said)

    site.url = until(lambda: doors()[run - 1 :], f"run {run} of Django's server to open its door")[0]


def _alive(site: Site) -> Site:
    assert site.process.poll() is None, f"the server ended; it said:\n{site.said}"
    return site


def _answers(site: Site) -> bool:
    _alive(site)
    with contextlib.suppress(OSError, http.client.HTTPException):
        return site.ask("/ready").status == 200
    return False
