"""The clients of this process, for those who must reach every one of them."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from posthog.client import Client

# A dict of weak references, listed in one step: a WeakSet may not grow while another thread looks at it, and a lock
# could be held for ever in a forked child.
_alive: dict[int, weakref.ref[Client]] = {}


def add(client: Client) -> None:
    """Remember *client* for as long as it lives."""
    key = id(client)

    def forget(gone: weakref.ref[Client]) -> None:
        # The key may already be that of a younger client.
        if _alive.get(key) is gone:
            del _alive[key]

    _alive[key] = weakref.ref(client, forget)


def alive() -> list[Client]:
    """Return the clients that are alive."""
    found = (reference() for reference in list(_alive.values()))
    return [client for client in found if client is not None]
