"""`POSTHOG_MW_PROPAGATE_THREADS`: what a request hands to a thread pool runs in the context of the request."""

import sys
from typing import Final

from posthog.integrations.django import settings

_PATCH: Final = "posthog._thread_pools"


def watch() -> None:
    """Have every thread pool keep the context while the setting is on."""
    settings.follow(settings.PROPAGATE_THREADS, _turn)


def _turn(value: object) -> None:
    # Whoever has never asked for it does not import thread pools for it.
    if value is True or _PATCH in sys.modules:
        from posthog import _thread_pools  # noqa: PLC0415 - see above

        _thread_pools.keep_contexts(value is True)
