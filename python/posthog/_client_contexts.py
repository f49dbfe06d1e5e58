"""The methods of a client that open contexts and write to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from posthog import _native, contexts

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from posthog.client import Client

    _F = TypeVar("_F", bound="Callable[..., Any]")


class ContextMethods(_native.Client):
    """Contexts, bound to one client: it captures the exceptions that leave them."""

    def new_context(self, fresh: bool = False, capture_exceptions: bool | None = None) -> AbstractContextManager[None]:
        """Open a context whose exceptions this client captures. See :func:`posthog.contexts.new_context`."""
        return contexts.new_context(fresh, capture_exceptions, cast("Client", self))

    def scoped(self, fresh: bool = False, capture_exceptions: bool | None = None) -> Callable[[_F], _F]:
        """Run a function in a context whose exceptions this client captures. See :func:`posthog.contexts.scoped`."""
        return contexts._scoped(fresh, capture_exceptions, cast("Client", self))  # noqa: SLF001 - a function of ours

    def tag(self, name: str, value: Any) -> None:
        """Put a property on every event of the current context."""
        contexts.tag(name, value)

    def get_tags(self) -> dict[str, Any]:
        """Return the tags of the current context."""
        return contexts.get_tags()

    def identify_context(self, distinct_id: str) -> None:
        """Say who the current context is about."""
        contexts.identify_context(distinct_id)

    def set_context_session(self, session_id: str) -> None:
        """Say which visit the current context belongs to."""
        contexts.set_context_session(session_id)

    def set_context_device_id(self, device_id: str) -> None:
        """Say which device the current context belongs to."""
        contexts.set_context_device_id(device_id)
