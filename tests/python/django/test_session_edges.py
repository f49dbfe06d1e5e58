"""Sessions and users of less usual kinds."""

import django
import posthog
import pytest
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import RequestFactory, override_settings
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.pages import Pages
from site_under_test.visitors import AUTH, BARE, OURS, SESSION, ask, engine_path, log_in, wire

BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
THEIRS = "site_under_test.middleware."


class Guest(User):
    """A user by another model of the same table."""

    class Meta:
        proxy = True
        app_label = "site_under_test"


class GuestBackend(ModelBackend):
    def get_user(self, user_id):
        return Guest.objects.get(pk=user_id)


def capture_then_cycle_key(request):
    posthog.capture("before")
    request.session.cycle_key()
    posthog.capture("after")
    return HttpResponse("cycled")


def capture_then_fail_to_log_in(request):
    posthog.capture("before")
    found = auth.authenticate(request, username="ann", password="wrong")
    posthog.capture("after")
    return HttpResponse(str(found))


def log_in_twice(request):
    for name in ("ann", "bob"):
        auth.login(request, User.objects.get(username=name), backend=MODEL_BACKEND)
        posthog.capture(f"as {name}")
    return HttpResponse("bob")


def log_in_as_somebody_else(request):
    assert request.user.username == "ann"
    posthog.capture("before")
    auth.login(request, User.objects.get(username="bob"), backend=MODEL_BACKEND)
    posthog.capture("after")
    return HttpResponse("bob")


def forget_user_then_capture(request):
    request.user = None
    posthog.capture("seen")
    return HttpResponse("nobody")


def read_user_and_hand_over(request):
    assert request.user.username == "ann"
    request.user = User.objects.get(username="bob")
    posthog.capture("seen")
    return HttpResponse("bob")


def plain(request):
    return HttpResponse("plain")


def capture(request):
    return HttpResponse(posthog.capture("seen"))


async def acapture(request):
    return HttpResponse(posthog.capture("seen"))


@pytest.fixture(autouse=True)
def _pages():
    views = [
        plain,
        capture,
        acapture,
        capture_then_cycle_key,
        capture_then_fail_to_log_in,
        log_in_twice,
        log_in_as_somebody_else,
        forget_user_then_capture,
        read_user_and_hand_over,
    ]
    with override_settings(ROOT_URLCONF=Pages(*views)):
        yield


@pytest.fixture
def bob():
    return User.objects.create_user("bob", "bob@example.com", "secret")


# -- sessions ----------------------------------------------------------------------------------------------------------


@BOTH
def test_the_session_is_found_by_the_name_that_its_cookie_has_here(events, user, is_async):
    with override_settings(SESSION_COOKIE_NAME="visit"):
        ask("/capture/", log_in(user), is_async=is_async)
    assert events.one()["distinct_id"] == str(user.pk)


@BOTH
@pytest.mark.parametrize("path", ["/plain/", "/capture/"])
def test_a_session_that_is_saved_at_every_request_is_saved_as_without_us(events, sql, user, path, is_async):
    answers = []
    with override_settings(SESSION_SAVE_EVERY_REQUEST=True):
        for middleware in (BARE, [*BARE, OURS]):
            cookie = log_in(user)
            sql.clear()
            with override_settings(MIDDLEWARE=middleware):
                response = ask(path, cookie, is_async=is_async)
            response.cookies.clear()  # another session, so another key
            writes = [statement.split()[0] for statement in sql if not statement.startswith("SELECT")]
            answers.append((wire(response)[:3], writes, Session.objects.count()))
            Session.objects.all().delete()
    assert answers[0] == answers[1]


def test_a_session_engine_that_raises_makes_nobody_fail_who_does_not_use_it(events, user, caplog):
    cookie = log_in(user)
    with override_settings(SESSION_ENGINE="site_under_test.broken_sessions"):
        assert ask("/plain/", cookie).status_code == 200
        assert ask("/capture/", cookie).status_code == 200
    assert events.properties()["$process_person_profile"] is False
    assert [record.name for record in caplog.records] == ["posthog"]


@BOTH
def test_a_session_that_gets_another_key_is_still_the_users(events, user, is_async):
    cookie = log_in(user)
    response = ask("/capture_then_cycle_key/", cookie, is_async=is_async)
    assert response.cookies[settings.SESSION_COOKIE_NAME].value != cookie
    assert [event["distinct_id"] for event in events] == [str(user.pk)] * 2


# -- users -------------------------------------------------------------------------------------------------------------


@BOTH
def test_a_user_who_is_not_active_any_more_is_nobody_as_to_django(events, user, is_async):
    cookie = log_in(user)
    User.objects.update(is_active=False)
    ask("/capture/", cookie, is_async=is_async)
    assert events.properties()["$process_person_profile"] is False
    assert "email" not in events.properties()


def test_a_user_of_a_proxy_model_is_the_same_person(events, user):
    backend = f"{__name__}.GuestBackend"
    with override_settings(AUTHENTICATION_BACKENDS=[backend]):
        store = db.SessionStore()
        auth_keys = {auth.SESSION_KEY: str(user.pk), auth.BACKEND_SESSION_KEY: backend}
        store.update({**auth_keys, auth.HASH_SESSION_KEY: user.get_session_auth_hash()})
        store.save()
        ask("/capture/", store.session_key)
    assert events.one()["distinct_id"] == str(user.pk)
    assert events.properties()["email"] == "ann@example.com"


@BOTH
def test_a_request_whose_user_is_none_is_anonymous(events, user, is_async):
    assert ask("/forget_user_then_capture/", log_in(user), is_async=is_async).status_code == 200
    assert events.properties()["$process_person_profile"] is False


@pytest.mark.parametrize("error", [AttributeError, ValueError])
def test_a_user_that_raises_when_it_is_read_is_nobody(events, error):
    class Request(type(RequestFactory().get("/"))):
        @property
        def user(self):
            raise error("no user today")

    request = RequestFactory().get("/shop/")
    request.__class__ = Request
    PosthogContextMiddleware(capture)(request)
    assert events.properties()["$process_person_profile"] is False
    assert events.properties()["$request_path"] == "/shop/"


@pytest.mark.parametrize("answer", [None, AnonymousUser()], ids=["none", "anonymous"])
def test_a_lazy_user_that_turns_out_to_be_nobody_is_nobody(events, answer, monkeypatch):
    monkeypatch.setattr("site_under_test.middleware.TokenUser.user_of", lambda _self, _request: answer)
    with override_settings(MIDDLEWARE=[*BARE, THEIRS + "TokenUser", OURS]):
        assert ask("/capture/").status_code == 200
    assert events.properties()["$process_person_profile"] is False


@BOTH
def test_a_remote_user_is_the_user_of_the_events(events, user, is_async):
    if is_async and django.VERSION < (5, 2):
        pytest.skip("Django looks for remote users under ASGI since 5.2")
    middleware = [*BARE, "django.contrib.auth.middleware.RemoteUserMiddleware", OURS]
    backends = ["django.contrib.auth.backends.RemoteUserBackend"]
    with override_settings(MIDDLEWARE=middleware, AUTHENTICATION_BACKENDS=backends):
        ask("/capture/", is_async=is_async, REMOTE_USER="ann")
    assert events.one()["distinct_id"] == str(user.pk)


@BOTH
@pytest.mark.skipif(django.VERSION < (5, 1), reason="LoginRequiredMiddleware came with Django 5.1")
def test_where_a_login_is_required_visitors_are_sent_to_it_and_users_known(events, user, is_async):
    middleware = [*BARE, OURS, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    with override_settings(MIDDLEWARE=middleware):
        assert ask("/capture/", is_async=is_async).status_code == 302
        assert ask("/capture/", log_in(user), is_async=is_async).status_code == 200
    assert events.one()["distinct_id"] == str(user.pk)


@BOTH
@pytest.mark.parametrize("position", ["inside", "outside"])
def test_events_of_an_impersonated_user_are_that_users(events, user, bob, position, is_async):
    impersonation = THEIRS + "Impersonation"
    middleware = [*BARE, OURS, impersonation] if position == "inside" else [*BARE, impersonation, OURS]
    with override_settings(MIDDLEWARE=middleware):
        ask("/capture/", log_in(user), is_async=is_async, headers={"x-impersonate": "bob"})
    assert events.one()["distinct_id"] == str(bob.pk)
    assert events.properties()["email"] == "bob@example.com"


def test_a_user_who_is_replaced_in_the_middle_of_a_view_is_replaced_on_its_events(events, user, bob):
    ask("/read_user_and_hand_over/", log_in(user))
    assert events.one()["distinct_id"] == str(bob.pk)


# -- logging in --------------------------------------------------------------------------------------------------------


@BOTH
def test_a_login_that_fails_leaves_its_events_anonymous_with_one_id(events, user, is_async):
    assert ask("/capture_then_fail_to_log_in/", is_async=is_async).content == b"None"
    assert len({event["distinct_id"] for event in events}) == 1
    assert [event["properties"]["$process_person_profile"] for event in events] == [False, False]


@BOTH
def test_of_two_logins_in_one_request_each_has_its_own_events(events, user, bob, is_async):
    ask("/log_in_twice/", is_async=is_async)
    assert events.one("as ann")["distinct_id"] == str(user.pk)
    assert events.one("as bob")["distinct_id"] == str(bob.pk)
    assert [event["properties"]["email"] for event in events] == ["ann@example.com", "bob@example.com"]


@BOTH
def test_who_goes_on_as_somebody_else_sent_the_events_before(events, user, bob, is_async):
    ask("/log_in_as_somebody_else/", log_in(user), is_async=is_async)
    assert events.one("before")["distinct_id"] == str(user.pk)
    assert events.one("after")["distinct_id"] == str(bob.pk)


def test_without_a_session_key_the_session_middleware_alone_names_nobody(events, sql):
    with override_settings(MIDDLEWARE=[SESSION, AUTH, OURS]):
        ask("/capture/", "", headers={"cookie": "sessionid="})
    assert events.properties()["$process_person_profile"] is False
    assert not sql


def test_a_session_of_another_engine_names_nobody_and_breaks_nothing(events, user):
    cookie = log_in(user)
    with override_settings(SESSION_ENGINE=engine_path("signed_cookies")):
        assert ask("/capture/", cookie).status_code == 200
    assert events.properties()["$process_person_profile"] is False
