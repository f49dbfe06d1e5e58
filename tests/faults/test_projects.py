"""Several clients in one process: no event goes to another project than its own."""

from __future__ import annotations

from collections import Counter

from ..servers.recorder import OK, Status
from ..waiting import until
from .events import all_arrive, arrived, tell


def keys_of(recorder):
    """Return with which key each event came."""
    return Counter(
        (request.body["api_key"], event["distinct_id"])
        for request in recorder.requests
        if request.answer.accepts
        for event in request.events
    )


def test_two_projects_in_one_process_and_one_journal_get_their_own_events(recorder, start):
    """Row 48: after an outage, from the process that captured them."""
    recorder.answers(Status(503), Status(503))
    with start("lives.of_projects", "phc_one,phc_two", "stay") as program:
        until(lambda: arrived(recorder) == Counter(program.ids) and len(program.ids) == 100, "every event once")
    assert keys_of(recorder) == {("phc_one", "phc_one"): 50, ("phc_two", "phc_two"): 50}


def test_what_two_projects_have_left_behind_is_sent_by_their_own_clients(recorder, start):
    """Row 48."""
    recorder.answers(then=Status(503))
    with start("lives.of_projects", "phc_one,phc_two", "die") as program:
        program.ends(-9)
    recorder.answers(then=OK)
    with start("lives.of_projects", "phc_two", "stay"):
        until(lambda: keys_of(recorder)["phc_two", "phc_two"] == 100, "the events of one project")
    assert keys_of(recorder).keys() == {("phc_two", "phc_two")}
    with start("lives.of_projects", "phc_one", "stay"):
        until(lambda: keys_of(recorder)["phc_one", "phc_one"] == 100, "the events of the other")
    assert keys_of(recorder).keys() == {("phc_one", "phc_one"), ("phc_two", "phc_two")}


def test_two_clients_of_one_project_deliver_each_event_once(recorder, make_client):
    """Row 48."""
    recorder.answers(Status(503), Status(503))
    one, other = make_client(), make_client()
    uuids = [uuid for _ in range(10) for client in (one, other) for uuid in tell(client, 5)]
    assert all_arrive(recorder, uuids) == 0
    one.shutdown()
    assert all_arrive(recorder, [*uuids, *tell(other, 5)]) == 0
