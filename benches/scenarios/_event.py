"""The event that the rows about `capture()` and delivery send: 8 tags of a context and 8 properties."""

from collections.abc import Iterator
from contextlib import contextmanager

import posthog

TAGS: dict[str, object] = {
    "$current_url": "https://shop.example/cart/checkout?step=2",
    "$request_method": "POST",
    "$request_path": "/cart/checkout",
    "$ip": "203.0.113.7",
    "$user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
    "email": "ada@example.com",
    "plan": "team",
    "beta": True,
}

PROPERTIES: dict[str, object] = {
    "order_id": "ord_2c1f0e88",
    "total": 129.95,
    "currency": "EUR",
    "items": 3,
    "express": False,
    "coupon": None,
    "sku_list": ["A-100", "B-220", "C-310"],
    "shipping": {"country": "NL", "zone": 2},
}

EVENT = "order placed"


@contextmanager
def request_like_context(client: posthog.Posthog) -> Iterator[None]:
    """Open the context that a request would have, with a visitor, a visit and all tags."""
    with client.new_context():
        posthog.identify_context("user-4711")
        posthog.set_context_session("0191f3a2-77aa-7b1c-8f00-3d6c2f6a9e01")
        for name, value in TAGS.items():
            posthog.tag(name, value)
        yield


def capture(client: posthog.Posthog) -> None:
    """Capture the event, and fail if it was refused: a refusal costs less than an event."""
    if client.capture(EVENT, properties=PROPERTIES) is None:
        raise RuntimeError("the event was refused; a row must not measure refusals")
