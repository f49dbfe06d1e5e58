"""Which requests the server is sent: capture v0, which every server knows, or capture v1."""

from __future__ import annotations

import os
from enum import Enum

from posthog._log import log

CAPTURE_MODE_ENV_VAR = "POSTHOG_CAPTURE_MODE"


class CaptureMode(str, Enum):
    """A version of the capture protocol."""

    V0 = "v0"
    V1 = "v1"


_NAMES = {"v0": CaptureMode.V0, "legacy": CaptureMode.V0, "v1": CaptureMode.V1, "analytics_v1": CaptureMode.V1}


def _named(name: object) -> CaptureMode | None:
    return _NAMES.get(name.strip().lower()) if isinstance(name, str) else None


def chosen(given: CaptureMode | str | None) -> CaptureMode:
    """Return the mode of a client: the one that is given, else the environment's, else v0.

    Args:
        given: ``v0`` or ``legacy``, ``v1`` or ``analytics_v1``, in any case.

    Raises:
        ValueError: The mode that is given is none of these. One in the environment is only logged.

    """
    if given is not None:
        mode = _named(given)
        if mode is None:
            msg = f"capture_mode must be one of {', '.join(_NAMES)}, not {given!r}"
            raise ValueError(msg)
        return mode
    name = os.environ.get(CAPTURE_MODE_ENV_VAR, "")
    mode = _named(name)
    if name.strip() and mode is None:
        log.warning("%s must be one of %s, not %r: v0 is used", CAPTURE_MODE_ENV_VAR, ", ".join(_NAMES), name)
    return mode or CaptureMode.V0
