"""Settings that name what they mean by its dotted path, as Django's own do."""

import sys
from collections.abc import Callable
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any

from django.utils.module_loading import import_string

from posthog.client import Client
from posthog.integrations.django.callbacks import tell_once

#: The clients made for a setting, by what the setting holds: reading it again makes no second one.
_clients: dict[Any, Client] = {}


def is_path(value: object) -> bool:
    """Return whether *value* looks like ``package.module.name``."""
    return isinstance(value, str) and "." in value and all(part.isidentifier() for part in value.split("."))


def callback_at(path: str) -> Callable[..., Any]:
    """Return the callable at *path*; where there is none, one that raises when it is called.

    So a path that leads nowhere has the effect of a callback that fails: what it was to hide stays hidden.
    """
    try:
        found = import_string(path)
    except Exception as error:
        reason = f"{path} cannot be imported: {error}"
    else:
        if callable(found):
            return found  # type: ignore[no-any-return]
        reason = f"{path} is not callable"

    def missing(*_arguments: object) -> None:
        raise ImportError(reason)

    return missing


def client_of(setting: str, value: object) -> Client | None:
    """Return the client that *value* is, names by its path, or returns when it is called; else ``None``."""
    if isinstance(value, Client):
        return value
    if not (is_path(value) or callable(value)):
        return None
    try:
        if value not in _clients:
            _clients[value] = _made(value)
        return _clients[value]
    except Exception:
        tell_once(setting, "%s gives no client; the global one is used", setting, with_traceback=True)
        return None


def imported(value: Any) -> Any:
    """Return what *value* names if it is a path, else *value*; `None` if the path leads nowhere."""
    if not is_path(value):
        return value
    try:
        return import_string(value)
    except Exception:
        return None


def problem_with_path(path: str) -> str | None:
    """Return why there is no callable at *path*, if there is none."""
    module, _, name = path.rpartition(".")
    try:
        found = import_string(path)
    except Exception as error:
        close = get_close_matches(name, dir(sys.modules[module]), n=1) if module in sys.modules else []
        suggestion = f'; did you mean "{module}.{close[0]}"?' if close else ""
        return f'"{path}" cannot be imported ({type(error).__name__}: {error}){suggestion}'
    return None if callable(found) else f'"{path}" is not callable'


def problem_with_module(path: str) -> str | None:
    """Return why the module of *path* cannot be found, without importing it, if it cannot."""
    module = path.rpartition(".")[0]
    try:
        spec = find_spec(module)
    except Exception as error:
        return f'the module "{module}" cannot be found ({type(error).__name__}: {error})'
    return None if spec is not None else f'there is no module "{module}"'


def _made(value: Any) -> Client:
    found = import_string(value) if isinstance(value, str) else value
    if not isinstance(found, Client) and callable(found):
        found = found()
    if not isinstance(found, Client):
        message = f"{value!r} leads to {type(found).__name__}, not to a client"
        raise TypeError(message)
    return found
