"""Who is logged in is on every event of their visits, under every server and from every kind of view."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass

import pytest

from .serving import Place, make_database, serving

VISITORS = 8
# The moments at which each view captures.
MOMENTS = {
    "/capture": [None],
    "/acapture": [None],
    "/stream": ["before", "first", "second"],
    "/astream": ["before", "first", "second"],
}
PATHS = list(MOMENTS) * 30


@dataclass(frozen=True)
class Member:
    """Somebody with an account."""

    id: str
    email: str
    cookie: str


def signed_up(site, name):
    """Return a new member, who has just logged in."""
    answer = site.ask(f"/sign-up?name={name}")
    assert answer.status == 200, site.said
    # The session is theirs alone, and this view does look at it.
    assert answer.headers["Vary"] == "Cookie"
    return Member(answer.text, f"{name}@example.com", answer.headers["Set-Cookie"].partition(";")[0])


@pytest.mark.parametrize("server", ["gunicorn", "gunicorn gthread", "uvicorn", "uvicorn uvloop", "hypercorn"])
def test_every_event_has_its_own_user_and_no_answer_varies_with_the_cookie(recorder, tmp_path, server):
    place = Place(recorder.url, tmp_path, tmp_path / "site.sqlite3")
    make_database(place)
    with serving(server, place) as site:
        members = [signed_up(site, f"member-{n}") for n in range(VISITORS)]
        # Each of them visits each of the views.
        visitors = [members[number // len(MOMENTS) % VISITORS] for number in range(len(PATHS))]

        answers = site.visits(PATHS, at_once=8, headers=lambda number: {"Cookie": visitors[number].cookie})

        site.stop(signal.SIGINT if server.startswith("uvicorn") else signal.SIGTERM)

    assert recorder.counted("distinct_id", "email", "visit", "moment") == Counter(
        (visitor.id, visitor.email, str(number), moment)
        for number, (visitor, path) in enumerate(zip(visitors, PATHS, strict=True))
        for moment in MOMENTS[path]
    )
    assert {(answer.headers["Vary"], answer.headers["Set-Cookie"]) for answer in answers} == {(None, None)}
