"""The address that a request came from, as the proxies in front of the site tell it."""

from socket import AF_INET, AF_INET6, inet_pton
from typing import Final

#: Longer lists are nobody's way through the network; each entry tried takes time.
MAX_ENTRIES: Final = 32


def forwarded_address(forwarded: object, trusted_proxies: int | None) -> str | None:
    """Return the client's address in *forwarded*, the value of an `X-Forwarded-For` header.

    That is the first one that is an address. Anybody may send a header with whatever they like in it; each proxy only
    appends. With *trusted_proxies* in front of the site it is the entry that the outermost of them wrote, so many from
    the right (the first of a shorter list), or ``None`` if that is no address.
    """
    if not isinstance(forwarded, str):
        return None
    if trusted_proxies is None:
        for entry in forwarded.split(",", MAX_ENTRIES):
            address = plain_address(entry)
            if address is not None:
                return address
        return None
    entries = [entry for entry in forwarded.split(",") if entry.strip()]
    written_by_proxies = entries[-trusted_proxies:] if trusted_proxies else []
    return plain_address(written_by_proxies[0]) if written_by_proxies else None


def plain_address(text: object) -> str | None:
    """Return the address in *text* without port, zone, brackets and quotes; ``None`` if there is none."""
    if not isinstance(text, str):
        return None
    bare = text.strip(' "')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    bare = bare.partition("%")[0]
    try:
        # Ten times as fast as `ipaddress`, and as strict.
        inet_pton(AF_INET6 if ":" in bare else AF_INET, bare)
    except (OSError, ValueError):
        return None
    return bare
