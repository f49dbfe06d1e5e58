"""Options of the official constructor that have no effect here yet.

They are accepted, so that existing code runs unchanged; a value other than the default is named once in the log.
"""

from __future__ import annotations

from typing import Any

from posthog._log import log

WITHOUT_EFFECT: dict[str, Any] = {
    "app_host": None,
    "email_request_max_retries": 2,
    "email_request_timeout_seconds": 15,
    "enable_full_ai_capture": False,
    "enable_local_evaluation": True,
    "feature_flags_request_max_retries": 1,
    "feature_flags_request_timeout_seconds": 3,
    "flag_definition_cache_provider": None,
    "flag_fallback_cache_url": None,
    "metrics": None,
    "migrated_from": None,
    "personal_api_key": None,
    "poll_interval": 30,
    "privacy_mode": False,
    "secret_key": None,
    "thread": 1,
    "traces": None,
    "_enable_multimodal_capture": False,
    "_use_ai_lane": False,
}
"""Name and default."""

_named: set[str] = set()


def without_effect(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of a constructor that do nothing; those that were set are logged, each once in a process."""
    given = {name: options.get(name, default) for name, default in WITHOUT_EFFECT.items()}
    for name, value in given.items():
        if value != WITHOUT_EFFECT[name] and name not in _named:
            _named.add(name)
            log.warning("the option %s has no effect in this version of hogback", name)
    return given
