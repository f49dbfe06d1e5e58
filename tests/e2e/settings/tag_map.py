"""The documented example that changes the default tags."""

# The documented example stays word for word, with its quotes and its type comments.
# ruff: noqa: F401, F403, Q000, UP035
from __future__ import annotations

from typing import TYPE_CHECKING

from without_options import *

if TYPE_CHECKING:
    from typing import Any, Dict

    from django.http import HttpRequest

# fmt: off

# settings.py
def customize_tags(tags):
    # type: (Dict[str, Any]) -> Dict[str, Any]
    # Remove URL for privacy
    tags.pop('$current_url', None)
    # Add custom prefix to method
    if '$request_method' in tags:
        tags['http_method'] = tags.pop('$request_method')
    return tags

POSTHOG_MW_TAG_MAP = customize_tags
