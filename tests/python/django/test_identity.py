"""Whose event it is."""

import django
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db.backends.utils import CursorWrapper
from django.test import override_settings
from posthog.integrations.django import threads
from site_under_test.visitors import BARE, ENGINES, OURS, SESSION, ask, engine_path, log_in, tampered


@pytest.mark.parametrize("engine", ENGINES)
def test_the_session_user_is_found_with_every_engine(events, user, engine):
    with override_settings(SESSION_ENGINE=engine_path(engine)):
        ask("/capture/", log_in(user))
    assert events.one()["distinct_id"] == str(user.pk)
    assert events.properties()["email"] == "ann@example.com"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("forge", ["stale hash", "no hash", "tampered", "unknown backend"])
def test_a_session_that_django_would_refuse_names_nobody(events, user, engine, forge):
    with override_settings(SESSION_ENGINE=engine_path(engine)):
        cookie = log_in(user, {"stale hash": "stale", "no hash": ""}.get(forge))
        if forge == "tampered":
            cookie = tampered(cookie)
        backends = ["tests.Gone"] if forge == "unknown backend" else settings.AUTHENTICATION_BACKENDS
        with override_settings(AUTHENTICATION_BACKENDS=backends):
            response = ask("/capture/", cookie)
    assert response.status_code == 200
    assert events.properties()["$process_person_profile"] is False
    assert "email" not in events.properties()


@pytest.mark.parametrize("engine", ["db", "cache", "cached_db", "file"])
def test_a_stale_session_is_still_there_afterwards(events, user, engine):
    with override_settings(SESSION_ENGINE=engine_path(engine)):
        cookie = log_in(user, "stale")
        ask("/capture/", cookie)
        store = __import__(settings.SESSION_ENGINE, fromlist=["SessionStore"]).SessionStore(cookie)
        assert store["_auth_user_id"] == str(user.pk)


def test_an_expired_file_session_stays_on_disk(events, user, tmp_path):
    with override_settings(SESSION_ENGINE=engine_path("file"), SESSION_FILE_PATH=str(tmp_path), SESSION_COOKIE_AGE=-1):
        cookie = log_in(user)
        before = sorted(tmp_path.iterdir())
        ask("/capture/", cookie)
        assert sorted(tmp_path.iterdir()) == before
    assert events.properties()["$process_person_profile"] is False


def test_a_hash_of_an_earlier_secret_key_is_accepted(events, user):
    cookie = log_in(user)
    with override_settings(SECRET_KEY="the next key", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        ask("/capture/", cookie)
        assert Session.objects.get().session_key == cookie
    expected = str(user.pk) if django.VERSION >= (4, 1) else None
    assert events.one()["distinct_id"] == expected


def test_one_session_read_and_one_user_read_serve_all_events_of_a_request(events, sql, user):
    cookie = log_in(user)
    sql.clear()
    ask("/capture_thrice/", cookie)
    assert [event["distinct_id"] for event in events] == [str(user.pk)] * 3
    assert ["django_session" in sql[0], "auth_user" in sql[1], len(sql)] == [True, True, 2]


def test_a_user_that_the_view_has_read_is_not_read_again(events, sql, user):
    cookie = log_in(user)
    sql.clear()
    ask("/read_user_then_capture/", cookie)
    assert events.one()["distinct_id"] == str(user.pk)
    assert len(sql) == 2


@pytest.mark.skipif(django.VERSION < (5, 0), reason="request.auser came with Django 5.0")
def test_a_user_that_an_async_view_has_read_is_known(events, user):
    ask("/aread_user_then_capture/", log_in(user), is_async=True)
    assert events.one()["distinct_id"] == str(user.pk)


def test_a_user_that_the_view_has_put_in_place_is_taken(events, sql, user):
    cookie = log_in(user)
    sql.clear()
    ask("/replace_user_then_capture/", cookie)
    assert events.one()["distinct_id"] == "4711"
    assert events.properties()["email"] == "token@example.com"
    assert not sql


def test_a_user_who_logs_in_is_known_from_then_on(events, user):
    ask("/login_then_capture/")
    assert events.one()["distinct_id"] == str(user.pk)


def test_without_a_session_cookie_nothing_is_queried(events, sql):
    for is_async in (False, True):
        ask("/capture/", is_async=is_async)
        ask("/acapture/", is_async=is_async)
    assert len(events) == 4
    assert not sql


def test_an_async_view_knows_its_user_though_nothing_is_queried_in_the_event_loop(events, sql, user, monkeypatch):
    cookie = log_in(user)
    sql.clear()
    in_loop = []
    execute = CursorWrapper.execute
    monkeypatch.setattr(
        CursorWrapper, "execute", lambda *arguments: (in_loop.append(threads.in_event_loop()), execute(*arguments))[1]
    )
    response = ask("/acapture/", cookie, is_async=True)
    assert events.one()["distinct_id"] == str(user.pk)
    assert not response.has_header("Vary")
    assert len(sql) == 2
    assert in_loop == [False, False]


def test_a_sync_view_under_asgi_knows_its_user(events, user):
    response = ask("/capture/", log_in(user), is_async=True)
    assert events.one()["distinct_id"] == str(user.pk)
    assert not response.has_header("Vary")


def test_an_async_view_under_wsgi_knows_its_user(events, sql, user):
    cookie = log_in(user)
    sql.clear()
    with override_settings(POSTHOG_MW_EXTRA_TAGS=lambda request: {"name": request.user.username}):
        response = ask("/acapture/", cookie)
    assert events.one()["distinct_id"] == str(user.pk)
    assert events.properties()["name"] == "ann"
    assert not response.has_header("Vary")
    assert len(sql) == 2


def test_an_event_of_a_loop_whose_thread_is_busy_waits_for_the_response(events, user):
    response = ask("/acapture_while_thread_waits/", log_in(user))
    assert response.status_code == 200
    assert events.one()["distinct_id"] == str(user.pk)


def test_a_transaction_of_the_application_is_not_part_of_the_look_up(events, sql, user):
    cookie = log_in(user)
    sql.clear()
    assert ask("/capture_in_broken_transaction/", cookie).status_code == 200
    assert events.one()["distinct_id"] == str(user.pk)
    assert [statement.split()[0] for statement in sql] == ["BEGIN", "SELECT", "SELECT"]
    assert "django_session" in sql[1]


def test_a_user_of_a_token_middleware_is_asked_for_without_a_trace(events, sql, user):
    middleware = [*BARE, "site_under_test.middleware.TokenUser", OURS]
    with override_settings(MIDDLEWARE=middleware):
        ask("/capture/", log_in(user), headers={"x-token": "77"})
        stale = ask("/capture/", log_in(user, "stale"))
        read = ask("/capture_then_read_user/", log_in(user))
    assert [event["distinct_id"] for event in events][::2] == ["77", str(user.pk)]
    assert not stale.has_header("Vary")
    assert not stale.cookies
    assert Session.objects.count() == 3
    assert read["Vary"] == "Cookie"


def test_the_header_comes_before_the_user(events, user):
    headers = {"x-posthog-distinct-id": "from the browser", "x-posthog-session-id": "visit"}
    ask("/capture/", log_in(user), headers=headers)
    assert events.one()["distinct_id"] == "from the browser"
    assert events.properties()["$session_id"] == "visit"
    assert events.properties()["email"] == "ann@example.com"


def test_headers_are_ignored_where_the_site_says_so(events, user):
    headers = {"x-posthog-distinct-id": "from the browser", "x-posthog-session-id": "visit"}
    with override_settings(POSTHOG_MW_CAPTURE_TRACING_HEADERS=False):
        ask("/capture/", log_in(user), headers=headers)
    assert events.one()["distinct_id"] == str(user.pk)
    assert "$session_id" not in events.properties()


class Broken:
    """A backend whose user table is gone."""

    def get_user(self, user_id):
        raise RuntimeError("no such table")


def test_trouble_with_users_stays_away_from_requests(events, user, caplog, monkeypatch):
    monkeypatch.setattr("django.contrib.auth.backends.ModelBackend.get_user", Broken.get_user)
    cookie = log_in(user)
    for _ in range(2):
        assert ask("/capture/", cookie).status_code == 200
    assert [event["properties"]["$process_person_profile"] for event in events] == [False, False]
    assert [record.name for record in caplog.records] == ["posthog"]


def test_a_missing_user_row_names_nobody(events, user):
    cookie = log_in(user)
    User.objects.all().delete()
    assert ask("/capture/", cookie).status_code == 200
    assert events.properties()["$process_person_profile"] is False


def test_without_authentication_nobody_is_looked_up(events, sql, user):
    cookie = log_in(user)
    sql.clear()
    for middleware in ([OURS], [SESSION, OURS]):
        with override_settings(MIDDLEWARE=middleware):
            ask("/capture/", cookie)
    assert not sql
    assert len(events) == 2


def test_the_cache_engine_without_its_entry_names_nobody(events, user):
    with override_settings(SESSION_ENGINE=engine_path("cache")):
        cookie = log_in(user)
        cache.clear()
        response = ask("/capture/", cookie)
    assert not response.cookies
    assert events.properties()["$process_person_profile"] is False
