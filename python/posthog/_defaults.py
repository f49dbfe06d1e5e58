"""Defaults that settings, clients and the code behind them share."""

from __future__ import annotations

from posthog import _native

DEFAULT_CODE_VARIABLES_MASK_PATTERNS: list[str] = _native.DEFAULT_MASK_PATTERNS
DEFAULT_CODE_VARIABLES_IGNORE_PATTERNS: list[str] = _native.DEFAULT_IGNORE_PATTERNS
DEFAULT_CODE_VARIABLES_MASK_URL_CREDENTIALS = True
DEFAULT_CODE_VARIABLES_DETECT_SECRETS = True
