"""When the user of a request is looked up, as `POSTHOG_MW_RESOLVE_USER` says."""

import pytest
from django.test import override_settings
from site_under_test.visitors import ask, log_in

ANONYMOUS = [None]


@pytest.fixture(params=["/capture/ wsgi", "/acapture/ wsgi", "/capture/ asgi", "/acapture/ asgi"])
def visit(request):
    path, server = request.param.split()
    return lambda cookie=None, **options: ask(path, cookie, is_async=server == "asgi", **options)


def users(events):
    """Return who each event is about; ``None`` where nobody knows."""
    return [
        None if event["properties"].get("$process_person_profile") is False else event["distinct_id"]
        for event in events
    ]


def test_lazily_the_user_is_looked_up_for_an_event(events, sql, user, visit):
    cookie = log_in(user)
    for policy in ("lazy", None):
        sql.clear()
        with override_settings(POSTHOG_MW_RESOLVE_USER=policy):
            visit(cookie)
        assert len(sql) == 2
    assert users(events) == [str(user.pk)] * 2


def test_loaded_users_are_known_and_others_are_never_looked_up(events, sql, user, visit):
    cookie = log_in(user)
    with override_settings(POSTHOG_MW_RESOLVE_USER="loaded"):
        sql.clear()
        response = visit(cookie)
        assert sql == []
        assert not response.has_header("Vary")
        ask("/read_user_then_capture/", cookie)
        ask("/capture_then_read_user/", cookie)
        ask("/replace_user_then_capture/", cookie)
    assert users(events) == [None, str(user.pk), str(user.pk), "4711"]


def test_a_view_that_asks_who_it_is_before_the_user_is_loaded_learns_it_later(events, user):
    with override_settings(POSTHOG_MW_RESOLVE_USER="loaded"):
        ask("/ask_context_then_read_user/", log_in(user))
    assert users(events) == [str(user.pk)]


def test_without_users_only_the_headers_name_anybody(events, sql, user, visit):
    cookie = log_in(user)
    sql.clear()
    with override_settings(POSTHOG_MW_RESOLVE_USER=False):
        visit(cookie)
        assert sql == []
        visit(cookie, headers={"x-posthog-distinct-id": "browser"})
        assert sql == []
        ask("/read_user_then_capture/", cookie)
        ask("/login_then_capture/")
    assert users(events) == [None, "browser", None, None]
    assert not any("email" in event["properties"] for event in events)


def test_eagerly_the_user_is_known_before_the_view_which_reads_it_itself_all_the_same(events, sql, user):
    cookie = log_in(user)
    with override_settings(POSTHOG_MW_RESOLVE_USER="eager"):
        for is_async in (False, True):
            for path in ("/show_context/", "/ashow_context/"):
                sql.clear()
                response = ask(path, cookie, is_async=is_async)
                assert response.json()["distinct_id"] == str(user.pk)
                assert response.json()["tags"]["email"] == "ann@example.com"
                assert not response.has_header("Vary")
                assert not response.cookies
                assert len(sql) == 2


def test_eagerly_no_event_waits(events, user):
    with override_settings(POSTHOG_MW_RESOLVE_USER="eager"):
        ask("/capture_then_login/")
    assert users(events) == [None, str(user.pk)]


@pytest.mark.parametrize("policy", ["loaded", False])
def test_functions_of_the_site_may_ask_who_it_is_whatever_the_policy(events, user, policy, visit):
    def extra(request):
        return {"name": request.user.get_username()}

    with override_settings(POSTHOG_MW_RESOLVE_USER=policy, POSTHOG_MW_EXTRA_TAGS=extra):
        response = visit(log_in(user))
    assert events.properties()["name"] == "ann"
    assert not response.has_header("Vary")


@pytest.mark.parametrize("policy", ["sometimes", True, 0, ["lazy"]])
def test_a_wrong_value_counts_as_lazy(events, user, policy):
    with override_settings(POSTHOG_MW_RESOLVE_USER=policy):
        ask("/capture/", log_in(user))
    assert users(events) == [str(user.pk)]
