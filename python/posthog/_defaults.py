"""Defaults that settings, clients and the code behind them share."""

from __future__ import annotations

DEFAULT_CODE_VARIABLES_MASK_PATTERNS = [
    "(?i)password",
    "(?i)secret",
    "(?i)passwd",
    "(?i)pwd",
    "(?i)api_key",
    "(?i)apikey",
    "(?i)auth",
    "(?i)credentials",
    "(?i)privatekey",
    "(?i)private_key",
    "(?i)token",
    "(?i)aws_access_key_id",
    "(?i)_pass",
    "(?i)sk_",
    "(?i)jwt",
    "(?i)connection_string",
    "(?i)connectionstring",
    "(?i)conn_str",
    "(?i)connstr",
    "(?i)dsn",
    "(?i)[?&]sig=",
]
DEFAULT_CODE_VARIABLES_IGNORE_PATTERNS = ["^__.*"]
DEFAULT_CODE_VARIABLES_MASK_URL_CREDENTIALS = True
DEFAULT_CODE_VARIABLES_DETECT_SECRETS = True
