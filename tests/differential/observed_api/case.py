"""What a scenario is, and what it is given: clients whose events tell by their key where they come from."""

from __future__ import annotations

import contextlib
import importlib
import os
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import posthog
from posthog import contexts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Reply(NamedTuple):
    """What the server answers to one request of a scenario; 200 to those it has no reply for."""

    status: int
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody changes it
    body: str = ""


OK = Reply(200)


@dataclass(frozen=True)
class Scenario:
    """What a program does; what it returns, raises, logs and sends is observed."""

    act: Callable[[Case], Any]
    replies: tuple[Reply, ...] = ()
    #: The reply to every request after those.
    then: Reply = OK
    #: It waits for the server, and runs beside the others that do: what it logs is not observed.
    waits: bool = False


SCENARIOS: dict[str, Scenario] = {}


def scenario(*replies: Reply, then: Reply = OK, waits: bool = False) -> Callable[[Any], Any]:
    """Add a function to the scenarios, under the name of its module and its own."""

    def add(act: Callable[[Case], Any]) -> Callable[[Case], Any]:
        add_scenario(
            f"{act.__module__.rpartition('.')[2]}: {act.__name__.replace('_', ' ').strip()}", act, replies, then, waits
        )
        return act

    return add


def add_scenario(
    name: str,
    act: Callable[[Case], Any],
    replies: tuple[Reply, ...] = (),
    then: Reply = OK,
    waits: bool = False,
) -> None:
    """Add a scenario under a name that no other has."""
    if name in SCENARIOS:
        raise ValueError(f"two scenarios are called {name!r}")
    SCENARIOS[name] = Scenario(act, replies, then, waits)


@dataclass
class Case:
    """One run of a scenario."""

    key: str
    host: str
    clients: list[Any] = field(default_factory=list)
    uses_module: bool = False

    def client(self, kind: Callable[..., Any] | None = None, **options: Any) -> Any:
        """Return a new client of the scenario's key, which is shut down in the end."""
        options = {"project_api_key": self.key, "host": self.host, **options}
        self.clients.append((kind or posthog.Posthog)(**options))
        return self.clients[-1]

    def module(self, **settings: Any) -> Any:
        """Return the module as after an import, with the scenario's key and these settings."""
        self.uses_module = True
        importlib.reload(posthog)
        for name, value in {"project_api_key": self.key, "host": self.host, **settings}.items():
            setattr(posthog, name, value)
        return posthog

    def close(self) -> None:
        """Send what waits, and leave nothing for the next scenario."""
        if self.uses_module and posthog.default_client is not None:
            self.clients.append(posthog.default_client)
        for client in self.clients:
            client.shutdown()
        if self.uses_module:
            importlib.reload(posthog)
        assert contexts._get_current_context() is None


class Broken:
    """Has no text, and no representation either."""

    def __str__(self) -> str:
        raise ValueError("no text")

    def __repr__(self) -> str:
        raise ValueError("no representation")


def nothing(*_: Any, **__: Any) -> None:
    """Be a callback that does nothing."""


def failing(*_: Any, **__: Any) -> None:
    """Be a callback that fails."""
    raise RuntimeError("the callback fails")


def execute(code: Any, namespace: dict[str, Any]) -> None:
    """Run code of a scenario that is in no file."""
    exec(code, namespace)  # noqa: S102 - that is what is observed


@contextlib.contextmanager
def environment(**variables: str) -> Iterator[None]:
    """Set environment variables for the block, and follow a change of ``TZ``."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    time.tzset()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        time.tzset()


def keeping(into: list[dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a ``before_send`` that puts every event into a list too."""

    def keep(event: dict[str, Any]) -> dict[str, Any]:
        into.append(event)
        return event

    return keep
