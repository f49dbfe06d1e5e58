"""The pytest fixture ``posthog_events``: put ``pytest_plugins = ["posthog.pytest_plugin"]`` into ``conftest.py``.

pytest does not load it by itself: a plugin that is always loaded would import this package, and be able to break the
run, in every project that has it installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from posthog.testing import capture_events

if TYPE_CHECKING:
    from collections.abc import Iterator

    from posthog.testing import CapturedEvents

__all__ = ["posthog_events"]


@pytest.fixture
def posthog_events() -> Iterator[CapturedEvents]:
    """Return the events that the test captures; see :class:`posthog.testing.capture_events`."""
    with capture_events() as events:
        yield events
