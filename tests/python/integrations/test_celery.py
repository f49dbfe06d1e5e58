"""Celery tasks run in a context that says who caused them; their life is told, their failures are reported."""

from __future__ import annotations

import uuid

import posthog
import pytest
from celery import Celery, signals
from celery.app.trace import build_tracer
from celery.exceptions import Ignore, Reject
from posthog import Posthog, contexts
from posthog.integrations.celery import PosthogCeleryIntegration
from posthog.integrations.celery.headers import Said
from posthog.integrations.celery.runs import Run, close, running

TOLD = {"started": "celery task started", "success": "celery task success", "failure": "celery task failure"}
RECEIVERS = [
    getattr(signals, name)
    for name in ("before_task_publish", "after_task_publish", "task_prerun", "task_postrun", "task_success")
]


@pytest.fixture
def shop():
    """Return an application whose tasks run where they are called, with the tasks as its attributes."""
    app = Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False)
    app.conf.task_always_eager = True

    @app.task(name="shop.look")
    def look():
        posthog.capture("looked")
        posthog.tag("looked", True)

    @app.task(name="shop.fail", throws=(KeyError,))
    def fail(kind=ValueError):
        raise kind("broken")

    @app.task(name="shop.insist", bind=True, max_retries=1, default_retry_delay=0)
    def insist(self):
        raise self.retry(exc=ValueError("again"))

    @app.task(name="shop.nest")
    def nest():
        posthog.tag("outer", 1)
        look.delay()
        posthog.capture("nested", properties={"tags": contexts.get_tags()})

    app.look, app.fail, app.insist, app.nest = look, fail, insist, nest
    yield app
    app.close()


@pytest.fixture
def integrate():
    """Return a function that makes an integration and instruments it."""

    def integrate(kind=PosthogCeleryIntegration, **options):
        integration = kind(**options)
        integration.instrument()
        return integration

    return integrate


def work(task, *arguments, **request):
    """Run *task* as a worker does, and return its id."""
    task_id = str(uuid.uuid4())
    delivery = {"exchange": "shop", "routing_key": "orders"}
    known = {"id": task_id, "is_eager": False, "hostname": "worker-1", "delivery_info": delivery, "retries": 0}
    build_tracer(task.name, task, app=task.app)(task_id, arguments, {}, {**known, **request})
    return task_id


def sent_by(task):
    """Send *task* to the broker, and return the headers of the message."""
    seen = []

    def see(headers=None, **_signal):
        seen.append(headers)

    signals.before_task_publish.connect(see)
    task.app.conf.task_always_eager = False
    task.delay()
    signals.before_task_publish.disconnect(see)
    return seen[0]


CAUSE = {
    "X-POSTHOG-DISTINCT-ID": "user-7",
    "X-POSTHOG-SESSION-ID": "visit-1",
    "X-POSTHOG-CONTEXT-TAGS": '{"plan": "pro"}',
}


def names(events):
    return [event["event"] for event in events]


# -- in a worker ----------------------------------------------------------------------------------------------------


def test_a_task_is_that_of_who_caused_it(events, shop, integrate):
    integrate()
    task_id = work(shop.look, headers=CAUSE)
    looked = events.assert_event("looked", distinct_id="user-7", properties={"plan": "pro", "$session_id": "visit-1"})
    tags = {name: looked["properties"][name] for name in looked["properties"]["$context_tags"]}
    assert tags.pop("celery_version")
    assert tags == {
        "plan": "pro",
        "celery_task_id": task_id,
        "celery_task_name": "shop.look",
        "celery_state": "started",
        "celery_hostname": "worker-1",
        "celery_exchange": "shop",
        "celery_routing_key": "orders",
        "celery_queue": None,
        "celery_retry_count": 0,
    }


def test_the_life_of_a_task_is_told(events, shop, integrate):
    integrate()
    task_id = work(shop.look, headers=CAUSE)
    assert names(events) == ["celery task started", "looked", "celery task success"]
    ended = {"celery_state": "success", "celery_task_id": task_id, "plan": "pro"}
    told = events.assert_event("celery task success", distinct_id="user-7", properties=ended)
    assert told["properties"]["celery_task_duration_ms"] >= 0


def test_a_failure_is_reported_and_told(events, shop, integrate):
    integrate()
    work(shop.fail, headers=CAUSE)
    assert names(events) == ["celery task started", "$exception", "celery task failure"]
    source = {"$exception_source": "celery.task_failure", "$exception_handled": False, "$exception_level": "error"}
    failure = events.assert_event("$exception", distinct_id="user-7", properties={**source, "plan": "pro"})
    assert failure["properties"]["$exception_list"][0]["mechanism"]["type"] == "task"
    said = {"celery_state": "failure", "error_type": "ValueError", "error_message": "broken"}
    events.assert_event("celery task failure", distinct_id="user-7", properties=said)


def test_a_failure_that_the_task_expects_is_told_and_not_reported(events, shop, integrate):
    integrate()
    work(shop.fail, KeyError)
    assert names(events) == ["celery task started", "celery task failure"]


def test_a_task_that_is_tried_again_has_not_failed(events, shop, integrate):
    integrate()
    shop.conf.task_always_eager = False
    work(shop.insist, headers=CAUSE)
    assert names(events) == ["celery task started", "celery task published", "celery task retry"]
    retry = events.assert_event("celery task retry", distinct_id="user-7", properties={"celery_state": "retry"})
    assert "again" in retry["properties"]["celery_reason"]
    work(shop.insist, headers=CAUSE, retries=1)
    assert names(events)[3:] == ["celery task started", "$exception", "celery task failure"]
    events.assert_event("celery task failure", properties={"celery_retry_count": 1})


@pytest.mark.parametrize("kind", [Ignore, Reject, SystemExit])
def test_a_context_ends_with_its_task_however_that_ends(events, shop, integrate, kind):
    integrate()
    try:
        work(shop.fail, kind, headers=CAUSE)
    except SystemExit:
        assert kind is SystemExit
    assert names(events) == ["celery task started"]
    assert contexts._get_current_context() is None
    assert contexts.get_tags() == {}


def test_a_task_inherits_nothing_from_where_the_worker_runs_it(events, shop, integrate):
    integrate()
    with posthog.new_context():
        posthog.identify_context("operator")
        posthog.tag("pool", "solo")
        work(shop.look, headers=CAUSE)
        work(shop.look)
        assert contexts.get_tags() == {"pool": "solo"}
    assert "pool" not in str([event["properties"] for event in events])
    assert events.named("looked")[0]["distinct_id"] == "user-7"
    assert "operator" not in {event["distinct_id"] for event in events}


def test_tasks_that_run_one_after_another_share_nothing(events, shop, integrate):
    integrate()
    work(shop.look, headers=CAUSE)
    work(shop.look)
    second = events.named("looked")[1]["properties"]
    assert second["$process_person_profile"] is False
    assert {"plan", "looked", "$session_id"}.isdisjoint(second)


def test_the_worker_speaks_for_a_process_that_is_gone(events, shop, integrate):
    integrate()
    signals.task_failure.send(sender=shop.look, task_id="7", exception=MemoryError("gone"))
    said = {"celery_task_id": "7", "celery_task_name": "shop.look", "error_type": "MemoryError"}
    events.assert_event("celery task failure", properties=said)
    assert len(events.exceptions) == 1

    request = type("Request", (), {"id": "8", "headers": CAUSE, "retries": 1})()
    signals.task_retry.send(sender=shop.look, request=request, reason="worker lost")
    said = {"celery_task_id": "8", "celery_reason": "worker lost", "celery_retry_count": 1, "plan": "pro"}
    events.assert_event("celery task retry", distinct_id="user-7", properties=said)
    assert contexts._get_current_context() is None


def test_two_integrations_observe_the_same_task_and_leave_no_context(events, shop, integrate):
    integrations = [integrate(), integrate()]
    task_id = work(shop.nest, headers=CAUSE)
    assert names(events).count("celery task success") == 4
    assert contexts._get_current_context() is None
    assert [running(each, task_id) for each in integrations] == [None, None]


def test_a_run_of_whose_end_nobody_tells_ends_with_the_one_around_it():
    owner = object()
    outer = Run(owner, "1", Said("user-7"), {}, inherits=False)
    Run(owner, "2", Said("user-8"), {}, inherits=False)
    assert contexts.get_context_distinct_id() == "user-8"
    close(outer)
    assert contexts._get_current_context() is None
    assert running(owner, "2") is None


# -- where it is called ---------------------------------------------------------------------------------------------


def test_a_task_that_runs_where_it_is_called_has_the_callers_context_and_leaves_it(events, shop, integrate):
    integrate()
    with posthog.new_context():
        posthog.identify_context("user-7")
        posthog.tag("plan", "pro")
        shop.look.delay()
        assert contexts.get_tags() == {"plan": "pro"}
        posthog.capture("after")
    assert names(events) == ["celery task started", "looked", "celery task success", "after"]
    assert {event["distinct_id"] for event in events} == {"user-7"}
    assert {event["properties"]["plan"] for event in events} == {"pro"}
    assert "celery_task_id" not in events[-1]["properties"]


def test_tasks_inside_of_tasks_have_their_own_contexts(events, shop, integrate):
    integrate()
    shop.nest.delay()
    looked, nested = events.named("looked")[0], events.named("nested")[0]
    assert (looked["properties"]["celery_task_name"], looked["properties"]["outer"]) == ("shop.look", 1)
    assert nested["properties"]["celery_task_name"] == "shop.nest"
    assert "looked" not in nested["properties"]["tags"]


def test_a_failure_that_its_caller_sees_too_is_reported_once(events, shop, integrate):
    integrate()
    with pytest.raises(ValueError, match="broken"), posthog.new_context(capture_exceptions=True):
        shop.fail.delay().get()
    assert len(events.exceptions) == 1
    with pytest.raises(ValueError, match="broken"), posthog.new_context(capture_exceptions=True):
        shop.fail.apply(throw=True)
    assert len(events.exceptions) == 2
    assert contexts._get_current_context() is None


def test_a_task_that_is_tried_again_where_it_is_called_is_told_try_by_try(events, shop, integrate):
    integrate()
    shop.insist.delay()
    assert names(events) == [
        "celery task started",
        "celery task retry",
        "celery task started",
        "$exception",
        "celery task failure",
    ]


# -- where it is sent -----------------------------------------------------------------------------------------------


def test_a_message_says_who_and_which_visit_and_no_more_than_that(events, shop, integrate):
    integrate()
    before = sent_by(shop.look)
    with posthog.new_context():
        posthog.identify_context("user-7")
        posthog.set_context_session("visit-1")
        for name, value in {"plan": "pro", "$ip": "203.0.113.7", "email": "ann@example.com"}.items():
            posthog.tag(name, value)
        message = sent_by(shop.look)
    assert message.keys() - before.keys() == CAUSE.keys()
    assert {name: message[name] for name in CAUSE} == CAUSE
    assert "203.0.113.7" not in str(message)
    assert "ann@example.com" not in str(message)


def test_a_message_says_more_where_that_is_asked_for(events, shop, integrate):
    class Talkative(PosthogCeleryIntegration):
        propagate_request_tags = True

    integrate(Talkative)
    with posthog.new_context():
        posthog.tag("$ip", "203.0.113.7")
        assert "203.0.113.7" in sent_by(shop.look)["X-POSTHOG-CONTEXT-TAGS"]


def test_a_message_is_told_by_who_sends_it(events, shop, integrate):
    integrate()
    with posthog.new_context():
        posthog.identify_context("user-7")
        message = sent_by(shop.look)
    said = {
        "celery_task_id": message["id"],
        "celery_task_name": "shop.look",
        "celery_state": "published",
        "celery_routing_key": "celery",
        "celery_retry_count": 0,
    }
    events.assert_event("celery task published", distinct_id="user-7", properties=said)


def test_nothing_travels_where_that_is_off(events, shop, integrate):
    integrate(propagate_context=False)
    with posthog.new_context():
        posthog.identify_context("user-7")
        message = sent_by(shop.look)
    assert message.keys().isdisjoint(CAUSE)
    assert names(events) == ["celery task published"]


# -- options --------------------------------------------------------------------------------------------------------


def test_without_events_of_its_life_a_task_has_its_context_and_its_failures(events, shop, integrate):
    integrate(capture_task_lifecycle_events=False)
    work(shop.look, headers=CAUSE)
    work(shop.fail)
    sent_by(shop.look)
    assert names(events) == ["looked", "$exception"]
    events.assert_event("looked", distinct_id="user-7")


def test_without_exceptions_a_failure_is_told(events, shop, integrate):
    integrate(capture_exceptions=False)
    work(shop.fail)
    assert names(events) == ["celery task started", "celery task failure"]


def test_a_filter_is_asked_before_each_event(events, shop, integrate):
    asked = []

    def only_starts(name, properties):
        asked.append((name, properties["celery_state"]))
        return properties["celery_state"] == "started"

    integrate(task_filter=only_starts)
    work(shop.fail, headers=CAUSE)
    work(shop.look, headers=CAUSE)
    sent_by(shop.look)
    assert names(events) == ["celery task started", "celery task started", "looked"]
    assert asked == [
        ("shop.fail", "started"),
        ("shop.fail", "failure"),
        ("shop.look", "started"),
        ("shop.look", "success"),
        ("shop.look", "published"),
    ]
    events.assert_event("looked", distinct_id="user-7")


def test_a_filter_that_fails_lets_everything_pass(events, shop, integrate, told):
    integrate(task_filter=lambda name, properties: 1 / 0)
    work(shop.look)
    assert names(events) == ["celery task started", "looked", "celery task success"]
    assert len(told("task_filter")) == 1


def test_the_given_client_tells_and_reports(events, shop, integrate):
    seen = []
    client = Posthog("phc_of_the_tasks", before_send=lambda event: seen.append(event["event"]) or event)
    integrate(client=client)
    work(shop.fail)
    work(shop.look)
    assert seen == [*names(events)[:3], "celery task started", "celery task success"]
    client.shutdown()


def test_a_client_that_fails_costs_no_task(events, shop, integrate, told):
    class Broken:
        def __getattr__(self, name):
            raise RuntimeError("broken client")

    integrate(client=Broken()).shutdown()
    integrate(client=Broken())
    work(shop.look, headers=CAUSE)
    work(shop.fail)
    sent_by(shop.look)
    assert contexts._get_current_context() is None
    assert events.assert_event("looked", distinct_id="user-7")
    assert told("tasks go on without it")


# -- lifecycle ------------------------------------------------------------------------------------------------------


def test_instrumenting_twice_observes_once_and_uninstrumenting_leaves_nothing(events, shop):
    before = [len(signal.receivers) for signal in RECEIVERS]
    integration = PosthogCeleryIntegration()
    integration.uninstrument()
    integration.instrument()
    integration.instrument()
    work(shop.look)
    assert names(events) == ["celery task started", "looked", "celery task success"]
    integration.uninstrument()
    integration.uninstrument()
    assert [len(signal.receivers) for signal in RECEIVERS] == before
    events.clear()
    work(shop.look)
    assert names(events) == ["looked"]


def test_shutdown_observes_no_more_and_flushes(events, shop, integrate):
    class Client(Posthog):
        flushed = 0

        def flush(self, timeout_seconds=10):
            self.flushed += 1

    client = Client("phc_of_the_tasks")
    integration = integrate(client=client)
    signals.worker_process_shutdown.send(sender=None)
    assert client.flushed == 1
    integration.shutdown()
    assert client.flushed == 2
    work(shop.look)
    assert names(events) == ["looked"]
    client.shutdown()


def test_the_context_of_a_task_ends_with_it_also_where_nobody_listens_any_more(shop, integrate):
    integration, inside = integrate(), []

    @shop.task(name="shop.deafen")
    def deafen():
        integration.uninstrument()
        inside.append(contexts.get_context_distinct_id())

    work(deafen, **CAUSE)
    assert (inside, contexts._get_current_context()) == (["user-7"], None)
    work(deafen, **CAUSE)
    assert (inside, contexts._get_current_context()) == (["user-7", None], None)
