"""What of a request stays on the site, as its settings say."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from posthog.integrations.django.callbacks import tell_once
from posthog.integrations.django.query_string import Policy, dropped, only, redacted, unchanged

QUERY_STRING: Final = "POSTHOG_MW_QUERY_STRING"

_QUERY_POLICIES: Final[Mapping[str, Policy]] = {"keep": redacted, "drop": dropped, "all": unchanged}
#: What the setting may say in one word.
QUERY_WORDS: Final = tuple(_QUERY_POLICIES)


class Privacy(NamedTuple):
    """What of a request goes into its tags."""

    #: How many proxies in front of the site append to `X-Forwarded-For`; ``None`` believes the whole header.
    trusted_proxies: int | None = None
    #: Whether the other end of the connection counts as the client where the header names none.
    ip_from_peer: bool = False
    query_string: Policy = redacted


DEFAULT: Final = Privacy()


def privacy_of(trusted_proxies: object, ip_from_peer: object, query_string: object) -> Privacy:
    """Return what the values of the three settings mean; one of a wrong type counts as the default."""
    return Privacy(
        _count(trusted_proxies),
        ip_from_peer if isinstance(ip_from_peer, bool) else False,
        _query_policy(query_string),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _query_policy(value: object) -> Policy:
    if isinstance(value, str):
        if value not in _QUERY_POLICIES:
            tell_once(QUERY_STRING, '%s is neither "keep", "drop", "all" nor a collection of names', QUERY_STRING)
        return _QUERY_POLICIES.get(value, redacted)
    if isinstance(value, Iterable) and not isinstance(value, bytes | Mapping):
        return only({name for name in value if isinstance(name, str)})
    return redacted
