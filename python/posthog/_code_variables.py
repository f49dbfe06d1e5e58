"""What a context says about the local variables of exceptions: whether they are shown, and what of them is hidden.

Each setting of a context holds for it and for those inside of it, and wins over the client's. Outside of any context
the functions do nothing, and ``None`` takes back what was said.
"""

from __future__ import annotations

from posthog import _native


def set_capture_exception_code_variables_context(enabled: bool) -> None:
    """Show the local variables of exceptions captured in the current context, or do not."""
    if (scope := _native.get_current_context()) is not None:
        scope.set_capture_exception_code_variables(enabled)


def set_code_variables_mask_patterns_context(mask_patterns: list[str]) -> None:
    """Mask what these regular expressions are found in, in place of the client's."""
    if (scope := _native.get_current_context()) is not None:
        scope.set_code_variables_mask_patterns(mask_patterns)


def set_code_variables_ignore_patterns_context(ignore_patterns: list[str]) -> None:
    """Leave out variables whose name these regular expressions are found in, in place of the client's."""
    if (scope := _native.get_current_context()) is not None:
        scope.set_code_variables_ignore_patterns(ignore_patterns)


def set_code_variables_mask_url_credentials_context(enabled: bool) -> None:
    """Mask the credentials of addresses in variables, or do not."""
    if (scope := _native.get_current_context()) is not None:
        scope.set_code_variables_mask_url_credentials(enabled)


def set_code_variables_detect_secrets_context(enabled: bool) -> None:
    """Mask what looks like a secret in variables, or do not."""
    if (scope := _native.get_current_context()) is not None:
        scope.set_code_variables_detect_secrets(enabled)


def get_capture_exception_code_variables_context() -> bool | None:
    """Return whether exceptions show their local variables, if the current context says so."""
    scope = _native.get_current_context()
    return None if scope is None else scope.get_capture_exception_code_variables()


def get_code_variables_mask_patterns_context() -> list[str] | None:
    """Return what is masked, if the current context says so."""
    scope = _native.get_current_context()
    return None if scope is None else scope.get_code_variables_mask_patterns()


def get_code_variables_ignore_patterns_context() -> list[str] | None:
    """Return which variables are left out, if the current context says so."""
    scope = _native.get_current_context()
    return None if scope is None else scope.get_code_variables_ignore_patterns()


def get_code_variables_mask_url_credentials_context() -> bool | None:
    """Return whether credentials of addresses are masked, if the current context says so."""
    scope = _native.get_current_context()
    return None if scope is None else scope.get_code_variables_mask_url_credentials()


def get_code_variables_detect_secrets_context() -> bool | None:
    """Return whether what looks like a secret is masked, if the current context says so."""
    scope = _native.get_current_context()
    return None if scope is None else scope.get_code_variables_detect_secrets()


_SETTINGS = (
    "capture_exception_code_variables",
    "code_variables_mask_patterns",
    "code_variables_ignore_patterns",
    "code_variables_mask_url_credentials",
    "code_variables_detect_secrets",
)


def inherit(outside: _native.ContextScope | None, scope: _native.ContextScope) -> None:
    """Have *scope*, which inherits nothing else from *outside*, hide what is hidden there."""
    if outside is None:
        return
    for name in _SETTINGS:
        value = getattr(outside, f"get_{name}")()
        if value is not None:
            getattr(scope, f"set_{name}")(value)
