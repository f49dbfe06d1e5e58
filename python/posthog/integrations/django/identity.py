"""Who sent a request, found out without the application noticing.

Asking `request.user` marks the session as accessed (``Vary: Cookie``), and throws stale sessions away
(``Set-Cookie``, ``DELETE``). Here the user is taken from where the application has already put it, or looked up
with a private copy of the session.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase
from django.db import connections
from django.utils.functional import LazyObject, SimpleLazyObject, empty

from posthog.integrations.django.callbacks import tell_once
from posthog.integrations.django.record import existing_record
from posthog.integrations.django.sessions import read_only_copy

if TYPE_CHECKING:
    from django.http import HttpRequest

_NOT_LOADED: Final = object()


class UserUnavailableError(RuntimeError):
    """The user of this request cannot be looked up here and now."""


class Visitor:
    """The user of one request, looked up at most once and only when asked for."""

    def __init__(self, request: "HttpRequest") -> None:
        self._request = request
        #: What the application has in `request.user`; ours is in its place while it is lent.
        self._theirs: Any = getattr(request, "__dict__", {}).get("user", _NOT_LOADED)
        self._user: Any = _NOT_LOADED

    def user(self) -> Any:
        """Return the user; raise `UserUnavailableError` where looking it up would block or break something."""
        if self._user is _NOT_LOADED:
            self._user = find_user(self._request, self._theirs)
        return self._user

    def is_loaded(self) -> bool:
        """Return whether asking for the user takes no look-up."""
        return self._user is not _NOT_LOADED or loaded_user(self._request, self._theirs) is not _NOT_LOADED

    def user_or_none(self) -> Any:
        """Return the user, or ``None`` where it is not available."""
        try:
            return self.user()
        except UserUnavailableError:
            return None

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let `request.user` be this visitor inside the block, so that callbacks may read it.

        Afterwards the application's own unread `request.user` is back, and reading it counts as access again.
        """
        if not _is_unread(self._theirs):
            yield
            return
        own = vars(self._request)
        ours = SimpleLazyObject(self.user)
        own["user"] = ours
        try:
            yield
        finally:
            if own.get("user") is ours:
                own["user"] = self._theirs


def find_user(request: "HttpRequest", theirs: Any) -> Any:
    """Return the user that *theirs*, the application's `request.user`, stands for, without reading it.

    ``None`` or an anonymous user if there is none or the look-up fails.
    """
    user = loaded_user(request, theirs)
    if user is not _NOT_LOADED:
        return user
    ask = vars(theirs).get("_setupfunc")
    session = vars(request).get("session")
    is_djangos = getattr(ask, "__module__", None) == "django.contrib.auth.middleware"
    try:
        if is_djangos and isinstance(session, SessionBase) and not _may_hold_user(session):
            return auth.get_user(_stand_in({}))
        if ask is None:
            return None
        if is_djangos and isinstance(session, SessionBase):
            return _quietly(request, lambda: auth.get_user(_stand_in(read_only_copy(session))))
        return _quietly(request, lambda: _ask_application(request, ask))
    except UserUnavailableError:
        raise
    except Exception:
        tell_once("user", "the user of a request could not be looked up; it counts as anonymous", with_traceback=True)
        return auth.get_user(_stand_in({})) if is_djangos else None


def loaded_user(request: "HttpRequest", theirs: Any) -> Any:
    """Return the user if the application has it in memory already, else a marker of this module."""
    record = existing_record(request)
    if record is not None and record.awaited_user is not None:
        return record.awaited_user[0]
    if theirs is _NOT_LOADED:
        return _attribute(request)
    if not _is_unread(theirs):
        return theirs
    own = vars(request)
    for kept in ("_cached_user", "_acached_user"):
        if kept in own:
            return own[kept]
    return _NOT_LOADED


def _is_unread(user: Any) -> bool:
    # `isinstance` would look at `__class__`, which a lazy object answers by looking itself up.
    return issubclass(type(user), LazyObject) and user._wrapped is empty  # noqa: SLF001


def _attribute(request: "HttpRequest") -> Any:
    """Return a `user` that a request class defines itself."""
    try:
        return getattr(request, "user", None)
    except Exception:
        tell_once("user", "request.user raised an exception; the request counts as anonymous", with_traceback=True)
        return None


def _may_hold_user(session: SessionBase) -> bool:
    loaded = vars(session).get("_session_cache")
    return bool(loaded) if isinstance(loaded, dict) else session.session_key is not None


def _quietly(request: "HttpRequest", look_up: Callable[[], Any]) -> Any:
    """Return what *look_up* finds; raise `UserUnavailableError` where a query would do harm."""
    record = existing_record(request)
    if record is not None and not record.may_query:
        raise UserUnavailableError("the user is not looked up outside of the thread of the request")

    if in_event_loop():
        raise UserUnavailableError("the user is not looked up in a running event loop")
    if any(connection.needs_rollback for connection in connections.all(initialized_only=True)):
        raise UserUnavailableError("the user is not looked up in a transaction that must be rolled back")
    return look_up()


def in_event_loop() -> bool:
    """Return whether an event loop runs in this thread: a query would block everybody it serves."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def would_disturb() -> bool:
    """Return whether a look-up now would block an event loop, or be a part of a transaction of the application."""
    return in_event_loop() or any(connection.in_atomic_block for connection in connections.all(initialized_only=True))


def _stand_in(session: Any) -> Any:
    """Return what `auth.get_user` needs of a request."""
    return SimpleNamespace(session=session)


def _ask_application(request: "HttpRequest", ask: Callable[[], Any]) -> Any:
    """Return the user that the application's own function finds, with the session hidden behind a copy.

    The function is called beside the lazy object, which stays unread: reading it is the application's to do.
    """
    own = vars(request)
    session = own.get("session")
    knew_user = "_cached_user" in own
    if isinstance(session, SessionBase):
        own["session"] = read_only_copy(session)
    try:
        return ask()
    finally:
        if isinstance(session, SessionBase):
            own["session"] = session
        if not knew_user:
            own.pop("_cached_user", None)
