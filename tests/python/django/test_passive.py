"""A request that captures nothing is answered as if the middleware were not there."""

import gc
import weakref
from datetime import timedelta

import posthog
import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import RequestFactory, override_settings
from django.utils import timezone
from posthog import contexts
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.visitors import AUTH, BARE, ENGINES, OURS, SESSION, ask, engine_path, log_in, wire

POSITIONS = {"last": [*BARE, OURS], "first": [OURS, *BARE], "twice": [OURS, *BARE, OURS]}

CACHED = [
    "django.middleware.cache.UpdateCacheMiddleware",
    *BARE,
    OURS,
    "django.middleware.cache.FetchFromCacheMiddleware",
]


def cookie_of(visitor, user):
    if visitor == "no cookie":
        return None
    cookie = log_in(user, key="stale" if visitor == "stale hash" else None)
    if visitor == "expired row":
        Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
    if visitor == "deleted row":
        Session.objects.all().delete()
        cache.clear()
    return cookie


def answers(sql, middleware, path, cookie, **options):
    """Return what the visitor gets, and the statements it took."""
    with override_settings(MIDDLEWARE=middleware):
        sql.clear()
        return wire(ask(path, cookie, **options)), list(sql)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("visitor", ["no cookie", "valid session", "stale hash", "deleted row", "expired row"])
def test_headers_and_sql_are_those_of_the_bare_site(events, sql, user, visitor, position, is_async):
    cookie = cookie_of(visitor, user)
    for path in ("/plain/", "/aplain/"):
        bare = answers(sql, BARE, path, cookie, is_async=is_async)
        assert answers(sql, POSITIONS[position], path, cookie, is_async=is_async) == bare
    assert not events


@pytest.mark.parametrize("engine", ENGINES)
def test_every_session_engine_is_left_alone(events, sql, user, engine):
    with override_settings(SESSION_ENGINE=engine_path(engine)):
        for key in (None, "stale"):
            cookie = log_in(user, key)
            for path in ("/plain/", "/capture/", "/stream/"):
                bare = answers(sql, BARE, path, cookie)
                ours = answers(sql, POSITIONS["last"], path, cookie)
                assert ours[0][:3] == bare[0][:3]
                if path == "/plain/":
                    assert ours == bare


@pytest.mark.parametrize("visitor", ["no cookie", "valid session", "stale hash", "deleted row", "expired row"])
def test_a_disabled_client_leaves_the_site_alone_too(monkeypatch, sql, user, visitor):
    monkeypatch.setattr(posthog, "default_client", None)
    monkeypatch.setattr(posthog, "disabled", True)
    cookie = cookie_of(visitor, user)
    for path in ("/plain/", "/capture/"):
        with override_settings(MIDDLEWARE=BARE):
            ask(path, cookie)
        assert answers(sql, POSITIONS["last"], path, cookie) == answers(sql, BARE, path, cookie)


def test_without_events_no_callback_is_called(events):
    def never(*_arguments):
        raise SystemExit

    with override_settings(POSTHOG_MW_REQUEST_FILTER=never, POSTHOG_MW_EXTRA_TAGS=never, POSTHOG_MW_TAG_MAP=never):
        assert ask("/plain/").status_code == 200


@pytest.mark.parametrize("position", ["last", "first"])
def test_the_page_cache_keeps_its_hits(events, position):
    runs = []

    def count(request):
        runs.append(request)
        return True

    ours = CACHED if position == "last" else [OURS, *(entry for entry in CACHED if entry != OURS)]
    with override_settings(MIDDLEWARE=ours, POSTHOG_MW_REQUEST_FILTER=count):
        for number in range(5):
            # The page captures an event each time it is made, so the filter tells how often that was.
            assert ask("/capture/", HTTP_COOKIE=f"_ga=GA1.{number}").status_code == 200
    assert len(runs) == 1
    assert len(events) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_an_event_costs_no_header_and_no_write(events, sql, user, engine):
    with override_settings(SESSION_ENGINE=engine_path(engine)):
        for key in (None, "stale"):
            cookie = log_in(user, key)
            _, headers, cookies, _ = answers(sql, POSITIONS["last"], "/capture/", cookie)[0]
            assert b"Vary" not in headers
            assert cookies == ""
            assert all(statement.startswith("SELECT") for statement in sql)
            assert len(sql) <= 2


def test_a_view_that_reads_the_user_after_an_event_still_varies_by_cookie(events, sql, user):
    response = ask("/capture_then_read_user/", log_in(user))
    assert response.content == b"ann"
    assert response["Vary"] == "Cookie"


def test_tags_from_the_user_do_not_make_the_page_vary(events, user):
    seen = []
    with override_settings(POSTHOG_MW_EXTRA_TAGS=lambda request: seen.append(request.user.pk)):
        response = ask("/capture/", log_in(user))
    assert seen == [user.pk]
    assert not response.has_header("Vary")


def test_a_disallowed_host_is_no_reason_to_fail(events):
    with override_settings(MIDDLEWARE=[SESSION, AUTH, OURS]):
        response = ask("/capture/", headers={"host": "10.0.0.7"})
    assert response.status_code == 200
    assert events.properties()["$current_url"] == "/capture/"
    assert not events.exceptions


@pytest.mark.parametrize("answer", [lambda: None, contexts.get_tags, lambda: posthog.capture("seen")])
def test_a_request_is_freed_as_soon_as_it_is_answered(events, answer):
    middleware = PosthogContextMiddleware(lambda _request: answer() and None)
    request = RequestFactory().get("/")
    freed = weakref.ref(request)
    gc.disable()
    try:
        middleware(request)
        del request
        assert freed() is None
    finally:
        gc.enable()
