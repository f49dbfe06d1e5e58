"""Contexts, events and exceptions for PostHog, compatible with the official package.

Settings are module attributes; the first call makes a client of them.

Example:
    >>> import posthog
    >>> posthog.project_api_key = "phc_key"
    >>> posthog.host = "http://localhost:4640"
    >>> posthog.send = False
    >>> with posthog.new_context():
    ...     posthog.identify_context("user-7")
    ...     uuid = posthog.capture("order placed", properties={"total": 12.5})

"""

from __future__ import annotations

import importlib
import sys
import weakref
from types import ModuleType
from typing import TYPE_CHECKING, Any

from posthog._defaults import (
    DEFAULT_CODE_VARIABLES_DETECT_SECRETS,
    DEFAULT_CODE_VARIABLES_IGNORE_PATTERNS,
    DEFAULT_CODE_VARIABLES_MASK_PATTERNS,
    DEFAULT_CODE_VARIABLES_MASK_URL_CREDENTIALS,
)
from posthog._functions import (
    alias,
    capture,
    capture_ai,
    capture_exception,
    flush,
    get_active_span,
    group_identify,
    join,
    set,  # noqa: A004 - the official name
    set_once,
    shutdown,
    start_span,
    tag,
)
from posthog.args import OptionalCaptureArgs, OptionalSetArgs
from posthog.client import Client, _checked_hook
from posthog.contexts import (
    get_context_device_id,
    get_context_distinct_id,
    get_context_session_id,
    get_tags,
    identify_context,
    new_context,
    scoped,
    set_capture_exception_code_variables_context,
    set_code_variables_detect_secrets_context,
    set_code_variables_ignore_patterns_context,
    set_code_variables_mask_patterns_context,
    set_code_variables_mask_url_credentials_context,
    set_context_device_id,
    set_context_session,
)
from posthog.types import BeforeSendCallback, OnErrorCallback
from posthog.version import VERSION

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from posthog._flag_functions import (
        evaluate_flags,
        feature_enabled,
        feature_flag_definitions,
        get_all_flags,
        get_all_flags_and_payloads,
        get_feature_flag,
        get_feature_flag_evaluation_runtime,
        get_feature_flag_keys_by_evaluation_runtime,
        get_feature_flag_payload,
        get_feature_flag_result,
        get_remote_config_payload,
        load_feature_flags,
    )
    from posthog.args import ID_TYPES, ExceptionArg
    from posthog.async_client import AsyncClient, AsyncPosthog
    from posthog.capture_compression import CaptureCompression
    from posthog.capture_mode import CaptureMode
    from posthog.exception_capture import ExceptionCapture
    from posthog.feature_flag_evaluations import FeatureFlagEvaluations
    from posthog.feature_flags import InconclusiveMatchError, RequiresServerEvaluation
    from posthog.flag_definition_cache import FlagDefinitionCacheData, FlagDefinitionCacheProvider
    from posthog.request import SocketOptions, disable_connection_reuse, enable_keep_alive, set_socket_options
    from posthog.tracing import Span
    from posthog.types import (
        FeatureFlag,
        FeatureFlagEvaluationRuntime,
        FeatureFlagResult,
        FlagsAndPayloads,
        FlagValue,
        UnresolvedFlagReason,
    )

_LAZY = {
    "AsyncClient": "async_client",
    "AsyncPosthog": "async_client",
    "CaptureCompression": "capture_compression",
    "CaptureMode": "capture_mode",
    "ExceptionArg": "args",
    "ExceptionCapture": "exception_capture",
    "FeatureFlag": "types",
    "FeatureFlagEvaluationRuntime": "types",
    "FeatureFlagEvaluations": "feature_flag_evaluations",
    "FeatureFlagResult": "types",
    "FlagDefinitionCacheData": "flag_definition_cache",
    "FlagDefinitionCacheProvider": "flag_definition_cache",
    "FlagValue": "types",
    "FlagsAndPayloads": "types",
    "ID_TYPES": "args",
    "InconclusiveMatchError": "feature_flags",
    "RequiresServerEvaluation": "feature_flags",
    "SocketOptions": "request",
    "Span": "tracing",
    "UnresolvedFlagReason": "types",
    "disable_connection_reuse": "request",
    "enable_keep_alive": "request",
    "evaluate_flags": "_flag_functions",
    "feature_enabled": "_flag_functions",
    "feature_flag_definitions": "_flag_functions",
    "get_all_flags": "_flag_functions",
    "get_all_flags_and_payloads": "_flag_functions",
    "get_feature_flag": "_flag_functions",
    "get_feature_flag_evaluation_runtime": "_flag_functions",
    "get_feature_flag_keys_by_evaluation_runtime": "_flag_functions",
    "get_feature_flag_payload": "_flag_functions",
    "get_feature_flag_result": "_flag_functions",
    "get_remote_config_payload": "_flag_functions",
    "load_feature_flags": "_flag_functions",
    "set_socket_options": "request",
}
"""Names that few programs use, and the modules that have them: they are imported when they are asked for."""

__all__ = [
    "DEFAULT_CODE_VARIABLES_DETECT_SECRETS",
    "DEFAULT_CODE_VARIABLES_IGNORE_PATTERNS",
    "DEFAULT_CODE_VARIABLES_MASK_PATTERNS",
    "DEFAULT_CODE_VARIABLES_MASK_URL_CREDENTIALS",
    "ID_TYPES",
    "VERSION",
    "AsyncClient",
    "AsyncPosthog",
    "BeforeSendCallback",
    "CaptureCompression",
    "CaptureMode",
    "Client",
    "ExceptionArg",
    "ExceptionCapture",
    "FeatureFlag",
    "FeatureFlagEvaluationRuntime",
    "FeatureFlagEvaluations",
    "FeatureFlagResult",
    "FlagDefinitionCacheData",
    "FlagDefinitionCacheProvider",
    "FlagValue",
    "FlagsAndPayloads",
    "InconclusiveMatchError",
    "OptionalCaptureArgs",
    "OptionalSetArgs",
    "Posthog",
    "RequiresServerEvaluation",
    "SocketOptions",
    "Span",
    "UnresolvedFlagReason",
    "alias",
    "capture",
    "capture_ai",
    "capture_exception",
    "disable_connection_reuse",
    "enable_keep_alive",
    "evaluate_flags",
    "feature_enabled",
    "feature_flag_definitions",
    "flush",
    "get_active_span",
    "get_all_flags",
    "get_all_flags_and_payloads",
    "get_context_device_id",
    "get_context_distinct_id",
    "get_context_session_id",
    "get_feature_flag",
    "get_feature_flag_evaluation_runtime",
    "get_feature_flag_keys_by_evaluation_runtime",
    "get_feature_flag_payload",
    "get_feature_flag_result",
    "get_remote_config_payload",
    "get_tags",
    "group_identify",
    "identify_context",
    "join",
    "load_feature_flags",
    "new_context",
    "scoped",
    "set",
    "set_capture_exception_code_variables_context",
    "set_code_variables_detect_secrets_context",
    "set_code_variables_ignore_patterns_context",
    "set_code_variables_mask_patterns_context",
    "set_code_variables_mask_url_credentials_context",
    "set_context_device_id",
    "set_context_session",
    "set_once",
    "set_socket_options",
    "setup",
    "shutdown",
    "start_span",
    "tag",
]

__version__ = VERSION

# Settings, with the official names and defaults. Most are read when the first call makes the client; those of
# `_REREAD` at every call.
api_key: str | None = None
project_api_key: str | None = None
host: str | None = None
on_error: OnErrorCallback | None = None
debug: bool = False
send: bool = True
sync_mode: bool = False
disabled: bool = False
secret_key: str | None = None
personal_api_key: str | None = None
poll_interval: int = 30
disable_geoip: bool = True
is_server: bool = True
feature_flags_request_timeout_seconds: float = 3
feature_flags_request_max_retries: int = 1
super_properties: dict[str, Any] | None = None
metrics: dict[str, Any] | None = None
traces: dict[str, Any] | None = None
enable_exception_autocapture: bool = False
log_captured_exceptions: bool = False
project_root: str | os.PathLike[str] | None = None
privacy_mode: bool = False
before_send: BeforeSendCallback | None = None
enable_local_evaluation: bool = True
flag_definition_cache_provider: Any = None
capture_mode: Any = None
enable_full_ai_capture: bool = False
default_client: Client | None = None
capture_trace_context: bool = False
capture_exception_code_variables: bool = False
code_variables_mask_patterns: list[str] | None = DEFAULT_CODE_VARIABLES_MASK_PATTERNS
code_variables_ignore_patterns: list[str] | None = DEFAULT_CODE_VARIABLES_IGNORE_PATTERNS
code_variables_mask_url_credentials: bool | None = DEFAULT_CODE_VARIABLES_MASK_URL_CREDENTIALS
code_variables_detect_secrets: bool | None = DEFAULT_CODE_VARIABLES_DETECT_SECRETS
in_app_modules: list[str] | None = None
enable_exception_autocapture_rate_limiting: bool = False
exception_autocapture_bucket_size: float = 50
exception_autocapture_refill_rate: float = 10
exception_autocapture_refill_interval_seconds: float = 10

_CONSTRUCTOR = (
    "host",
    "debug",
    "send",
    "on_error",
    "sync_mode",
    "poll_interval",
    "personal_api_key",
    "disabled",
    "disable_geoip",
    "is_server",
    "feature_flags_request_timeout_seconds",
    "feature_flags_request_max_retries",
    "super_properties",
    "enable_exception_autocapture",
    "log_captured_exceptions",
    "project_root",
    "privacy_mode",
    "before_send",
    "enable_local_evaluation",
    "flag_definition_cache_provider",
    "capture_exception_code_variables",
    "code_variables_mask_patterns",
    "code_variables_ignore_patterns",
    "code_variables_mask_url_credentials",
    "code_variables_detect_secrets",
    "in_app_modules",
    "enable_exception_autocapture_rate_limiting",
    "exception_autocapture_bucket_size",
    "exception_autocapture_refill_rate",
    "exception_autocapture_refill_interval_seconds",
    "capture_mode",
    "secret_key",
    "metrics",
    "enable_full_ai_capture",
    "capture_trace_context",
    "traces",
)
"""Settings that become options of the client of the same name."""

_REREAD = ("disabled", "debug", "privacy_mode", "before_send")
"""Settings that are applied to the client at every call, whoever made it, once they were assigned."""

_make_client: Callable[..., Client] = Client
"""Makes the client of the module's functions. An integration that finds settings elsewhere puts its own here."""

_made: weakref.ref[Client] | None = None
"""The client that the module's functions have made, as long as it lives; the program may have put another there."""

_client_here: Callable[[], Client | None] | None = None
"""Finds the client that takes the place of the module's where it is called, as in a web request; ``None``: nowhere."""

_assigned: dict[str, None] = {}
"""Names of :data:`_REREAD` that the program has assigned: what it never touched overwrites nothing."""


class _Module(ModuleType):
    """Notices which settings the program assigns."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "capture_mode" and isinstance(value, ModuleType):
            return  # the setting has this name, and a module below this one, which importing it would put here
        if name in _REREAD:
            _assigned[name] = None
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Module


class Posthog(Client):
    """The client, under its usual name."""


def setup() -> Client:
    """Return the client of the module's functions, made of the settings if there is none yet."""
    global default_client, _made  # noqa: PLW0603 - the official package's interface is a module attribute
    client = default_client
    if not client:
        client = default_client = _make_client(**_assigned_options())
        _made = weakref.ref(client)
    for name in _assigned:
        value = globals()[name]
        if name == "disabled":
            value = value or not client.api_key
        elif name == "before_send":
            value = _checked_hook(value)
        setattr(client, name, value)
    return client


def _assigned_options() -> dict[str, Any]:
    """Return the constructor's arguments that the settings are; what was never assigned has its default."""
    settings = globals()
    key = (project_api_key or "").strip() or (api_key or "").strip()
    return {"project_api_key": key, **{name: settings[name] for name in _CONSTRUCTOR}}


def _proxy(method: str, *args: Any, **kwargs: Any) -> Any:
    """Call a method of the module's client, or of the one in its place here."""
    client = None if _client_here is None else _client_here()
    return getattr(setup() if client is None else client, method)(*args, **kwargs)


if not TYPE_CHECKING:  # a type checker would believe in every name

    def __getattr__(name: str) -> Any:
        if name not in _LAZY:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
