"""Celery: who and which visit travel with a task, its life is told in events, and its failures are reported.

    PosthogCeleryIntegration().instrument()

In the process that sends tasks, and in the module that the worker loads.
"""

from posthog.integrations.celery.headers import (
    CONTEXT_DISTINCT_ID_HEADER,
    CONTEXT_SESSION_ID_HEADER,
    CONTEXT_TAGS_HEADER,
)
from posthog.integrations.celery.integration import PosthogCeleryIntegration

__all__ = [
    "CONTEXT_DISTINCT_ID_HEADER",
    "CONTEXT_SESSION_ID_HEADER",
    "CONTEXT_TAGS_HEADER",
    "PosthogCeleryIntegration",
]
