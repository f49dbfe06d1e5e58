"""Real Celery workers on a real broker: tasks run in the context of who caused them, and everything is delivered."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections import Counter

import pytest

from ..waiting import DEADLINE, until
from .conftest import PROGRAMS
from .processes import running
from .redis import serving_redis

TASKS = 20
POOLS = {
    "prefork": ("--pool=prefork", "--concurrency=2"),
    "threads": ("--pool=threads", "--concurrency=4"),
    "solo": ("--pool=solo",),
    "gevent": ("--pool=gevent", "--concurrency=10"),
    "prefork, new processes": ("--pool=prefork", "--concurrency=2", "--max-tasks-per-child=3"),
}


@pytest.fixture
def broker():
    with serving_redis() as socket:
        yield socket


@pytest.fixture
def client_options():
    """Return the options of the clients; events that are waited for should not wait for company."""
    return {"flush_interval": 0.1}


@pytest.fixture
def environment(recorder, broker, client_options):
    return {
        "BROKER": str(broker),
        "HOST_OF_EVENTS": recorder.url,
        "OPTIONS_OF_CLIENT": json.dumps(client_options),
        # The application's modules are where its worker is started.
        "PYTHONPATH": str(PROGRAMS),
    }


@pytest.fixture
def send(environment, tmp_path):
    """Return a function that sends tasks from a process of its own."""

    def send(name, count=1):
        command = [sys.executable, str(PROGRAMS / "celery_shop.py"), "send", name, str(count)]
        log = tmp_path / "sender.log"
        with running(command, environment, log) as process:
            assert process.wait(DEADLINE) == 0, log.read_text()

    return send


@pytest.fixture
def working(environment, tmp_path):
    """Return what runs a worker for a block, and lets it end as when it is deployed anew."""

    @contextlib.contextmanager
    def working(*options):
        command = [sys.executable, "-m", "celery", "--app=celery_shop", "worker", "--loglevel=info", *options]
        log = tmp_path / "worker.log"
        with running(command, environment, log, cwd=PROGRAMS) as process:
            until(lambda: process.poll() is not None or " ready." in log.read_text(), "the worker to be ready")
            yield log
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(DEADLINE)
            except subprocess.TimeoutExpired:
                pytest.fail(f"the worker did not end; it said:\n{log.read_text()}")

    return working


def named(recorder, name):
    return [event for event in recorder.accepted if event["event"] == name]


# Left to themselves, the last events would wait longer than the worker lives.
@pytest.mark.parametrize("client_options", [{"flush_interval": 600}])
@pytest.mark.parametrize("pool", POOLS)
def test_every_task_is_that_of_its_own_visitor_and_so_are_the_tasks_it_sends(recorder, send, working, pool):
    with working(*POOLS[pool]) as log:
        send("order", TASKS)
        until(lambda: log.read_text().count("succeeded") == 2 * TASKS, "all tasks to be done")

    # A worker that has ended has delivered what its processes had.
    assert recorder.counted("event") == {
        ("celery task published",): 2 * TASKS,
        ("celery task started",): 2 * TASKS,
        ("celery task success",): 2 * TASKS,
        ("ordered",): TASKS,
        ("receipt sent",): TASKS,
    }, log.read_text()
    marks = ("event", "distinct_id", "$session_id", "plan", "number", "ordered", "celery_task_name", "$ip")
    seen = recorder.counted(*marks)
    for n in range(TASKS):
        visitor = (f"visitor {n}", f"session {n}", f"plan {n}", n)
        assert seen[("ordered", *visitor, None, "shop.order", None)] == 1
        assert seen[("receipt sent", *visitor, n, "shop.receipt", None)] == 1


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_a_task_that_is_tried_again_fails_once_and_is_the_visitors_throughout(recorder, send, working, pool):
    with working(*POOLS[pool]):
        send("pay")
        until(lambda: named(recorder, "celery task failure"), "the last try to fail")
    assert recorder.counted("event", "distinct_id", "plan") == {
        ("celery task published", "visitor 0", "plan 0"): 3,
        ("celery task started", "visitor 0", "plan 0"): 3,
        ("celery task retry", "visitor 0", "plan 0"): 2,
        ("celery task failure", "visitor 0", "plan 0"): 1,
        ("$exception", "visitor 0", "plan 0"): 1,
    }
    (failure,) = named(recorder, "celery task failure")
    assert failure["properties"]["celery_retry_count"] == 2
    assert failure["properties"]["error_type"] == "ConnectionError"


def test_headers_of_the_senders_own_arrive_beside_ours_and_stay_when_a_task_is_tried_again(recorder, send, working):
    with working("--pool=solo"):
        send("tell", 2)
        until(lambda: len(named(recorder, "told")) == 4, "both tasks to be tried twice")
    told = Counter((event["distinct_id"], event["properties"]["mine"]) for event in named(recorder, "told"))
    assert told == {("visitor 0", 0): 2, ("visitor 1", 1): 2}
    assert all(event["properties"]["nested"] == event["properties"]["mine"] for event in named(recorder, "told"))


def test_a_process_that_a_task_takes_with_it_is_told_by_the_worker_and_its_events_are_delivered(
    recorder, send, working
):
    with working(*POOLS["prefork"]):
        send("crash")
        until(lambda: named(recorder, "celery task failure"), "the worker to tell of the crash")
    with working("--pool=solo"):
        until(lambda: named(recorder, "crashing"), "the events of the process that was killed")
    (failure,) = named(recorder, "celery task failure")
    assert failure["properties"]["celery_task_name"] == "shop.crash"
    assert failure["properties"]["error_type"] == "WorkerLostError"
    (crashing,) = named(recorder, "crashing")
    assert crashing["distinct_id"] == "visitor 0"
    assert failure["properties"]["celery_task_id"] == crashing["properties"]["celery_task_id"]
    assert recorder.counted("event")["$exception",] == 1
