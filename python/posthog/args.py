"""What the capture family takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType
    from typing import TypeAlias
    from uuid import UUID

    ID_TYPES: TypeAlias = int | float | str | UUID
    """What a distinct id may be; it is made a text."""

    ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    """What ``sys.exc_info()`` returns."""

    ExceptionArg: TypeAlias = BaseException | ExcInfo
    """What ``capture_exception`` takes."""

__all__ = ["ID_TYPES", "ExcInfo", "ExceptionArg", "OptionalCaptureArgs", "OptionalSetArgs"]


class OptionalSetArgs(TypedDict, total=False):
    """Keywords of ``set`` and ``set_once``.

    Attributes:
        distinct_id: Whose properties; the context's distinct id unless given.
        properties: The properties.
        timestamp: When; now unless given. A naive time is UTC.
        uuid: The event's id; a new one unless given.
        disable_geoip: Overrides the client's setting.

    """

    distinct_id: ID_TYPES | None
    properties: dict[str, Any] | None
    timestamp: datetime | str | None
    uuid: str | UUID | None
    disable_geoip: bool | None


class OptionalCaptureArgs(OptionalSetArgs, total=False):
    """Keywords of ``capture`` and ``capture_exception``, beside those of :class:`OptionalSetArgs`.

    Attributes:
        groups: Groups the event belongs to, by type.
        flags: A snapshot of feature flags; ignored by this version.
        send_feature_flags: Evaluate feature flags; ignored by this version.

    """

    groups: dict[str, Any] | None
    flags: Any
    send_feature_flags: Any


if not TYPE_CHECKING:  # importing what these are made of would double the time that `import posthog` takes

    def __getattr__(name: str) -> Any:
        if name not in ("ID_TYPES", "ExcInfo", "ExceptionArg"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from types import TracebackType  # noqa: PLC0415 - see above
        from uuid import UUID  # noqa: PLC0415 - see above

        exc_info = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
        found = {"ID_TYPES": int | float | str | UUID, "ExcInfo": exc_info, "ExceptionArg": BaseException | exc_info}
        globals().update(found)
        return found[name]
