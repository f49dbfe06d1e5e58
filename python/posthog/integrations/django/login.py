"""Follows a visitor who logs in or out during a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from django.contrib.auth.signals import user_logged_in, user_logged_out

from posthog.integrations.django.callbacks import told
from posthog.integrations.django.record import existing_record, record_of, request_scope

if TYPE_CHECKING:
    from django.http import HttpRequest


#: In place of a user where a request has none.
_NOBODY: Final = object()


def watch() -> None:
    """Have Django tell us; however many handlers there are, once."""
    user_logged_in.connect(_on_login, dispatch_uid="posthog.login")
    user_logged_out.connect(_on_logout, dispatch_uid="posthog.logout")


def _on_login(request: "HttpRequest | None" = None, user: Any = None, **_signal: Any) -> None:
    with told("login"):
        _follow_login(request, user)


def _on_logout(request: "HttpRequest | None" = None, user: Any = None, **_signal: Any) -> None:
    with told("logout"):
        _follow_logout(request, user)


def _follow_login(request: "HttpRequest | None", user: Any) -> None:
    """Let events from now on carry the new user; those that wait will find them by themselves."""
    scope = request_scope()
    if request is None or scope is None:
        return
    request = _djangos(request)
    record = record_of(request)
    own = vars(request)
    loaded = own.get("_cached_user", own.get("_acached_user"))
    previous, record.logged_in = record.logged_in if record.logged_in is not None else loaded, user
    if previous is not None and previous.is_authenticated and previous != user:
        with _as(request, previous):  # they were captured while somebody else was logged in
            scope.release()
    scope.owner.reread_user(request, scope)


def _follow_logout(request: "HttpRequest | None", user: Any) -> None:
    """Finish the events that wait while their user is still known; those from now on have none."""
    scope = request_scope()
    if request is None or scope is None:
        return
    if user is not None:
        scope.release()
    request = _djangos(request)
    record = existing_record(request)
    if record is not None and record.reading is not None:
        scope.owner.forget_user(request, scope)


@contextmanager
def _as(request: "HttpRequest", user: Any) -> Iterator[None]:
    """Let *user* be the user of *request* for the block."""
    own = vars(request)
    now = own.get("user", _NOBODY)
    own["user"] = user
    try:
        yield
    finally:
        if now is _NOBODY:
            del own["user"]
        else:
            own["user"] = now


def _djangos(request: "HttpRequest") -> "HttpRequest":
    """Return Django's request where *request* is that of a framework around it."""
    inner: HttpRequest = getattr(request, "_request", request)
    return inner
