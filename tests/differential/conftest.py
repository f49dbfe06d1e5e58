"""One run of the site under the official package and one under ours, and what each put on the wire."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from ..servers.recorder import Recorder
from .wire import Names, envelope, folders_of, normalised, numbered

ROOT = Path(__file__).parents[2]
SITE = Path(__file__).parent / "observed_site"
OFFICIAL = "posthog==7.91.1"
#: What its integrations are for, in the versions that ours are tried with.
INTEGRATED = ("asgiref", "celery", "django", "djangorestframework", "flask", "opentelemetry-api")
#: What a program of the test must not take over from whoever runs the tests.
FOREIGN = ("POSTHOG_", "HOGBACK", "DJANGO_", "PYTEST_")


@pytest.fixture(scope="session")
def official_python():
    """Return an interpreter that has the official package, and the very frameworks that ours is tried with."""
    folder = ROOT / ".venv-differential"
    wanted = [OFFICIAL, *(f"{name}=={metadata.version(name)}" for name in INTEGRATED)]
    done, holds = folder / "holds.json", [sys.version, *wanted]
    with folder.with_suffix(".lock").open("w") as lock:  # another run of the tests may be making it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.is_file() or json.loads(done.read_text()) != holds:
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            subprocess.run([folder / "bin/python", "-m", "pip", "install", "--quiet", *wanted], check=True)
            done.write_text(json.dumps(holds))
    return folder / "bin/python"


@pytest.fixture(scope="session")
def official(official_python, tmp_path_factory):
    return run(official_python, tmp_path_factory.mktemp("official"))


@pytest.fixture(scope="session")
def run_site(tmp_path_factory):
    """Return a function that runs the site under our package."""
    return lambda: run(Path(sys.executable), tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="session")
def ours(run_site):
    return run_site()


def run(python, folder):
    """Return, by scenario, what came of it under the `posthog` of *python*."""
    recorder = Recorder()
    try:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        environment = {**inherited, "POSTHOG_JOURNAL": str(folder / "journal")}
        answers = folder / "answers.json"
        command = [python, SITE / "run.py", recorder.url, answers]
        ended = subprocess.run(command, check=False, capture_output=True, text=True, env=environment, timeout=100)
        assert ended.returncode == 0, ended.stderr
        return {
            scenario: outcome(scenario, answer, recorder.requests, folders_of(python, SITE))
            for scenario, answer in json.loads(answers.read_text()).items()
        }
    finally:
        recorder.close()


def outcome(scenario, answer, requests, folders):
    """Return the answer to the visitor, the events, and the requests they travelled in."""
    own = [request for request in requests if request.body["api_key"] == scenario]
    names = Names()
    events = [normalised(event, folders, names) for request in own for event in request.events]
    return {
        "answer": answer,
        "events": numbered(events, lambda event: event["event"]),
        "requests": [envelope(request) for request in own],
    }
