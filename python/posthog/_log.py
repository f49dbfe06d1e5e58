"""The package's one logger."""

from __future__ import annotations

import logging


class _Prefix(logging.Filter):
    """Puts ``[PostHog]`` before each message, once."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str) and not record.msg.startswith("[PostHog]"):
            record.msg = f"[PostHog] {record.msg}"
        return True


log = logging.getLogger("posthog")
if not any(isinstance(known, _Prefix) for known in log.filters):
    log.addFilter(_Prefix())
