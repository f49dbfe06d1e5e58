"""The functions of the package that capture and wait, by way of the module's client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import posthog
from posthog import contexts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from typing_extensions import Unpack

    from posthog.args import ID_TYPES, ExceptionArg, OptionalCaptureArgs, OptionalSetArgs
    from posthog.tracing import Span


def capture(event: str, **kwargs: Unpack[OptionalCaptureArgs]) -> str | None:
    """Capture an event in the current context.

    Args:
        event: Its name, as ``order placed``.
        **kwargs: See :class:`posthog.args.OptionalCaptureArgs`.

    Returns:
        The event's id if it was accepted, else ``None``: the client is disabled, its queue is full, ``before_send``
        dropped the event, or an argument is of no use (which is logged). Nothing is raised unless in debug.

    """
    return posthog._proxy("capture", event, **kwargs)


def capture_ai(event: str, **kwargs: Unpack[OptionalCaptureArgs]) -> str | None:
    """Capture an event of an AI wrapper. See :meth:`posthog.client.Client.capture_ai`."""
    return posthog._proxy("capture_ai", event, **kwargs)


def set(**kwargs: Unpack[OptionalSetArgs]) -> str | None:  # noqa: A001 - the official name
    """Set properties of a person, and return the event's id, or ``None`` without a person or properties."""
    return posthog._proxy("set", **kwargs)


def set_once(**kwargs: Unpack[OptionalSetArgs]) -> str | None:
    """Set properties of a person that are not set yet, and return the event's id, or ``None`` as :func:`set`."""
    return posthog._proxy("set_once", **kwargs)


def group_identify(
    group_type: str,
    group_key: str,
    properties: dict[str, Any] | None = None,
    timestamp: datetime | str | None = None,
    uuid: str | UUID | None = None,
    disable_geoip: bool | None = None,
    distinct_id: ID_TYPES | None = None,
) -> str | None:
    """Set properties of a group. See :meth:`posthog.client.Client.group_identify`."""
    return posthog._proxy(
        "group_identify",
        group_type,
        group_key,
        properties=properties,
        timestamp=timestamp,
        uuid=uuid,
        disable_geoip=disable_geoip,
        distinct_id=distinct_id,
    )


def alias(
    previous_id: ID_TYPES,
    distinct_id: ID_TYPES | None,
    timestamp: datetime | str | None = None,
    uuid: str | UUID | None = None,
    disable_geoip: bool | None = None,
) -> str | None:
    """Say that two ids are one person's. See :meth:`posthog.client.Client.alias`."""
    return posthog._proxy(
        "alias", previous_id, distinct_id, timestamp=timestamp, uuid=uuid, disable_geoip=disable_geoip
    )


def capture_exception(exception: ExceptionArg | None = None, **kwargs: Unpack[OptionalCaptureArgs]) -> str | None:
    """Capture an exception with its frames, source lines and causes.

    Args:
        exception: An exception, or what ``sys.exc_info()`` returns; the one being handled unless given.
        **kwargs: See :class:`posthog.args.OptionalCaptureArgs`.

    Returns:
        The event's id, or ``None`` when the exception was captured before, or was not accepted. It never raises.

    """
    return posthog._proxy("capture_exception", exception, **kwargs)


def flush(timeout_seconds: float | None = 10) -> None:
    """Wait until what was captured is delivered or lost. See :meth:`posthog.client.Client.flush`."""
    posthog._proxy("flush", timeout_seconds)


def join() -> None:
    """Do as :func:`shutdown` does."""
    posthog._proxy("join")


def shutdown() -> None:
    """Take no more events, and send what waits. See :meth:`posthog.client.Client.shutdown`."""
    posthog._proxy("shutdown")


def tag(name: str, value: Any) -> None:
    """Put a property on every event of the current context; outside of any, do nothing."""
    contexts.tag(name, value)


def start_span(
    name: str,
    *,
    kind: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    parent: Span | str | None = None,
    tracestate: str | None = None,
    start_time: datetime | float | None = None,
) -> Span:
    """Return a span that records nothing. See :meth:`posthog.client.Client.start_span`."""
    return posthog._proxy(
        "start_span",
        name,
        kind=kind,
        attributes=attributes,
        parent=parent,
        tracestate=tracestate,
        start_time=start_time,
    )


def get_active_span() -> Span | None:
    """Return the span that is current: there is none."""
    return posthog._proxy("get_active_span")
