"""What `manage.py check` says about the settings."""

import posthog
import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from posthog.integrations import drf
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
        POSTHOG_MW_CLIENT_IS_DEFAULT=True,
        POSTHOG_MW_DISTINCT_ID_SOURCE=["user", "header"],
        POSTHOG_MW_USER_ID="pk",
        POSTHOG_MW_SEND_EMAIL=False,
        POSTHOG_MW_QUERY_STRING=["page"],
        POSTHOG_MW_TRUSTED_PROXIES=0,
        POSTHOG_MW_IP_FROM_PEER=True,
        POSTHOG_MW_PROPAGATE_THREADS=False,
        POSTHOG_DRF_AUTO=True,
        POSTHOG_DRF_CLIENT=named.make_client,
        POSTHOG_TEST_MODE="off",
        POSTHOG_COMMAND_CONTEXT=["migrate"],
        POSTHOG_COMMAND_FLUSH_TIMEOUT=2.5,
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
@pytest.mark.parametrize(
    "name",
    [
        "POSTHOG_MW_CAPTURE_EXCEPTIONS",
        "POSTHOG_MW_CAPTURE_TRACING_HEADERS",
        "POSTHOG_MW_CLIENT_IS_DEFAULT",
        "POSTHOG_MW_IP_FROM_PEER",
        "POSTHOG_MW_PROPAGATE_THREADS",
        "POSTHOG_MW_SEND_EMAIL",
        "POSTHOG_DRF_AUTO",
    ],
)
def test_a_switch_that_is_neither_on_nor_off(name, value):
    message = one(**{name: value})
    assert message.id == "posthog.E003"
    assert repr(value) in message.msg


@pytest.mark.parametrize("name", ["POSTHOG_MW_CLIENT", "POSTHOG_DRF_CLIENT"])
def test_a_client_that_is_none(name):
    assert one(**{name: "phc_key"}).id == "posthog.E004"
    assert one(**{name: "no.such.client"}).id == "posthog.E002"


def test_a_client_that_is_to_be_the_default_and_is_missing():
    assert one(POSTHOG_MW_CLIENT_IS_DEFAULT=True).id == "posthog.W009"
    assert not messages(POSTHOG_MW_CLIENT_IS_DEFAULT=False)
    assert not messages(POSTHOG_MW_CLIENT_IS_DEFAULT=True, POSTHOG_MW_CLIENT=named.make_client)


def test_no_check_makes_or_imports_the_client(monkeypatch):
    def forbidden(*_arguments, **_options):
        raise AssertionError("a client was made")

    monkeypatch.setattr(posthog.Client, "__init__", forbidden)
    # Importing this module fails, and finding it does not import it.
    assert not messages(
        deploy=True,
        POSTHOG={"API_KEY": "phc_key"},
        POSTHOG_MW_CLIENT="site_under_test.broken_urls.client",
        POSTHOG_MW_CLIENT_IS_DEFAULT=True,
        POSTHOG_DRF_CLIENT="site_under_test.broken_urls.client",
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


@pytest.mark.parametrize("value", ["cookies", "", [], ["header", "users"], [7], 7, {"header"}, {"header": 1}])
def test_sources_of_ids_that_are_none(value):
    message = one(POSTHOG_MW_DISTINCT_ID_SOURCE=value)
    assert message.id == "posthog.E009"
    assert repr(value) in message.msg
    if value == ["header", "users"]:
        assert message.hint == "Did you mean user?"


@pytest.mark.parametrize("value", ["header", "user", ("user",), ["user", "header"]])
def test_sources_of_ids_that_are_some(value):
    assert not messages(POSTHOG_MW_DISTINCT_ID_SOURCE=value)


@pytest.mark.parametrize("value", [7, "", "the id", ["pk"]])
def test_an_id_of_a_user_that_is_none(value):
    assert one(POSTHOG_MW_USER_ID=value).id == "posthog.E010"


def test_an_id_of_a_user_that_is_one():
    assert one(POSTHOG_MW_USER_ID=f"{ROOT}add_plam").id == "posthog.E002"
    for value in ("pk", "uuid", named.add_plan, f"{ROOT}add_plan", asynchronous):
        assert not messages(POSTHOG_MW_USER_ID=value)


@pytest.mark.parametrize("value", ["loadd", True, 0, ["lazy"]])
def test_a_way_to_look_users_up_that_is_none(value):
    message = one(POSTHOG_MW_RESOLVE_USER=value)
    assert message.id == "posthog.E016"
    if value == "loadd":
        assert message.hint == "Did you mean loaded?"


@pytest.mark.parametrize("value", ["lazy", "loaded", "eager", False, None])
def test_a_way_to_look_users_up_that_is_one(value):
    assert not messages(POSTHOG_MW_RESOLVE_USER=value)


@pytest.mark.parametrize("value", ["", "kept", 7, True, b"page", [7], {"page": 1}, (name for name in ["page"])])
def test_a_query_string_that_is_kept_in_no_known_way(value):
    message = one(POSTHOG_MW_QUERY_STRING=value)
    assert message.id == "posthog.E011"
    if value == "kept":
        assert message.hint == "Did you mean keep?"


@pytest.mark.parametrize("value", ["keep", "drop", "all", [], ["page"], {"page", "q"}, frozenset(["page"])])
def test_a_query_string_that_is_kept_in_a_known_way(value):
    assert not messages(POSTHOG_MW_QUERY_STRING=value)


@pytest.mark.parametrize("value", [-1, "1", 1.0, True, ["10.0.0.1"]])
def test_a_number_of_proxies_that_is_none(value):
    assert one(POSTHOG_MW_TRUSTED_PROXIES=value).id == "posthog.E012"
    assert not messages(POSTHOG_MW_TRUSTED_PROXIES=1)


@pytest.mark.parametrize("value", ["on", True, False, 7, ""])
def test_a_test_mode_that_is_none(monkeypatch, value):
    assert one(POSTHOG_TEST_MODE=value).id == "posthog.E013"
    if value == "on":
        monkeypatch.setenv("POSTHOG_TEST_MODE", value)
        assert "in the environment" in one().msg


@pytest.mark.parametrize("value", ["block", "off"])
def test_a_test_mode_that_is_one(monkeypatch, value):
    monkeypatch.setenv("POSTHOG_TEST_MODE", value)
    assert not messages(POSTHOG_TEST_MODE=value)


@pytest.mark.parametrize("value", ["migrate", 1, [7], {"migrate": True}])
def test_commands_that_are_none(value):
    assert one(POSTHOG_COMMAND_CONTEXT=value).id == "posthog.E014"
    for right in (True, False, [], ["migrate"], {"migrate"}):
        assert not messages(POSTHOG_COMMAND_CONTEXT=right)


@pytest.mark.parametrize("value", ["10", True, -1, float("inf"), float("nan"), [1]])
def test_a_time_for_the_end_of_a_command_that_is_none(value):
    assert one(POSTHOG_COMMAND_FLUSH_TIMEOUT=value).id == "posthog.E015"
    for right in (0, 2, 0.5):
        assert not messages(POSTHOG_COMMAND_FLUSH_TIMEOUT=right)


def test_a_rest_framework_that_answers_without_telling():
    site = {"INSTALLED_APPS": [*settings.INSTALLED_APPS, "rest_framework"]}
    assert one(**site).id == "posthog.I003"
    assert one(**site, REST_FRAMEWORK={"EXCEPTION_HANDLER": "rest_framework.views.exception_handler"}).id
    assert one(**site, REST_FRAMEWORK={"EXCEPTION_HANDLER": "no.such.handler"}).id == "posthog.I003"
    assert not messages(**site, POSTHOG_DRF_AUTO=True)
    assert not messages(**site, POSTHOG_MW_CAPTURE_EXCEPTIONS=False)
    for handler in ("posthog.integrations.drf.exception_handler", drf.create_exception_handler()):
        assert not messages(**site, REST_FRAMEWORK={"EXCEPTION_HANDLER": handler})


def test_middleware_whose_answers_hide_exceptions(events):
    hiding = "site_under_test.middleware.AnswersWithJson"
    message = one(MIDDLEWARE=[SESSIONS, USERS, MIDDLEWARE, "site_under_test.middleware.sync_only", hiding])
    assert message.id == "posthog.I004"
    assert hiding in message.msg
    assert "last in MIDDLEWARE" in message.hint
    assert not messages(MIDDLEWARE=[SESSIONS, USERS, hiding, MIDDLEWARE])
    assert not messages(MIDDLEWARE=[MIDDLEWARE, hiding], POSTHOG_MW_CAPTURE_EXCEPTIONS=False)
    # The check is right: inside of ours it hides them, outside it does not.
    for middleware, reported in (([MIDDLEWARE, hiding], 0), ([hiding, MIDDLEWARE], 1)):
        del events[:]
        with override_settings(MIDDLEWARE=middleware):
            assert Client().get("/fail/value/").status_code == 500
        assert len(events.exceptions) == reported


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
