"""The real programs under test, started once for all tests that can share them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .browser import Shopper, installed_chromium, launched, skip_or_fail
from .demo import ROOT, SHOP, Demo
from .inspector import running_inspector

OFFICIAL = "posthog==7.91.1"


@pytest.fixture(scope="session")
def inspector_binary():
    asked = os.environ.get("HOGBACK_BIN")
    places = [Path(asked)] if asked else [ROOT / "target" / profile / "hogback" for profile in ("release", "debug")]
    for place in places:
        if place.is_file():
            return place.resolve()
    return pytest.fail(f"there is no inspector at {' or '.join(map(str, places))}: run `make build` first")


@pytest.fixture(scope="session")
def posthog_js():
    return npm_package(SHOP, "posthog-js") / "dist"


@pytest.fixture(scope="session")
def node_client():
    folder = Path(__file__).parent / "node"
    npm_package(folder, "posthog-node")
    return folder / "send.mjs"


@pytest.fixture(scope="session")
def axe():
    """Return the script that finds faults in a page's accessibility."""
    return (npm_package(Path(__file__).parent / "node", "axe-core") / "axe.min.js").read_text()


@pytest.fixture(scope="session")
def official_python():
    """Return an interpreter that has the official package, which must not meet ours in one environment."""
    python = ROOT / ".venv-official/bin/python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
    if subprocess.run([python, "-c", "import posthog"], check=False, capture_output=True).returncode != 0:
        install = [python, "-m", "pip", "install", "--quiet", OFFICIAL]
        if subprocess.run(install, check=False).returncode != 0:
            skip_or_fail(f"{OFFICIAL} cannot be installed")
    return python


@pytest.fixture(scope="session")
def inspector(inspector_binary, tmp_path_factory):
    """Return an inspector for tests whose visitors are their own."""
    # Only browsers need it: the tests of other clients run on a machine without npm.
    posthog_js = installed(SHOP, "posthog-js")
    options = ["--posthog-js-dir", posthog_js / "dist"] if posthog_js else []
    with running_inspector(inspector_binary, tmp_path_factory.mktemp("inspector"), *options) as running:
        yield running


@pytest.fixture
def own_inspector(inspector_binary, tmp_path):
    """Return an inspector without events, whose page is looked at."""
    with running_inspector(inspector_binary, tmp_path) as running:
        if not running.has_page():
            skip_or_fail("the inspector has no page: npm was not installed when it was built")
        yield running


@pytest.fixture
def start_demo(inspector_binary, tmp_path):
    started = []

    def start(*arguments, **options):
        started.append(Demo(inspector_binary, tmp_path / f"demo-{len(started)}.log", *arguments, **options))
        return started[-1]

    yield start
    for demo in started:
        demo.stop()


@pytest.fixture(scope="session")
def running_demo(inspector_binary, tmp_path_factory):
    running = Demo(inspector_binary, tmp_path_factory.mktemp("demo") / "demo.log", "--ports", "0")
    try:
        running.ready()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="session")
def demo(running_demo):
    """Return the running demo's inspector and the shop's address."""
    return running_demo.ready()


@pytest.fixture(scope="session")
def catalogue(running_demo):
    """Return the address of the running demo's catalogue."""
    return running_demo.addresses()["catalogue"]


@pytest.fixture(scope="session")
def browser():
    with launched(installed_chromium()) as running:
        yield running


@pytest.fixture
def page(browser):
    """Return a page with a profile of its own: another visitor in each test."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def shopper(page, posthog_js, demo):
    # Without posthog-js a visitor would send nothing.
    assert posthog_js.is_dir()
    return Shopper(page, demo[1])


def npm_package(folder: Path, name: str) -> Path:
    return installed(folder, name) or skip_or_fail("npm is not installed (Debian: apt-get install npm)")


def installed(folder: Path, name: str) -> Path | None:
    """Return the package *name* of the lock file in *folder*, installed if need be, or None without npm."""
    package = folder / "node_modules" / name
    if not (package / "package.json").is_file():
        npm = shutil.which("npm")
        if npm is None:
            return None
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return package
