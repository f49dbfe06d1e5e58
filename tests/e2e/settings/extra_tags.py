"""The documented example of extra tags."""

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
def add_user_tags(request):
    # type: (HttpRequest) -> Dict[str, Any]
    tags = {}
    if hasattr(request, 'user') and request.user.is_authenticated:
        tags['user_id'] = request.user.id
        tags['email'] = request.user.email
    return tags

POSTHOG_MW_EXTRA_TAGS = add_user_tags
