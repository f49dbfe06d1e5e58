"""What a store of flag definitions must offer that several processes share."""

from __future__ import annotations

from collections.abc import Awaitable  # noqa: TC003 - the annotations are looked at while the program runs
from typing import Any, Protocol, TypedDict, runtime_checkable

from typing_extensions import NotRequired

__all__ = ["FlagDefinitionCacheData", "FlagDefinitionCacheProvider"]


class FlagDefinitionCacheData(TypedDict):
    """Definitions of flags, as the server sends them."""

    flags: list[dict[str, Any]]
    group_type_mapping: dict[str, str]
    cohorts: dict[str, Any]
    minimal_flag_called_events: NotRequired[bool]
    property_matching_version: NotRequired[int]


@runtime_checkable
class FlagDefinitionCacheProvider(Protocol):
    """A store of definitions. Each method may be a coroutine function. This version asks none."""

    def get_flag_definitions(self) -> FlagDefinitionCacheData | Awaitable[FlagDefinitionCacheData | None] | None:
        """Return the definitions that are stored, if any are."""
        ...

    def should_fetch_flag_definitions(self) -> bool | Awaitable[bool]:
        """Return whether this process is the one that asks the server."""
        ...

    def on_flag_definitions_received(self, data: FlagDefinitionCacheData) -> Awaitable[None] | None:
        """Store what the server has sent."""
        ...

    def shutdown(self) -> Awaitable[None] | None:
        """Let go of the store."""
        ...
