"""`INSTALLED_APPS = ["posthog.integrations.django"]`: the global client is made of the settings."""

import inspect
import os
import subprocess
import sys
import textwrap

import posthog
import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client, override_settings
from posthog.integrations.django import configuration
from site_under_test import named

APP = "posthog.integrations.django"


@pytest.fixture
def app(monkeypatch):
    """The site with the app in it, and a global client that nobody has made or set up yet."""
    for name in configuration.OPTION_OF:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(posthog, "_make_client", posthog._make_client)
    monkeypatch.setattr(posthog, "_assigned", {})
    monkeypatch.setattr(posthog, "default_client", None)
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, APP]):
        yield apps.get_app_config("posthog_django")


def client_of(**site):
    with override_settings(**site):
        return posthog.setup()


def test_the_app_has_no_models(app):
    assert app.name == APP
    assert list(app.get_models()) == []


def test_the_client_is_made_of_the_dict(app):
    client = client_of(POSTHOG={"API_KEY": "phc_dict", "host": "http://localhost:1", "FLUSH_AT": 7, "SEND": False})
    assert (client.api_key, client.host, client.flush_at, client.send) == ("phc_dict", "http://localhost:1", 7, False)


@pytest.mark.parametrize("name", ["POSTHOG_API_KEY", "POSTHOG_PROJECT_API_KEY"])
def test_the_client_is_made_of_single_settings(app, name):
    client = client_of(**{name: "phc_flat"}, POSTHOG_HOST="http://localhost:2", POSTHOG_SEND=False)
    assert (client.api_key, client.host, client.send) == ("phc_flat", "http://localhost:2", False)


@pytest.mark.parametrize("name", ["POSTHOG_API_KEY", "POSTHOG_PROJECT_API_KEY"])
def test_the_client_is_made_of_the_environment(app, monkeypatch, name):
    monkeypatch.setenv(name, " phc_environment ")
    monkeypatch.setenv("POSTHOG_HOST", "http://localhost:3")
    client = client_of()
    assert (client.api_key, client.host, client.disabled) == ("phc_environment", "http://localhost:3", False)


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("True", True), ("0", False), ("", False)])
def test_the_environment_switches_the_client_off(app, monkeypatch, value, expected):
    monkeypatch.setenv("POSTHOG_API_KEY", "phc_environment")
    monkeypatch.setenv("POSTHOG_DISABLED", value)
    assert client_of().disabled is expected


def test_the_program_wins_over_the_dict_over_single_settings_over_the_environment(app, monkeypatch):
    monkeypatch.setenv("POSTHOG_API_KEY", "phc_environment")
    assert client_of().api_key == "phc_environment"
    monkeypatch.setattr(posthog, "default_client", None)
    assert client_of(POSTHOG_API_KEY="phc_flat").api_key == "phc_flat"
    both = {"POSTHOG": {"API_KEY": "phc_dict"}, "POSTHOG_API_KEY": "phc_flat"}
    assert client_of(**both).api_key == "phc_dict"
    monkeypatch.setattr(posthog, "project_api_key", "phc_program")
    assert client_of(**both).api_key == "phc_program"


def test_a_client_of_the_program_stays_whatever_the_settings_say(app, monkeypatch):
    own = posthog.Posthog("phc_own", send=False)
    monkeypatch.setattr(posthog, "default_client", own)
    assert client_of(POSTHOG={"API_KEY": "phc_dict"}) is own
    assert posthog.default_client is own


def test_a_value_that_gives_nothing_leaves_room_for_the_next(app, monkeypatch):
    monkeypatch.setenv("POSTHOG_API_KEY", "phc_environment")
    assert client_of(POSTHOG={"API_KEY": None}, POSTHOG_API_KEY=None).api_key == "phc_environment"


def test_overridden_settings_make_another_client_and_the_first_returns(app):
    with override_settings(POSTHOG={"API_KEY": "phc_outer", "SEND": False}):
        assert posthog.setup().api_key == "phc_outer"
        with override_settings(POSTHOG={"API_KEY": "phc_inner", "SEND": False}):
            assert posthog.setup().api_key == "phc_inner"
        with override_settings(POSTHOG_MW_EXTRA_TAGS=named.add_plan):
            before = posthog.setup()
        assert posthog.setup() is before
        assert before.api_key == "phc_outer"


def test_functions_are_named_by_their_path(app):
    named.events.clear()
    site = {"API_KEY": "phc_dict", "SEND": False, "BEFORE_SEND": "site_under_test.named.keep"}
    with override_settings(POSTHOG=site):
        Client().get("/capture/")
    assert [event["event"] for event in named.events] == ["seen"]


def test_nothing_leaves_where_the_function_that_was_to_see_it_is_missing(app, caplog):
    with override_settings(POSTHOG={"API_KEY": "k", "SEND": False, "BEFORE_SEND": "site_under_test.named.nothing"}):
        assert posthog.capture("seen", distinct_id="u") is None
    assert "site_under_test.named.nothing" in caplog.text


WRONG = [
    {"FLUSH_AT": "7"},
    {"FLUSH_AT": True},
    {"DISABLED": "False"},
    {"HOST": 7},
    {"TIMEOUT": "1"},
    {"BEFORE_SEND": 7},
    {"SUPER_PROPERTIES": "plan"},
    {"IN_APP_MODULES": "shop"},
    {"NO_OPTION": 1},
    {7: 7},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_values_of_a_wrong_type_are_left_out(app, wrong):
    with override_settings(POSTHOG={"API_KEY": "phc_dict", "SEND": False, **wrong}):
        assert posthog.capture("seen", distinct_id="u")
    fresh = posthog.Posthog("phc_dict")
    client = client_of(POSTHOG={"API_KEY": "phc_dict", **wrong})
    for name in ("flush_at", "disabled", "host", "timeout", "before_send", "super_properties", "in_app_modules"):
        assert getattr(client, name) == getattr(fresh, name)


@pytest.mark.parametrize("table", ["phc_key", 7, ["API_KEY"]])
def test_a_dict_that_is_none_counts_as_empty(app, table):
    assert client_of(POSTHOG=table, POSTHOG_API_KEY="phc_flat").api_key == "phc_flat"


@pytest.mark.parametrize("debug", [True, False])
def test_without_a_key_nothing_happens_and_debug_says_so_once(app, caplog, debug):
    with override_settings(DEBUG=debug, ALLOWED_HOSTS=["testserver"]):
        client = Client()
        assert [client.get("/capture/").status_code for _ in range(2)] == [200, 200]
    assert [record.levelname for record in caplog.records if "key" in record.message] == ["WARNING"] * debug


def test_the_module_and_the_client_have_the_same_defaults(module):
    parameters = inspect.signature(posthog.Client.__init__).parameters
    # The module names the patterns and switches that the client takes for `None`, as officially.
    elsewhere = {"host", "send", *(name for name in posthog._CONSTRUCTOR if name.startswith("code_variables_"))}
    same = [name for name in posthog._CONSTRUCTOR if name not in elsewhere]
    assert {name: getattr(module, name) for name in same} == {name: parameters[name].default for name in same}
    assert set(posthog._CONSTRUCTOR) <= set(configuration.DEFAULTS)


@pytest.mark.parametrize("moment", ["imported", "ready"])
def test_an_application_before_ours_may_capture_as_it_loads(tmp_path, moment):
    early = """
        import posthog
        from django.apps import AppConfig

        told = {}

        def tell(moment):
            told[moment] = posthog.capture("seen", distinct_id="u")

        class EarlyConfig(AppConfig):
            name = "early"

            def ready(self):
                tell("ready")
    """
    program = """
        import django, posthog
        from django.conf import settings
        site = {"API_KEY": "phc_x", "HOST": "http://localhost:1", "SEND": False}
        settings.configure(INSTALLED_APPS=["early.apps.EarlyConfig", "posthog.integrations.django"], POSTHOG=site)
        django.setup()
        from early.apps import told
        assert told["ready"], told
        assert posthog.capture("seen", distinct_id="u")
        client = posthog.setup()
        assert (client.api_key, client.host, client.send) == ("phc_x", "http://localhost:1", False)
    """
    package = tmp_path / "early"
    package.mkdir()
    (package / "__init__.py").touch()
    early = textwrap.dedent(early) + ('tell("imported")\n' if moment == "imported" else "")
    (package / "apps.py").write_text(early)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=60, env=environment)


@pytest.mark.parametrize("made_by", ["the module", "the program"])
def test_a_client_made_before_the_settings_makes_room_unless_the_program_made_it(app, monkeypatch, made_by):
    monkeypatch.setattr(posthog, "_make_client", posthog.Client)
    monkeypatch.setattr(posthog, "project_api_key", "phc_early")
    early = posthog.setup() if made_by == "the module" else posthog.Posthog("phc_early", send=False)
    posthog.default_client = early
    named.events.clear()
    site = {"HOST": "http://localhost:1", "SEND": False, "BEFORE_SEND": "site_under_test.named.keep"}
    with override_settings(POSTHOG=site):
        configuration.install()
        posthog.capture("seen", distinct_id="u")
        assert (posthog.default_client is early) == (made_by == "the program")
    assert [event["event"] for event in named.events] == ["seen"] * (made_by == "the module")


def test_getting_ready_starts_no_thread_and_makes_no_client():
    program = """
        import os, socket, sys
        from django.conf import settings
        settings.configure(INSTALLED_APPS=["posthog.integrations.django"], POSTHOG={"API_KEY": "phc_x"})
        def forbidden(*_):
            raise AssertionError("network")
        socket.socket = socket.create_connection = forbidden
        import django
        django.setup()
        django.setup()
        import posthog
        assert posthog.default_client is None
        assert len(os.listdir("/proc/self/task")) == 1, os.listdir("/proc/self/task")
        assert posthog.setup().api_key == "phc_x"
        assert len(os.listdir("/proc/self/task")) == 1
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=60, env=environment)
