"""What of a request stays on the site, as its settings say."""

from collections.abc import Collection, Mapping
from typing import Final

from posthog._native import Privacy
from posthog.integrations.django.callbacks import tell_once

__all__ = ["DEFAULT", "QUERY_STRING", "QUERY_WORDS", "Privacy", "privacy_of"]

QUERY_STRING: Final = "POSTHOG_MW_QUERY_STRING"
#: What the setting may say in one word: values of secret parameters are redacted, there is no query, all of it stays.
QUERY_WORDS: Final = ("keep", "drop", "all")

DEFAULT: Final = Privacy()


def privacy_of(trusted_proxies: object, ip_from_peer: object, query_string: object) -> Privacy:
    """Return what the values of the three settings mean; one of a wrong type counts as the default."""
    return Privacy(
        _count(trusted_proxies),
        ip_from_peer if isinstance(ip_from_peer, bool) else False,
        _query(query_string),
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _query(value: object) -> str | list[str]:
    if isinstance(value, str):
        if value not in QUERY_WORDS:
            tell_once(QUERY_STRING, '%s is neither "keep", "drop", "all" nor a collection of names', QUERY_STRING)
            return "keep"
        return value
    if isinstance(value, Collection) and not isinstance(value, bytes | Mapping):
        return [name for name in value if isinstance(name, str)]
    return "keep"
