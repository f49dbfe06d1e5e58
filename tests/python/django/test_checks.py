"""What `manage.py check` says about the settings."""

import posthog
import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from posthog.integrations.django import configuration
from posthog.integrations.django.checks import TAG, client
from site_under_test import named

APP = "posthog.integrations.django"
MIDDLEWARE = "posthog.integrations.django.PosthogContextMiddleware"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
USERS = "django.contrib.auth.middleware.AuthenticationMiddleware"
ROOT = "site_under_test.named."


async def asynchronous(_argument):
    """Stand for an asynchronous callback."""


@pytest.fixture(autouse=True)
def _app(monkeypatch):
    """Put the app into the site."""
    for name in configuration.OPTION_OF:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(posthog, "_make_client", posthog._make_client)
    monkeypatch.setattr(posthog, "default_client", None)
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, APP]):
        yield


def messages(*, deploy=False, **site):
    with override_settings(**site):
        return run_checks(tags=[TAG], include_deployment_checks=deploy)


def one(*, deploy=False, **site):
    (message,) = messages(deploy=deploy, **site)
    assert message.msg
    assert message.hint
    return message


def test_a_sound_site_hears_nothing():
    own = posthog.Posthog("phc_own", send=False)
    assert not messages(
        deploy=True,
        POSTHOG={"API_KEY": "phc_key", "HOST": "https://eu.i.posthog.com", "before_send": f"{ROOT}keep"},
        POSTHOG_DISABLED=False,
        POSTHOG_MW_CLIENT=own,
        POSTHOG_MW_CAPTURE_EXCEPTIONS=None,
        POSTHOG_MW_CAPTURE_TRACING_HEADERS=True,
        POSTHOG_MW_REQUEST_FILTER=f"{ROOT}skip_plain",
        POSTHOG_MW_EXTRA_TAGS=named.add_plan,
        POSTHOG_MW_TAG_MAP=None,
        POSTHOG_MW_CAPTURE_STATUS=range(400, 600),
        POSTHOG_MW_IGNORE_EXCEPTIONS=[ValueError, "django.http.Http404"],
    )


@pytest.mark.parametrize("name", client.OF_OTHERS)
def test_settings_of_the_packages_other_modules_are_known(name):
    assert messages(**{name: None}) == messages()


@pytest.mark.parametrize("value", [7, "keep", {}])
@pytest.mark.parametrize("name", ["REQUEST_FILTER", "EXTRA_TAGS", "EXTRA_PROPERTIES", "TAG_MAP", "PROPERTIES_MAP"])
def test_a_callback_that_cannot_be_called(name, value):
    message = one(**{f"POSTHOG_MW_{name}": value})
    assert message.id == "posthog.E001"
    assert f"POSTHOG_MW_{name} must be a function" in message.msg


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (f"{ROOT}add_plam", f'did you mean "{ROOT}add_plan"?'),
        ("no.such.module", "No module named 'no'"),
        (f"{ROOT}plan", "is not callable"),
        ("site_under_test.broken_urls.view", "RuntimeError: no such view"),
    ],
)
def test_a_path_that_leads_to_no_function(path, reason):
    for site in ({"POSTHOG_MW_EXTRA_TAGS": path}, {"POSTHOG": {"BEFORE_SEND": path}}):
        message = one(**site)
        assert message.id == "posthog.E002"
        assert reason in message.msg


@pytest.mark.parametrize("value", ["False", 0, 1, ""])
@pytest.mark.parametrize("name", ["POSTHOG_MW_CAPTURE_EXCEPTIONS", "POSTHOG_MW_CAPTURE_TRACING_HEADERS"])
def test_a_switch_that_is_neither_on_nor_off(name, value):
    message = one(**{name: value})
    assert message.id == "posthog.E003"
    assert repr(value) in message.msg


def test_a_client_that_is_none():
    assert one(POSTHOG_MW_CLIENT="phc_key").id == "posthog.E004"
    assert one(POSTHOG_MW_CLIENT="no.such.client").id == "posthog.E002"


def test_no_check_makes_or_imports_the_client(monkeypatch):
    def forbidden(*_arguments, **_options):
        raise AssertionError("a client was made")

    monkeypatch.setattr(posthog.Client, "__init__", forbidden)
    # Importing this module fails, and finding it does not import it.
    assert not messages(
        deploy=True,
        POSTHOG={"API_KEY": "phc_key"},
        POSTHOG_MW_CLIENT="site_under_test.broken_urls.client",
    )
    assert not messages(POSTHOG_MW_CLIENT=forbidden)
    assert posthog.default_client is None


@pytest.mark.parametrize("value", ["500", True, ["500"], 5.0, {500: True}])
def test_statuses_that_are_none(value):
    assert one(POSTHOG_MW_CAPTURE_STATUS=value).id == "posthog.E005"


@pytest.mark.parametrize("value", [500, "all", [404, 500], {500}, range(500, 600)])
def test_statuses_that_are_some(value):
    assert not messages(POSTHOG_MW_CAPTURE_STATUS=value)


@pytest.mark.parametrize("value", [ValueError, "django.http.Http404", [7], ["no.such.Error"], [f"{ROOT}plan"], ["x"]])
def test_exceptions_that_are_none(value):
    assert one(POSTHOG_MW_IGNORE_EXCEPTIONS=value).id == "posthog.E006"


@pytest.mark.parametrize(
    "site",
    [
        {"POSTHOG": "phc_key"},
        {"POSTHOG": {"DISABLED": "False"}},
        {"POSTHOG": {"flush_at": "7"}},
        {"POSTHOG": {"BEFORE_SEND": 7}},
        {"POSTHOG_HOST": 7},
    ],
)
def test_options_of_a_wrong_type(site):
    assert one(**site).id == "posthog.E007"


@pytest.mark.parametrize(
    "site",
    [
        {"POSTHOG": {"API_KEY": "phx_personal"}},
        {"POSTHOG_API_KEY": "phx_personal"},
        {"POSTHOG": {"API_KEY": "same", "PERSONAL_API_KEY": "same"}},
    ],
)
def test_a_personal_key_in_place_of_the_projects(site):
    assert one(**site).id == "posthog.E008"


def test_two_names_of_one_setting_with_different_values():
    assert not messages(POSTHOG_MW_EXTRA_TAGS=named.add_plan, POSTHOG_MW_EXTRA_PROPERTIES=named.add_plan)
    message = one(POSTHOG_MW_EXTRA_TAGS=named.add_plan, POSTHOG_MW_EXTRA_PROPERTIES=named.skip_plain)
    assert message.id == "posthog.W001"
    assert "POSTHOG_MW_EXTRA_PROPERTIES counts" in message.msg


def test_a_misspelt_setting_of_the_middleware():
    message = one(POSTHOG_MW_CAPTURE_EXCEPTION=False)
    assert message.id == "posthog.W002"
    assert message.hint == "Did you mean POSTHOG_MW_CAPTURE_EXCEPTIONS?"
    assert one(POSTHOG_MW_ZZZZ=1).id == "posthog.W002"


def test_a_misspelt_option():
    message = one(POSTHOG={"API_KEI": "phc_key"})
    assert (message.id, message.hint) == ("posthog.W003", "Did you mean API_KEY?")
    assert "API_KEY, " in one(POSTHOG={"zzzz": 1}).hint
    message = one(POSTHOG_APIKEY="phc_key")
    assert (message.id, message.hint) == ("posthog.W003", "Did you mean POSTHOG_API_KEY?")
    assert not messages(POSTHOG_TEAM_OF_THE_SITE="its own")


def test_a_site_without_the_middleware():
    message = one(MIDDLEWARE=[SESSIONS])
    assert message.id == "posthog.W004"
    assert MIDDLEWARE in message.hint


def test_the_middleware_twice():
    assert one(MIDDLEWARE=[MIDDLEWARE, SESSIONS, MIDDLEWARE]).id == "posthog.W005"
    assert one(MIDDLEWARE=[MIDDLEWARE, "posthog.integrations.django.middleware.PosthogContextMiddleware"]).id


@pytest.mark.parametrize(
    "order", [[MIDDLEWARE, SESSIONS, USERS], [SESSIONS, MIDDLEWARE, USERS], [SESSIONS, USERS, MIDDLEWARE]]
)
def test_users_are_known_in_any_order_so_none_is_warned_of(events, user, order):
    assert not messages(MIDDLEWARE=order)
    with override_settings(MIDDLEWARE=order):
        client = Client()
        client.force_login(user)
        client.get("/capture/")
    assert events.one()["distinct_id"] == str(user.pk)


def test_events_in_the_clear():
    site = {"POSTHOG_HOST": "http://posthog.example.com", "DEBUG": False}
    assert one(deploy=True, **site).id == "posthog.W006"
    assert not messages(**site)
    assert not messages(deploy=True, POSTHOG_HOST="http://localhost:4640")
    assert one(deploy=True, POSTHOG_HOST="http://[broken").id == "posthog.W006"


def test_headers_that_browsers_may_not_send(tmp_path, monkeypatch):
    (tmp_path / "corsheaders").mkdir()
    (tmp_path / "corsheaders" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    site = {"INSTALLED_APPS": [*settings.INSTALLED_APPS, "corsheaders"]}
    message = one(**site, CORS_ALLOW_HEADERS=["accept", "X-PostHog-Session-Id"])
    assert message.id == "posthog.W007"
    assert "x-posthog-distinct-id, x-posthog-window-id" in message.msg
    assert one(**site).id == "posthog.W007"
    assert not messages(**site, POSTHOG_MW_CAPTURE_TRACING_HEADERS=False)
    names = ["x-posthog-session-id", "x-posthog-distinct-id", "x-posthog-window-id"]
    assert not messages(**site, CORS_ALLOW_HEADERS=names)


def test_an_asynchronous_callback_on_a_site_that_is_not():
    message = one(POSTHOG_MW_EXTRA_TAGS=asynchronous, ASGI_APPLICATION=None)
    assert message.id == "posthog.W008"
    assert not messages(POSTHOG_MW_EXTRA_TAGS=asynchronous, ASGI_APPLICATION="site.asgi.application")


def test_pages_from_the_cache():
    update, fetch = "django.middleware.cache.UpdateCacheMiddleware", "django.middleware.cache.FetchFromCacheMiddleware"
    assert one(MIDDLEWARE=[update, fetch, MIDDLEWARE]).id == "posthog.I001"
    assert not messages(MIDDLEWARE=[MIDDLEWARE, update, fetch])


def test_exceptions_of_somebodys_desk():
    site = {"DEBUG": True, "POSTHOG": {"API_KEY": "phc_key"}}
    assert one(**site).id == "posthog.I002"
    assert not messages(**site, POSTHOG_MW_CAPTURE_EXCEPTIONS=False)
    assert not messages(**site, POSTHOG_HOST="http://localhost:4640")
    assert not messages(DEBUG=True)
    assert not messages(**{**site, "DEBUG": False})


def test_checks_are_silenced_as_djangos():
    with override_settings(MIDDLEWARE=[], SILENCED_SYSTEM_CHECKS=["posthog.W004"]):
        call_command("check", "--tag", TAG, "--fail-level", "WARNING")
    with override_settings(MIDDLEWARE=[]), pytest.raises(CommandError, match=r"posthog\.W004"):
        call_command("check", "--tag", TAG, "--fail-level", "WARNING")
