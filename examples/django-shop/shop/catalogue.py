"""The catalogue: a service of its own, asked over HTTP on behalf of the visitor."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from django.conf import settings
from posthog.propagation import propagate

# A visitor waits for the answer, and the shop can do without.
_SECONDS = 2

_log = logging.getLogger(__name__)

# The environment's proxies are for the internet; the catalogue is a neighbour.
_client = httpx.Client(base_url=settings.CATALOGUE_URL, timeout=_SECONDS, trust_env=False)
# Its requests say who the visitor is and which visit it is, and so do the events of the catalogue.
propagate(_client, [urlsplit(settings.CATALOGUE_URL).hostname or ""])


class CatalogueError(Exception):
    """The catalogue did not give the answer that was asked for."""


def price_cents(slug: str) -> int:
    """Return today's price of a product, in cents; raise `CatalogueError` if it cannot be had."""
    return _number(f"/products/{quote(slug)}", "price_cents")


def delivery_days(slug: str) -> int:
    """Return in how many days a product arrives; raise `CatalogueError` if nobody can say."""
    return _number(f"/products/{quote(slug)}/delivery", "days")


def _number(path: str, name: str) -> int:
    try:
        response = _client.get(path)
        response.raise_for_status()
        answer: Any = response.json()
        return int(answer[name])
    except (httpx.HTTPError, ValueError, TypeError, KeyError) as error:
        _log.warning("the catalogue has no %s at %s%s: %s", name, settings.CATALOGUE_URL, path, error)
        raise CatalogueError(path) from error
