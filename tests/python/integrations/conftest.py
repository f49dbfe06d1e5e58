"""What the tests of the integrations beside Django share."""

from __future__ import annotations

import pytest
from posthog.integrations import _callbacks
from posthog.testing import capture_events

#: What posthog-js sends along.
HEADERS = {
    "X-POSTHOG-DISTINCT-ID": "user-7",
    "X-POSTHOG-SESSION-ID": "visit-1",
    "X-POSTHOG-WINDOW-ID": "window-1",
    "User-Agent": "browser/1",
}


@pytest.fixture
def sent():
    """Return the headers of a visitor with posthog-js."""
    return dict(HEADERS)


@pytest.fixture
def events(module):
    """Return the events that are captured, of all clients."""
    with capture_events() as events:
        yield events


@pytest.fixture(autouse=True)
def _nothing_told():
    """Let what is said once per process be said once per test."""
    _callbacks._told.clear()
    yield
    _callbacks._told.clear()


@pytest.fixture
def told(caplog):
    """Return a function that returns the log lines about a thing."""
    return lambda word: [record.getMessage() for record in caplog.records if word in record.getMessage()]
