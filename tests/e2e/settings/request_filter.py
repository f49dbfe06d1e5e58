"""The documented example of a request filter."""

# The documented example stays word for word, with its quotes and its type comments.
# ruff: noqa: F401, F403, Q000, SIM103
from typing import TYPE_CHECKING

from without_options import *

if TYPE_CHECKING:
    from django.http import HttpRequest

# fmt: off

# settings.py
def should_track_request(request):
    # type: (HttpRequest) -> bool
    # Don't track health checks or admin requests
    if request.path.startswith('/health') or request.path.startswith('/admin'):
        return False
    return True

POSTHOG_MW_REQUEST_FILTER = should_track_request
