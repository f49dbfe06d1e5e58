"""How the settings are read."""

import subprocess
import sys
from types import SimpleNamespace
from unittest.mock import Mock

import posthog
import posthog.integrations.django as package
import pytest
from django.test import Client, override_settings
from posthog.integrations.django import PosthogContextMiddleware
from site_under_test.visitors import BARE

CAPTURE, TRUST = "POSTHOG_MW_CAPTURE_TRACING_HEADERS", "POSTHOG_MW_TRUST_TRACING_HEADERS"


def made(**settings):
    """Return the options of a middleware that is made with *settings*; it would follow them back afterwards."""
    with override_settings(**settings):
        return SimpleNamespace(**vars(PosthogContextMiddleware(lambda _request: None)))


def one(_argument):
    """Stand for a callback."""


def other(_argument):
    """Stand for another."""


def test_the_defaults():
    middleware = made()
    assert middleware.capture_exceptions is True
    assert middleware.capture_tracing_headers is True
    assert middleware.client is None
    assert middleware.request_filter is None
    assert middleware.extra_properties is None
    assert middleware.properties_map is None
    assert [status in middleware.capture_status for status in (499, 500, 599, 600)] == [False, True, True, False]


@pytest.mark.parametrize("value", [0, "False", "", object()])
def test_values_of_a_wrong_type_count_as_the_default(value):
    middleware = made(
        POSTHOG_MW_CAPTURE_EXCEPTIONS=value,
        POSTHOG_MW_CLIENT=value,
        POSTHOG_MW_REQUEST_FILTER=value,
        POSTHOG_MW_EXTRA_TAGS=value,
        POSTHOG_MW_TAG_MAP=value,
        POSTHOG_MW_IGNORE_EXCEPTIONS=value,
    )
    assert middleware.capture_exceptions is True
    assert middleware.ignore_exceptions == ()
    options = (middleware.client, middleware.request_filter, middleware.extra_properties, middleware.properties_map)
    assert options == (None,) * 4


@pytest.mark.parametrize("value", ["500", True, None, {}, object()])
def test_statuses_of_a_wrong_type_count_as_server_errors(value):
    assert 500 in made(POSTHOG_MW_CAPTURE_STATUS=value).capture_status
    assert 404 not in made(POSTHOG_MW_CAPTURE_STATUS=value).capture_status


@pytest.mark.parametrize("value", [True, False, None])
def test_exceptions_are_on_off_or_as_the_client_says(value):
    assert made(POSTHOG_MW_CAPTURE_EXCEPTIONS=value).capture_exceptions is value


def test_a_client_is_taken_as_it_is():
    client = posthog.Posthog("phc_of_its_own", send=False)
    assert made(POSTHOG_MW_CLIENT=client).client is client
    client.shutdown()


@pytest.mark.parametrize(
    ("new", "old", "attribute"),
    [
        ("POSTHOG_MW_EXTRA_PROPERTIES", "POSTHOG_MW_EXTRA_TAGS", "extra_properties"),
        ("POSTHOG_MW_PROPERTIES_MAP", "POSTHOG_MW_TAG_MAP", "properties_map"),
    ],
)
def test_a_newer_name_wins_as_soon_as_it_exists(new, old, attribute):
    assert getattr(made(**{old: other}), attribute) is other
    assert getattr(made(**{new: one, old: other}), attribute) is one
    assert getattr(made(**{new: None, old: other}), attribute) is None


@pytest.mark.parametrize(("value", "expected"), [(True, True), (False, False), (None, True), ("x", False), (1, False)])
def test_tracing_headers_are_taken_unless_switched_off(value, expected):
    assert made(**{CAPTURE: value}).capture_tracing_headers is expected
    if value is None:
        assert made(**{TRUST: value}).capture_tracing_headers is True
        return
    with pytest.warns(DeprecationWarning, match=CAPTURE):
        assert made(**{TRUST: value}).capture_tracing_headers is expected
    with pytest.warns(DeprecationWarning, match=CAPTURE):
        assert made(**{TRUST: value, CAPTURE: True}).capture_tracing_headers is True


def test_a_handler_that_is_already_built_follows_overridden_settings(events):
    client = Client()
    client.get("/capture/")
    with override_settings(POSTHOG_MW_EXTRA_TAGS=lambda _: {"plan": "pro"}, POSTHOG_MW_CAPTURE_EXCEPTIONS=False):
        client.get("/capture/")
        Client(raise_request_exception=False).get("/fail/value/")
    client.get("/capture/")
    assert [event["properties"].get("plan") for event in events] == [None, "pro", None]


@pytest.mark.filterwarnings("ignore")  # imports ask `hasattr` too, and warn
def test_a_double_of_the_settings_is_asked_with_hasattr(monkeypatch):
    monkeypatch.setattr("django.conf.settings", Mock(POSTHOG_MW_CAPTURE_EXCEPTIONS=False))
    with monkeypatch.context() as patched:
        patched.setattr("builtins.hasattr", lambda _object, name: name == "POSTHOG_MW_CAPTURE_EXCEPTIONS")
        middleware = PosthogContextMiddleware(lambda _request: None)
    assert middleware.capture_exceptions is False
    assert middleware.extra_properties is None


def test_an_override_leaves_changed_attributes_of_other_settings_alone():
    middleware = PosthogContextMiddleware(lambda _request: None)
    middleware.capture_exceptions = False
    with override_settings(POSTHOG_MW_EXTRA_TAGS=one, MIDDLEWARE=BARE):
        assert middleware.extra_properties is one
    assert middleware.extra_properties is None
    assert middleware.capture_exceptions is False


def test_importing_takes_no_settings_and_the_package_no_django():
    check = (
        "import posthog.integrations.django, sys; assert 'django' not in sys.modules;"
        "from posthog.integrations.django import PosthogContextMiddleware;"
        "from django.conf import settings; assert not settings.configured"
    )
    subprocess.run([sys.executable, "-c", check], check=True, timeout=60)


def test_a_name_that_does_not_exist_is_an_attribute_error():
    assert "PosthogContextMiddleware" in dir(package)
    with pytest.raises(AttributeError, match="Nothing"):
        _ = package.Nothing
