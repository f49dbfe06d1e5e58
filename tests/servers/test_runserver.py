"""Django's own server: it reloads the site when a file changes, and no event is lost or sent twice on the way."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from ..waiting import until
from .serving import SITE, Place, find_door, serving

PATHS = ["/capture", "/acapture"] * 65
#: As the core names it.
WORKER = "hogback"


@pytest.fixture
def site(recorder, tmp_path):
    """Run a copy of the site, which may be changed, with the client that its settings describe."""
    code = shutil.copytree(SITE, tmp_path / "site", ignore=shutil.ignore_patterns("__pycache__"))
    place = Place(recorder.url, tmp_path, tmp_path / "site.sqlite3", code)
    with serving("runserver", place, SITE_HAS_APP="yes", SITE_DEBUG="yes") as site:
        yield site


def change(site, edition):
    """Change the site, and wait until Django's server has noticed and runs again."""
    file = site.log.parent / "site/web/edition.py"
    file.write_text(file.read_text().replace(site.ask("/edition").text, edition))

    def noticed():
        file.touch()  # again and again: the reloader may not have looked at the file before it was changed
        return "edition.py changed, reloading" in site.said

    until(noticed, "the reloader to notice")
    find_door(site, 2)
    until(lambda: site.ask("/edition").text == edition, "the changed site to answer")


def visit(site, edition):
    """Make visits, and return what their events must say."""
    site.visits([f"{path}?edition={edition}" for path in PATHS], at_once=8)
    return Counter(
        ("seen", f"visitor {n}", f"session {n}", str(n), f"{site.url}{path}?edition={edition}&visit={n}")
        for n, path in enumerate(PATHS)
    )


def threads(process):
    return [file.read_text().strip() for file in Path(f"/proc/{process}/task").glob("*/comm")]


def sockets(process):
    files = [str(file.readlink()) for file in Path(f"/proc/{process}/fd").iterdir()]
    return [file for file in files if file.startswith("socket:")]


def test_every_event_before_and_after_a_reload_arrives_once(recorder, site):
    expected = visit(site, "first")
    change(site, "second")
    expected += visit(site, "second")
    # One of each run, and none of the process that watches over them.
    expected["started", "the site", None, None, None] = 2

    def seen():
        return recorder.counted("event", "distinct_id", "$session_id", "visit", "$current_url")

    until(lambda: seen() == expected, "the events of all visits")
    site.stop()
    assert seen() == expected


def test_the_reloader_itself_starts_no_worker_and_opens_no_connection(recorder, site):
    reloader = site.process.pid
    (server,) = Path(f"/proc/{reloader}/task/{reloader}/children").read_text().split()
    recorder.wait_for_events(1)

    assert f"the site is ready in {reloader}\n" in site.said
    assert (len(threads(reloader)), sockets(reloader)) == (1, [])
    # That is how it looks where events are captured.
    assert WORKER in threads(server)
