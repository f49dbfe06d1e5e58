"""Private copies of a request's session: they read what the session would read, and change nothing."""

from functools import lru_cache
from typing import Any

from django.contrib.sessions.backends.base import SessionBase


def read_only_copy(session: SessionBase) -> SessionBase:
    """Return a session of the same engine and key that loads for itself and writes nowhere.

    Reading it leaves `accessed`, `modified`, the cookie and the stored data of *session* alone; what the application
    has already loaded is not loaded again.
    """
    copied: SessionBase = _read_only(type(session))(session.session_key)
    loaded = vars(session).get("_session_cache")
    if isinstance(loaded, dict):
        vars(copied)["_session_cache"] = dict(loaded)
    return copied


@lru_cache(maxsize=8)
def _read_only(engine: type[SessionBase]) -> type[SessionBase]:
    """Return *engine* without what it does to its storage: engines tidy up even while they load.

    Stored sessions are signed with the qualified name of their class as salt, hence the borrowed name.
    """
    overrides: dict[str, Any] = dict.fromkeys(("create", "save", "delete", "flush", "cycle_key"), _nothing)
    overrides["__qualname__"] = engine.__qualname__
    overrides["__module__"] = __name__
    return type(engine.__name__, (engine,), overrides)


def _nothing(*_arguments: object, **_options: object) -> None:
    """Stand in for a method that would write."""
