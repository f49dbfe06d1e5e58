"""Says, once each, which names of the official package do not work in this version.

They exist, so that existing code runs: they answer as the official package does when it cannot do the work.
"""

from __future__ import annotations

from posthog._log import log

_said: set[str] = set()


def say(name: str, consequence: str) -> None:
    """Log that *name* does not work, and what that means, unless this process has done so already."""
    if name not in _said:
        _said.add(name)
        log.warning("%s is not part of this version of hogback: %s", name, consequence)
