"""Looking a user up beside whatever the site does with its database."""

import asyncio
import unittest

import posthog
import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import IntegrityError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from django.test import RequestFactory, SimpleTestCase, override_settings
from site_under_test.asgi import Visit
from site_under_test.pages import Pages
from site_under_test.visitors import ask, engine_path, log_in

BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


def capture(request):
    return HttpResponse(posthog.capture("seen"))


async def acapture(request):
    return HttpResponse(posthog.capture("seen"))


def capture_in_durable_block(request):
    with transaction.atomic(durable=True):
        posthog.capture("seen")
    return HttpResponse("durable")


def capture_on_commit(request):
    with transaction.atomic():
        transaction.on_commit(lambda: posthog.capture("seen"))
    return HttpResponse("committed")


def capture_after_integrity_error(request):
    with transaction.atomic():
        Group.objects.create(pk=1, name="one")
        try:
            Group.objects.create(pk=1, name="two")
        except IntegrityError:
            posthog.capture("seen")
            transaction.set_rollback(True)
    return HttpResponse("rolled back")


def capture_in_nested_blocks(request):
    with transaction.atomic(), transaction.atomic():
        posthog.capture("seen")
    return HttpResponse("nested")


def capture_between_savepoints(request):
    with transaction.atomic():
        with transaction.atomic():
            Group.objects.create(name="one")
        posthog.capture("seen")
    return HttpResponse("between")


def capture_after_closing(request):
    connection.close()
    posthog.capture("seen")
    connection.close()
    return HttpResponse("closed")


VIEWS = [
    capture_in_durable_block,
    capture_on_commit,
    capture_after_integrity_error,
    capture_in_nested_blocks,
    capture_between_savepoints,
    capture_after_closing,
]


@pytest.fixture(autouse=True)
def _pages():
    with override_settings(ROOT_URLCONF=Pages(capture, acapture, *VIEWS)):
        yield
    Group.objects.all().delete()


@BOTH
@pytest.mark.parametrize("view", VIEWS)
def test_the_user_is_known_whatever_the_view_does_with_its_connection(events, user, view, is_async):
    assert ask(f"/{view.__name__}/", log_in(user), is_async=is_async).status_code == 200
    assert events.one()["distinct_id"] == str(user.pk)


@BOTH
def test_a_view_in_a_transaction_commits_what_it_would_without_us(events, sql, user, is_async):
    cookie = log_in(user)
    sql.clear()
    ask("/capture_between_savepoints/", cookie, is_async=is_async)
    assert [statement.split()[0] for statement in sql[:4]] == ["BEGIN", "SAVEPOINT", "INSERT", "RELEASE"]
    assert [statement.split()[0] for statement in sql[4:]] == ["SELECT", "SELECT"]
    assert Group.objects.get().name == "one"


# -- several databases -------------------------------------------------------------------------------------------------


class ReadsFromReplica:
    """Reads from the replica, and writes to the primary."""

    def db_for_read(self, model, **hints):
        return "replica"

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, one, other, **hints):
        return True


@pytest.fixture
def _replica(monkeypatch):
    """The same file once more, to read only."""
    primary = connections.databases["default"]
    replica = {**primary, "NAME": f"file:{primary['NAME']}?mode=ro", "OPTIONS": {"uri": True}}
    monkeypatch.setitem(connections.databases, "replica", replica)
    yield
    connections["replica"].close()
    del connections["replica"]


@BOTH
@pytest.mark.usefixtures("_replica")
@pytest.mark.parametrize("key", [None, "stale"], ids=["valid", "stale"])
def test_a_replica_that_can_only_be_read_is_enough(events, user, key, is_async):
    cookie = log_in(user, key)
    with override_settings(DATABASE_ROUTERS=[ReadsFromReplica()]):
        assert ask("/capture/", cookie, is_async=is_async).status_code == 200
        assert ask("/acapture/", cookie, is_async=is_async).status_code == 200
    is_known = key is None
    assert [event["distinct_id"] == str(user.pk) for event in events] == [is_known, is_known]


@pytest.mark.usefixtures("_replica")
def test_a_broken_transaction_on_another_database_keeps_nobody_from_being_known_later(events, user):
    def view(request):
        with transaction.atomic(using="replica"):
            posthog.capture("seen")
            transaction.set_rollback(True, using="replica")
        return HttpResponse("rolled back")

    cookie = log_in(user)
    with override_settings(ROOT_URLCONF=Pages(view)):
        assert ask("/view/", cookie).status_code == 200
    assert events.one()["distinct_id"] == str(user.pk)


# -- connections -------------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch):
    """The database connections that were opened."""
    connections.close_all()
    found = []
    connect = BaseDatabaseWrapper.connect

    def recorded(self):
        found.append(self)
        return connect(self)

    monkeypatch.setattr(BaseDatabaseWrapper, "connect", recorded)
    return found


def visit(path, key, *, is_async):
    """Ask as a real server does, to the end of the request."""
    if is_async:
        asyncio.run(Visit(path, {"cookie": f"sessionid={key}"}).answer(ASGIHandler()))
        return
    environ = RequestFactory().get(path, HTTP_COOKIE=f"sessionid={key}").environ
    body = WSGIHandler()(environ, lambda *_started: None)
    list(body)
    body.close()


@BOTH
@pytest.mark.parametrize("path", ["/capture/", "/acapture/"])
def test_a_look_up_opens_one_connection_and_django_closes_it(events, user, opened, path, is_async):
    key = log_in(user)
    connections.close_all()
    opened.clear()
    visit(path, key, is_async=is_async)
    assert events.one()["distinct_id"] == str(user.pk)
    assert [wrapper.connection for wrapper in opened] == [None]


def test_a_connection_that_is_kept_between_requests_is_used_again(events, user, opened, monkeypatch):
    key = log_in(user)
    connections.close_all()
    opened.clear()
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    for _ in range(3):
        visit("/capture/", key, is_async=False)
    assert [event["distinct_id"] for event in events] == [str(user.pk)] * 3
    assert len(opened) == 1
    assert opened[0].connection is not None


# -- databases out of reach --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["db", "signed_cookies"])
def test_a_test_that_forbids_queries_does_not_fail_because_of_us(events, user, engine):
    with override_settings(SESSION_ENGINE=engine_path(engine)):
        cookie = log_in(user)

        class Page(SimpleTestCase):
            def test_it(self):
                self.client.cookies[settings.SESSION_COOKIE_NAME] = cookie
                assert self.client.get("/capture/").status_code == 200

        result = unittest.TestResult()
        unittest.TestSuite([Page("test_it")]).run(result)
    assert (result.testsRun, result.errors, result.failures) == (1, [], [])
    assert events.properties()["$process_person_profile"] is False


@BOTH
def test_a_database_that_is_gone_leaves_the_visitor_anonymous(events, user, monkeypatch, tmp_path, is_async):
    cookie = log_in(user)
    connections.close_all()
    with monkeypatch.context() as patched:
        patched.setitem(connections.databases["default"], "NAME", str(tmp_path / "no such folder" / "db.sqlite3"))
        patched.setitem(connection.settings_dict, "NAME", str(tmp_path / "no such folder" / "db.sqlite3"))
        assert ask("/capture/", cookie, is_async=is_async).status_code == 200
        assert ask("/acapture/", cookie, is_async=is_async).status_code == 200
        connections.close_all()
    assert [event["properties"]["$process_person_profile"] for event in events] == [False, False]
    assert User.objects.count() == 1
