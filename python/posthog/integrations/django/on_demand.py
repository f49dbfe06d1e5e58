"""What is done only where a setting asks for it: the module that does it is not even imported elsewhere."""

import importlib
import sys
from typing import Any

from posthog.integrations.django import settings


def follow(setting: str, module: str) -> None:
    """Call the function `turn` of *module* with the value of *setting*, now and whenever a test overrides it.

    The module is imported when the setting is more than off for the first time.
    """

    def act(value: Any) -> None:
        if (value is not None and value is not False) or module in sys.modules:
            importlib.import_module(module).turn(value)

    settings.follow(setting, act)
