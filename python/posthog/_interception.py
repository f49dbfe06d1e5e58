"""Keeps what clients capture from leaving the process, and shows it to whoever listens.

Clients are native and know nothing of tests. While events are intercepted, three of their attributes say to the native
half what the interception needs; what the program reads and writes under the same names is kept beside them, and put
back at the end.
"""

from __future__ import annotations

import copy
import threading
from typing import TYPE_CHECKING, Any

from posthog import _clients, _native

if TYPE_CHECKING:
    from typing import Protocol

    from posthog.client import Client
    from posthog.types import BeforeSendCallback

    class Listener(Protocol):
        """Somebody who wants to see events."""

        include_disabled: bool

        def take(self, event: dict[str, Any]) -> None:
            """Take an event, after ``before_send``."""


_NATIVE: dict[str, Any] = {name: vars(_native.Client)[name] for name in ("send", "before_send", "disabled")}
_WANTED = "_wanted"

_changing = threading.RLock()


class _State:
    """Who listens, and whether anything may leave."""

    listeners: tuple[Listener, ...] = ()
    blocked: bool = False
    allowing: int = 0
    installed_on: type[Client] | None = None


class _Wanted:
    """What the program wants of one client."""

    def __init__(self, client: Client) -> None:
        self.send: bool = _NATIVE["send"].__get__(client)
        self.disabled: bool = _NATIVE["disabled"].__get__(client)
        self.before_send: BeforeSendCallback | None = _NATIVE["before_send"].__get__(client)

    def show(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Be the client's ``before_send``: call the program's own, and show what it lets through."""
        hook = self.before_send
        returned = event if hook is None else hook(event)
        if isinstance(returned, dict):
            for listener in _State.listeners:
                listener.take(_snapshot(returned))
        return returned

    def apply_to(self, client: Client) -> None:
        """Tell the native half what is to be done now."""
        listeners = _State.listeners
        disabled = self.disabled
        if listeners and not getattr(client, "api_key", None):
            # It is disabled because it could not send, and now nothing is sent.
            disabled = False
        if any(listener.include_disabled for listener in listeners):
            disabled = False
        # In this order: other threads may capture, and nothing of theirs may slip through in between.
        if disabled:
            _NATIVE["disabled"].__set__(client, disabled)
        _NATIVE["send"].__set__(client, self.send and not _is_held())
        _NATIVE["before_send"].__set__(client, self.show if listeners else self.before_send)
        _NATIVE["disabled"].__set__(client, disabled)


class _Attribute:
    """An attribute of clients while they are intercepted."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, client: Client | None, owner: type[Client]) -> Any:
        return self if client is None else getattr(_wanted(client), self._name)

    def __set__(self, client: Client, value: Any) -> None:
        wanted = _wanted(client)
        setattr(wanted, self._name, value if self._name == "before_send" else bool(value))
        wanted.apply_to(client)


def listen(listener: Listener) -> None:
    """Show *listener* every event captured from now on, and let none of them leave the process."""
    with _changing:
        _State.listeners = (*_State.listeners, listener)
        _apply()


def stop_listening(listener: Listener) -> None:
    """Show *listener* nothing any more."""
    with _changing:
        _State.listeners = tuple(other for other in _State.listeners if other is not listener)
        _apply()


def block(blocks: bool) -> None:
    """Let nothing leave the process, unless :func:`allow` says so; or take that back."""
    with _changing:
        _State.blocked = blocks
        _apply()


def is_blocked() -> bool:
    """Return whether :func:`block` was called."""
    return _State.blocked


def allow(change: int) -> None:
    """Count somebody more (1), or somebody less (-1), for whom events may leave in spite of :func:`block`."""
    with _changing:
        _State.allowing += change
        _apply()


def disabled_clients() -> int:
    """Return how many clients capture nothing because the program has disabled them."""
    return sum(1 for client in _clients.alive() if client.api_key and client.disabled)


def _is_held() -> bool:
    return bool(_State.listeners) or (_State.blocked and not _State.allowing)


def _wanted(client: Client) -> _Wanted:
    own = vars(client)
    wanted: _Wanted | None = own.get(_WANTED)
    if wanted is None:
        wanted = own.setdefault(_WANTED, _Wanted(client))
    return wanted


def _apply() -> None:
    from posthog.client import Client  # noqa: PLC0415 - the client imports this module, and only tests come here

    if _is_held():
        if _State.installed_on is None:
            _State.installed_on = Client
            for name in _NATIVE:
                setattr(Client, name, _Attribute(name))
        for client in _clients.alive():
            _wanted(client).apply_to(client)
    elif _State.installed_on is not None:
        for name in _NATIVE:
            delattr(_State.installed_on, name)
        _State.installed_on = None
        for client in _clients.alive():
            wanted: _Wanted | None = vars(client).pop(_WANTED, None)
            if wanted is not None:
                wanted.apply_to(client)


def _snapshot(event: dict[str, Any]) -> dict[str, Any]:
    try:
        return copy.deepcopy(event)
    except Exception:
        # The hook has put something into the event that cannot be copied.
        return dict(event)
