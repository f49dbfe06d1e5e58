"""What the Python tests share."""

from __future__ import annotations

import sys

import posthog
import pytest
from posthog import contexts


@pytest.fixture(autouse=True)
def _clean_context():
    """Start every test without a context, and notice one that leaks."""
    assert contexts._get_current_context() is None
    yield
    leaked = contexts._get_current_context()
    contexts._current.set(None)
    assert leaked is None, "the test left a context open"


@pytest.fixture(autouse=True)
def _unobserved_celery():
    """End what a test, or the code of a page, has told to observe Celery for as long as the process lives."""
    yield
    integrations = sys.modules.get("posthog.integrations.celery.integration")
    if integrations is not None:
        for _key, receiver in list(integrations.signals.task_prerun.receivers):
            observer = getattr(receiver, "__self__", None)
            if isinstance(observer, integrations.PosthogCeleryIntegration):
                observer.uninstrument()


@pytest.fixture
def events():
    """Return the list into which the client of the ``client`` fixture puts what it would send."""
    return []


@pytest.fixture
def client(events):
    """Return a client that keeps its events instead of sending them."""

    def keep(event):
        events.append(event)
        return event

    client = posthog.Posthog("phc_test", send=False, before_send=keep)
    yield client
    client.shutdown()


@pytest.fixture
def module():
    """Return the module with its settings as after an import, and put them back."""
    names = [
        *("api_key", "project_api_key", "host", "debug", "disabled", "send", "before_send", "default_client"),
        *("capture_exception_code_variables", "code_variables_mask_patterns"),
    ]
    before = {name: getattr(posthog, name) for name in names}
    posthog._assigned.clear()
    posthog.default_client = None  # another test may have had one made
    yield posthog
    for name, value in before.items():
        setattr(posthog, name, value)
    posthog._assigned.clear()
