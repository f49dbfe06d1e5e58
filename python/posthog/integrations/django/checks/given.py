"""What the site has set, for the checks."""

from collections.abc import Iterator
from typing import Any

import django.conf


def given(*names: str) -> Iterator[tuple[str, Any]]:
    """Yield the settings that the site has given a value; `None` stands for the default everywhere."""
    for name in names:
        value = getattr(django.conf.settings, name, None)
        if value is not None:
            yield name, value
