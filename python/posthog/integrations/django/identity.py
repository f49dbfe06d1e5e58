"""Who sent a request, found out without the application noticing.

Asking `request.user` marks the session as accessed (``Vary: Cookie``), and throws stale sessions away
(``Set-Cookie``, ``DELETE``). Here the user is taken from where the application has already put it, or looked up
with a private copy of the session.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase
from django.db import connections, transaction
from django.utils.functional import LazyObject, SimpleLazyObject, empty

from posthog.integrations.django.callbacks import tell_once
from posthog.integrations.django.record import existing_record
from posthog.integrations.django.sessions import read_only_copy
from posthog.integrations.django.threads import NotHereError, in_event_loop

if TYPE_CHECKING:
    from django.http import HttpRequest

RESOLVE_USER: Final = "POSTHOG_MW_RESOLVE_USER"
#: When something is captured; only if the application has loaded the user anyway; before the view; or never.
LAZY, LOADED, EAGER, NEVER = "lazy", "loaded", "eager", False
POLICIES: Final = (LAZY, LOADED, EAGER, NEVER)

_NOT_LOADED: Final = object()


class UserUnavailableError(RuntimeError):
    """The user of this request cannot be looked up here and now."""


def policy_of(value: object) -> str | bool:
    """Return what the setting says about users; one of its words, else the default."""
    if value is NEVER or (isinstance(value, str) and value in POLICIES):
        return value
    if isinstance(value, str):
        tell_once(RESOLVE_USER, '%s is neither "lazy", "loaded", "eager" nor False', RESOLVE_USER)
    return LAZY


class Visitor:
    """The user of one request, looked up at most once and only when asked for.

    `policy` is one of `POLICIES`. `is_at_home` says whether this is the thread of the request, and no event loop: a
    look-up elsewhere would open a connection that nobody closes, or block everybody whom the loop serves.
    """

    def __init__(self, request: "HttpRequest", policy: str | bool = LAZY, *, is_at_home: bool = True) -> None:
        self._request = request
        self._policy = policy
        self.is_at_home = is_at_home
        #: What the application has in `request.user`; ours is in its place while it is lent.
        self._theirs: Any = getattr(request, "__dict__", {}).get("user", _NOT_LOADED)
        self._user: Any = None if policy is NEVER else _NOT_LOADED

    def user(self) -> Any:
        """Return the user; raise `UserUnavailableError` where looking it up would block or break something.

        ``None`` or an anonymous user if there is none or the look-up fails.
        """
        if self._user is _NOT_LOADED:
            self._user = self._found()
        return self._user

    def user_or_none(self) -> Any:
        """Return the user, or ``None`` where it is not available."""
        try:
            return self.user()
        except (UserUnavailableError, NotHereError):
            return None

    def known(self) -> Any:
        """Return the user who has logged in, as far as it is available; ``None`` for everybody else.

        As `user_or_none`, without making an anonymous user for a request that has no session.
        """
        return None if self._user is _NOT_LOADED and is_stranger(self._request) else self.user_or_none()

    def is_settled(self) -> bool:
        """Return whether it is known who the user is, or that there is none."""
        return self._user is not _NOT_LOADED or is_stranger(self._request) or self._loaded() is not _NOT_LOADED

    def needs_query(self) -> bool:
        """Return whether finding the user takes a look-up, which may query."""
        return self._policy != LOADED and not self.is_settled()

    def is_available(self) -> bool:
        """Return whether `user` has an answer here and now, that no later moment would change."""
        return self.is_settled() or (self._policy != LOADED and self.is_at_home and not _must_roll_back())

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let `request.user` be this visitor inside the block, so that callbacks may read it.

        Afterwards the application's own unread `request.user` is back, and reading it counts as access again. A
        callback that asks wants to know, whatever the policy for our own part is.
        """
        if not _is_unread(self._theirs):
            yield
            return
        own = vars(self._request)
        asked = self if self._policy in (LAZY, EAGER) else Visitor(self._request, is_at_home=self.is_at_home)
        ours = SimpleLazyObject(asked.user)
        own["user"] = ours
        try:
            yield
        finally:
            if own.get("user") is ours:
                own["user"] = self._theirs

    def _loaded(self) -> Any:
        """Return the user if the application has it in memory already, else a marker of this module."""
        if self._theirs is not _NOT_LOADED and not _is_unread(self._theirs):
            return self._theirs
        own = getattr(self._request, "__dict__", {})
        for kept in ("_cached_user", "_acached_user"):
            if kept in own:
                return own[kept]
        record = existing_record(self._request)
        if record is not None and record.awaited_user is not None:
            return record.awaited_user[0]
        return _attribute(self._request) if self._theirs is _NOT_LOADED else _NOT_LOADED

    def _found(self) -> Any:
        user = self._loaded()
        if user is not _NOT_LOADED:
            return user
        ask = _inside(self._theirs).get("_setupfunc")
        if ask is None:
            return None
        if is_stranger(self._request):
            return _anonymous()
        session = vars(self._request).get("session")
        try:
            self._check_that_look_up_is_harmless()
            with _savepoints():
                if _is_djangos(self._theirs) and isinstance(session, SessionBase):
                    return auth.get_user(_stand_in(read_only_copy(session)))
                return _ask_application(vars(self._request), ask)
        except (UserUnavailableError, NotHereError):
            raise
        except Exception:
            message = "the user of a request could not be looked up; it counts as anonymous"
            tell_once("user", message, with_traceback=True)
            return _anonymous() if _is_djangos(self._theirs) else None

    def _check_that_look_up_is_harmless(self) -> None:
        if self._policy == LOADED:
            raise UserUnavailableError("the user is not looked up: the application has not loaded it")
        if in_event_loop():
            raise NotHereError("the user is looked up on the thread of the request only")
        if not self.is_at_home:
            raise UserUnavailableError("the user is looked up on the thread of the request only")
        if _must_roll_back():
            raise UserUnavailableError("the user is not looked up in a transaction that must be rolled back")


def is_stranger(request: "HttpRequest") -> bool:
    """Return whether nobody can be logged in: the user is Django's to find, in a session that is not there."""
    own = getattr(request, "__dict__", {})
    session = own.get("session")
    if not isinstance(session, SessionBase) or not _is_djangos(own.get("user")):
        return False
    if "_cached_user" in own or "_acached_user" in own:
        return False
    loaded = session.__dict__.get("_session_cache")
    return not loaded if isinstance(loaded, dict) else session.session_key is None


def in_transaction() -> bool:
    """Return whether a look-up now would be a part of a transaction of the application."""
    return any(connection.in_atomic_block for connection in connections.all(initialized_only=True))


@contextmanager
def _savepoints() -> Iterator[None]:
    """Let queries fail inside the block without breaking the transactions that the application has open."""
    with ExitStack() as savepoints:
        for connection in connections.all(initialized_only=True):
            if connection.in_atomic_block:
                savepoints.enter_context(transaction.atomic(using=connection.alias))
        yield


def _must_roll_back() -> bool:
    return any(connection.needs_rollback for connection in connections.all(initialized_only=True))


def _is_unread(user: Any) -> bool:
    # `isinstance` would look at `__class__`, which a lazy object answers by looking itself up.
    return issubclass(type(user), LazyObject) and _inside(user)["_wrapped"] is empty


def _inside(user: Any) -> dict[str, Any]:
    """Return what a lazy object keeps, past its own way of answering for attributes."""
    found: dict[str, Any] = object.__getattribute__(user, "__dict__")
    return found


def _is_djangos(user: Any) -> bool:
    """Return whether *user* is the unread one that Django's own middleware finds in the session."""
    if not issubclass(type(user), LazyObject):
        return False
    inside = _inside(user)
    ask = inside.get("_setupfunc")
    return inside["_wrapped"] is empty and getattr(ask, "__module__", None) == "django.contrib.auth.middleware"


def _attribute(request: "HttpRequest") -> Any:
    """Return a `user` that a request class defines itself."""
    try:
        return getattr(request, "user", None)
    except Exception:
        tell_once("user", "request.user raised an exception; the request counts as anonymous", with_traceback=True)
        return None


def _anonymous() -> Any:
    return auth.get_user(_stand_in({}))


def _stand_in(session: Any) -> Any:
    """Return what `auth.get_user` needs of a request."""
    return SimpleNamespace(session=session)


def _ask_application(own: dict[str, Any], ask: Callable[[], Any]) -> Any:
    """Return the user that the application's own function finds, with the session hidden behind a copy.

    The function is called beside the lazy object, which stays unread: reading it is the application's to do.
    """
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
