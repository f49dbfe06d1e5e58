"""The methods of a client that capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from posthog import (
    _native,
    _trace_context,  # noqa: F401 - imported now: the first exception may come while another thread forks
    contexts,
)
from posthog._guarded import guarded, quick
from posthog._later import say
from posthog._log import log

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from typing_extensions import Unpack

    from posthog.args import ID_TYPES, ExceptionArg, OptionalCaptureArgs, OptionalSetArgs


class CaptureMethods(_native.Client):
    """Captures events and exceptions.

    Each method returns the event's id, or ``None`` when it is not accepted: the client is disabled, its queue is full,
    ``before_send`` dropped the event, or an argument is of no use, which is logged. Nothing is raised unless in debug.
    """

    @quick(_native.Client._capture)  # noqa: SLF001 - its native half
    def capture(self, event: str, **kwargs: Unpack[OptionalCaptureArgs]) -> str | None:
        """Capture an event in the current context, and return its id.

        Args:
            event: Its name, as ``order placed``.
            **kwargs: See :class:`posthog.args.OptionalCaptureArgs`.

        """
        distinct_id, properties = kwargs.pop("distinct_id", None), kwargs.pop("properties", None)
        return self._capture(event, distinct_id, properties, kwargs)

    @guarded
    def capture_ai(self, event: str, **kwargs: Unpack[OptionalCaptureArgs]) -> str | None:
        """Capture an event of an AI wrapper, and return its id: the same as :meth:`capture`.

        It travels with the other events, and is cut as they are above 900 KiB: requests of their own for these events
        are not part of this version.
        """
        if not self.disabled:
            say("capture_ai", "events travel with all others, and are cut above 900 KiB")
        return self.capture(event, **kwargs)

    @guarded
    def set(self, **kwargs: Unpack[OptionalSetArgs]) -> str | None:
        """Set properties of a person, and return the event's id, or ``None`` without a person or without properties.

        The keywords are those of :class:`posthog.args.OptionalSetArgs`; tags of the current context count as
        properties.
        """
        return self._set(kwargs)

    @guarded
    def set_once(self, **kwargs: Unpack[OptionalSetArgs]) -> str | None:
        """Set properties of a person that are not set yet, and return the event's id, or ``None`` as :meth:`set`."""
        return self._set_once(kwargs)

    @guarded
    def group_identify(
        self,
        group_type: str,
        group_key: str,
        properties: dict[str, Any] | None = None,
        timestamp: datetime | str | None = None,
        uuid: str | UUID | None = None,
        disable_geoip: bool | None = None,
        distinct_id: ID_TYPES | None = None,
    ) -> str | None:
        """Set properties of a group, and return the event's id.

        Args:
            group_type: As ``company``; an empty one is refused with a warning.
            group_key: Which group of that type; an empty one is refused with a warning.
            properties: The group's properties.
            timestamp: When; now unless given.
            uuid: The event's id; a new one unless given.
            disable_geoip: Overrides the client's setting.
            distinct_id: Who sets them; the context's distinct id, or nobody.

        """
        if _missing(group_type) or _missing(group_key):
            log.warning("group_identify needs the group's type and key, not %r and %r", group_type, group_key)
            return None
        return self._group_identify(
            {"$group_type": group_type, "$group_key": group_key, "$group_set": properties or {}},
            timestamp=timestamp,
            uuid=uuid,
            disable_geoip=disable_geoip,
            distinct_id=distinct_id,
        )

    @guarded
    def alias(
        self,
        previous_id: ID_TYPES,
        distinct_id: ID_TYPES | None,
        timestamp: datetime | str | None = None,
        uuid: str | UUID | None = None,
        disable_geoip: bool | None = None,
    ) -> str | None:
        """Say that two ids are one person's, and return the event's id.

        Args:
            previous_id: The id used so far; an empty one is refused with a warning.
            distinct_id: The id used from now on; the context's unless given.
            timestamp: When; now unless given.
            uuid: The event's id; a new one unless given.
            disable_geoip: Overrides the client's setting.

        """
        new_id = contexts.get_context_distinct_id() if _missing(distinct_id) else str(distinct_id)
        if _missing(previous_id) or not new_id:
            log.warning("alias needs the previous and the new id, not %r and %r", previous_id, new_id)
            return None
        previous = str(previous_id)
        return self._alias(
            {"distinct_id": previous, "alias": new_id},
            distinct_id=previous,
            timestamp=timestamp,
            uuid=uuid,
            disable_geoip=disable_geoip,
        )

    def capture_exception(self, exception: ExceptionArg | None, **kwargs: Unpack[OptionalCaptureArgs]) -> str | None:
        """Capture an exception with its frames, source lines and causes, and return the event's id.

        Args:
            exception: An exception, or what ``sys.exc_info()`` returns; ``None`` for the one being handled.
            **kwargs: See :class:`posthog.args.OptionalCaptureArgs`.

        Returns:
            The event's id, or ``None`` for an exception that was captured before, and where :meth:`capture` returns it.
            It never raises, not even in debug.

        """
        own = self.capture
        # Where the program has its own `capture`, in a subclass or a mock, exceptions go by it too.
        is_ours = getattr(own, "__func__", None) is _CAPTURE
        return self._capture_exception(exception, kwargs, None if is_ours else own)


_CAPTURE = CaptureMethods.capture


def _missing(identifier: Any) -> bool:
    return identifier is None or identifier == ""
