"""Sends one event while somebody waits for what becomes of it."""

import time
from dataclasses import dataclass
from typing import Any

from posthog.client import Client

#: What is sent for the client's options, in the order to try; the retries are the caller's.
_SAME = (
    "gzip",
    "capture_mode",
    "capture_compression",
    "historical_migration",
    "disable_geoip",
    "is_server",
    "super_properties",
    "before_send",
)


class UndeliveredError(Exception):
    """The event was not accepted; the text says why, for people."""


@dataclass(frozen=True)
class Receipt:
    """An event that the server has accepted."""

    uuid: str
    seconds: float


def deliver(
    client: Client, event: str, *, distinct_id: str, properties: dict[str, Any], timeout: float, retries: int
) -> Receipt:
    """Send *event* to where *client* sends its own, and return when the server has it.

    It goes through a client of its own, with the same options: what else waits there cannot delay it or answer for it.

    Raises:
        UndeliveredError: it was refused, or not accepted within *timeout* seconds.

    """
    if client.disabled:
        raise UndeliveredError("the client has no project API key" if not client.api_key else "the client is disabled")
    if not client.send:
        raise UndeliveredError("the client's option send is off")
    reasons: list[str] = []
    twin = Client(
        client.api_key,
        client.raw_host,
        max_retries=retries,
        timeout=min(client.timeout, timeout),
        journal_dir="off",  # whoever waits wants an answer, and no event that is sent some other time
        on_error=lambda error, _events: reasons.append(str(error)),
        **{name: getattr(client, name) for name in _SAME},
    )
    start = time.monotonic()
    uuid = twin.capture(event, distinct_id=distinct_id, properties=properties)
    if uuid is None:
        raise UndeliveredError("the event was not accepted: before_send dropped it, or its name is of no use")
    twin.flush(timeout)
    stats = twin.stats()
    if stats["delivered"] == 1:
        return Receipt(uuid, time.monotonic() - start)
    raise UndeliveredError("; ".join(reasons) or f"{twin.host} has not accepted it within {timeout:g} seconds")
