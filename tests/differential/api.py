"""One run of the scenarios of the plain API: what each program saw, and what it put on the wire."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..servers.recorder import Recorder, Status
from .observed_api.scenarios import SCENARIOS
from .wire import ABSENT, Names, differences, envelope, folders_of, normalised, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..servers.recorder import Answer, Request

PROGRAM = Path(__file__).parent / "observed_api"
#: What a program of the test must not take over from whoever runs the tests.
FOREIGN = ("POSTHOG_", "HOGBACK", "DJANGO_", "PYTEST_")
#: What the API says of times and ids is compared; of the site it is not.
TOO_OWN = {"$lib_version": "<version>"}
#: In place of frames of the package that follow each other.
OWN_FRAME = {"module": "posthog", "function": "<own>"}
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(.*)")
_ADDRESS = re.compile(r"0x[0-9a-f]{6,}")
#: Times this near to now differ from run to run; they are named by how many half hours off they are, as by a zone.
_NEAR = dt.timedelta(days=1)
_HALF_HOUR = dt.timedelta(minutes=30)


class Scripted(Recorder):
    """Answers each scenario's requests as that says."""

    def __init__(self) -> None:
        self._replies = {name: deque(scenario.replies) for name, scenario in SCENARIOS.items()}
        super().__init__()

    def choose(self, headers: dict[str, str], body: dict[str, Any]) -> Answer:
        name = _key(headers, body)
        if name not in SCENARIOS:
            return Status(200)
        replies = self._replies[name]
        reply = replies.popleft() if replies else SCENARIOS[name].then
        return Status(reply.status, dict(reply.headers), reply.body)


def run(python: Path, folder: Path) -> dict[str, Any]:
    """Return, by scenario, what came of it under the `posthog` of *python*."""
    recorder = Scripted()
    try:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        environment = {**inherited, "POSTHOG_JOURNAL": str(folder / "journal")}
        answers = folder / "answers.json"
        command = [python, PROGRAM / "run.py", recorder.url, answers]
        ended = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment, cwd=PROGRAM, timeout=100
        )
        assert ended.returncode == 0, ended.stderr[-5000:]
        said = json.loads(answers.read_text())
        folders = {**folders_of(python, PROGRAM), recorder.url: "<host>"}
        return {name: _outcome(name, said[name], recorder.requests, folders) for name in SCENARIOS}
    finally:
        recorder.close()


def compared(official: Mapping[str, Any], ours: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yield path and both values of everything in which two outcomes of a scenario differ."""
    for part in ("answer", "events", "requests"):
        yield from differences(official[part], ours[part], part)
    common = official["events"].keys() & ours["events"].keys()
    orders = [[name for name in side["events"] if name in common] for side in (official, ours)]
    yield from differences(*orders, "order")


def _outcome(name: str, said: Any, requests: list[Request], folders: Mapping[str, str]) -> dict[str, Any]:
    own, names = [request for request in requests if _key(request.headers, request.body) == name], Names()
    sent = numbered(
        (event for request in own for event in request.events), lambda event: str(event.get("event", ABSENT))
    )
    for numbered_name, event in sent.items():
        names.give(str(event.get("uuid")), f"id of {numbered_name}")
    return {
        "answer": _without_addresses(normalised(said, folders, names, TOO_OWN)),
        "events": {place: _event(event, folders, names) for place, event in sent.items()},
        "requests": numbered([_request(request, name) for request in own], lambda request: request["path"]),
    }


def _event(event: Any, folders: Mapping[str, str], names: Names) -> Any:
    event = normalised(_with_own_frames_named(event), folders, names, TOO_OWN)
    if isinstance(event.get("timestamp"), str):
        event["timestamp"] = _time(event["timestamp"])
    return _without_addresses(event)


def _with_own_frames_named(value: Any) -> Any:
    """Say of the package's own frames only where they are: what is in them is each package's affair."""
    if isinstance(value, dict):
        return {key: _with_own_frames_named(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    named = [OWN_FRAME if _is_own_frame(inner) else _with_own_frames_named(inner) for inner in value]
    return [inner for before, inner in zip([None, *named], named, strict=False) if not before == inner == OWN_FRAME]


def _is_own_frame(value: Any) -> bool:
    return isinstance(value, dict) and "lineno" in value and str(value.get("module")).partition(".")[0] == "posthog"


def _request(request: Request, name: str) -> dict[str, Any]:
    sent = envelope(request)
    sent["body"].pop("created_at", None)
    sent["headers"]["authorization"] = sent["headers"]["authorization"].replace(name, "<key>")
    attempt = request.headers.get("posthog-attempt", ABSENT)
    return {**sent, "events": len(request.events), "attempt": attempt}


def _key(headers: Mapping[str, str], body: Mapping[str, Any]) -> str:
    """Return the project's key of a request, which is in a header in capture v1."""
    return str(body.get("api_key", headers.get("authorization", "").removeprefix("Bearer ")))


def _time(text: str) -> str:
    """Return the time as it was written, or how far from now it is."""
    found = _TIME.fullmatch(text)
    try:
        then = dt.datetime.fromisoformat(found[1] if found else "").replace(tzinfo=dt.timezone.utc)
    except ValueError:
        return text
    off = then - dt.datetime.now(dt.timezone.utc)
    if not found or abs(off) > _NEAR:
        return text
    half_hours = round(off / _HALF_HOUR)
    return f"<now{half_hours:+}>{found[2]}" if half_hours else f"<now>{found[2]}"


def _without_addresses(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_addresses(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_addresses(inner) for inner in value]
    return _ADDRESS.sub("0x<address>", value) if isinstance(value, str) else value
