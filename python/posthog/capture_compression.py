"""How the requests of capture v1 are compressed; those of v0 know gzip alone."""

from __future__ import annotations

import os
from enum import Enum

from posthog._log import log
from posthog.capture_mode import CaptureMode

CAPTURE_COMPRESSION_ENV_VAR = "POSTHOG_CAPTURE_COMPRESSION"


class CaptureCompression(str, Enum):
    """A compression, by its name in ``Content-Encoding``."""

    NONE = "none"
    GZIP = "gzip"
    DEFLATE = "deflate"
    ZSTD = "zstd"


_NAMES = {"identity": CaptureCompression.NONE, **{compression.value: compression for compression in CaptureCompression}}


def _named(name: object) -> CaptureCompression | None:
    return _NAMES.get(name.strip().lower()) if isinstance(name, str) else None


def chosen(given: CaptureCompression | str | None, mode: CaptureMode, gzip: bool) -> CaptureCompression:
    """Return the compression of a client's requests.

    In v1 it is the one that is given, else the environment's, else what *gzip* says; in v0 only *gzip* counts.

    Args:
        given: ``none`` or ``identity``, ``gzip``, ``deflate``, ``zstd``, in any case.
        mode: The client's capture mode.
        gzip: The client's older switch.

    Raises:
        ValueError: The compression that is given is none of these. One in the environment is only logged.

    """
    otherwise = CaptureCompression.GZIP if gzip else CaptureCompression.NONE
    if given is not None:
        compression = _named(given)
        if compression is None:
            msg = f"capture_compression must be one of {', '.join(_NAMES)}, not {given!r}"
            raise ValueError(msg)
    else:
        name = os.environ.get(CAPTURE_COMPRESSION_ENV_VAR, "")
        compression = _named(name)
        if name.strip() and compression is None:
            names = ", ".join(_NAMES)
            log.warning("%s must be one of %s, not %r: it is ignored", CAPTURE_COMPRESSION_ENV_VAR, names, name)
    if mode is CaptureMode.V0 or compression is None:
        return otherwise
    return compression
