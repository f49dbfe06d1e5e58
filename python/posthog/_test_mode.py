"""Decides whether this process is a test run, from which nothing should be sent."""

from __future__ import annotations

import os
import sys
from typing import Any

from posthog import _interception
from posthog._log import log

SETTING = "POSTHOG_TEST_MODE"
BLOCK = "block"
OFF = "off"

_refused: set[str] = set()


def apply() -> None:
    """Block what would be sent if this is a test run, else let it go; called for every client that is made."""
    blocks = _mode() == BLOCK
    if blocks == _interception.is_blocked():
        return
    _interception.block(blocks)
    if blocks:
        said = log.info if is_django_test_run() else log.warning
        said("this is a test run: events are built, but not sent (%s)", SETTING)


def is_django_test_run() -> bool:
    """Return whether Django's test runner, or pytest with pytest-django, runs in this process."""
    if "django" not in sys.modules:
        return False
    # What `setup_test_environment` leaves, whoever calls it.
    state = getattr(sys.modules.get("django.test.utils"), "_TestState", None)
    if hasattr(state, "saved_data"):
        return True
    # Settings and applications are loaded before that, and may make clients.
    if "pytest_django" in sys.modules and ("DJANGO_SETTINGS_MODULE" in os.environ or _django_settings() is not None):
        return True
    return "django.core.management" in sys.modules and sys.argv[1:2] == ["test"]


def _mode() -> str:
    for asked in (os.environ.get(SETTING), getattr(_django_settings(), SETTING, None)):
        if asked in (BLOCK, OFF):
            return str(asked)
        if asked and str(asked) not in _refused:
            _refused.add(str(asked))
            log.warning('%s is "%s" or "%s", not %r: it is ignored', SETTING, BLOCK, OFF, asked)
    return BLOCK if is_django_test_run() else OFF


def _django_settings() -> Any:
    """Return Django's settings if they are loaded; this is no reason to load them."""
    settings = getattr(sys.modules.get("django.conf"), "settings", None)
    return settings if getattr(settings, "configured", False) else None
