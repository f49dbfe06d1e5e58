"""The example shop under one web server, without the demo around it."""

from __future__ import annotations

import contextlib
import http.cookiejar
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from .demo import SHOP
from .waiting import DEADLINE, until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .inspector import Inspector

SETTINGS = Path(__file__).parent / "settings"
GUNICORN = ["gunicorn", "config.wsgi", "--workers=2", "--bind=fd://{door}"]
SERVERS = {
    "gunicorn": GUNICORN,
    "gunicorn-preload": [*GUNICORN, "--preload"],
    "uvicorn": ["uvicorn", "config.asgi:application", "--fd={door}"],
}


class Visitor:
    """Somebody with a cookie jar, and tracing headers if they have any."""

    def __init__(self, shop: str, headers: Mapping[str, str] | None = None):
        self._shop = shop
        self._headers = dict(headers or {})
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def get(self, path: str) -> tuple[int, str]:
        """Ask for a page; return its status and text."""
        return self._ask(urllib.request.Request(self._shop + path, headers=self._headers))  # noqa: S310

    def sign_in(self) -> None:
        """Sign in as the demo's customer, through the shop's form."""
        _, page = self.get("/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, page
        form = f"csrfmiddlewaretoken={token[1]}&username=demo&password=demo"
        request = urllib.request.Request(self._shop + "/login/", data=form.encode(), headers=self._headers)  # noqa: S310
        _, page = self._ask(request)
        assert "Sign out demo" in page

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with self._opener.open(request, timeout=DEADLINE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.status, answer.read().decode()


@contextlib.contextmanager
def running_shop(server: str, settings: str, inspector: Inspector, folder: Path) -> Iterator[str]:
    """Run the shop under *server* with a settings module; yield its address."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings,
        "PYTHONPATH": os.pathsep.join([str(SHOP), str(SETTINGS)]),
        "SHOP_DATABASE": str(folder / "shop.sqlite3"),
        "SHOP_POSTHOG_HOST": inspector.url,
        "POSTHOG_JOURNAL": str(folder / "journal"),
    }
    for words in ("migrate", "seed"):
        manage = [sys.executable, SHOP / "manage.py", words, "--verbosity=0"]
        subprocess.run(manage, env=environment, check=True)
    with socket.create_server(("127.0.0.1", 0), backlog=512) as door, (folder / "shop.log").open("wb") as log:
        command = [sys.executable, "-m", *(word.format(door=door.fileno()) for word in SERVERS[server])]
        process = subprocess.Popen(
            command, cwd=SHOP, env=environment, pass_fds=[door.fileno()], stdout=log, stderr=subprocess.STDOUT
        )
        shop = f"http://127.0.0.1:{door.getsockname()[1]}"
        try:
            until(lambda: _answers(process, shop, folder), "the shop to answer")
            yield shop
        finally:
            process.terminate()
            process.wait(timeout=DEADLINE)


def _answers(process: subprocess.Popen[bytes], shop: str, folder: Path) -> bool:
    assert process.poll() is None, (folder / "shop.log").read_text()
    with contextlib.suppress(OSError):
        return Visitor(shop).get("/health") == (200, "ok")
    return False
