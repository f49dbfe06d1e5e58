"""The visitor's cart, kept in the session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shop.models import Product, euros

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

_KEY = "cart"


@dataclass(frozen=True)
class Line:
    """So many of one product."""

    product: Product
    quantity: int

    @property
    def sum_cents(self) -> int:
        """What the line costs."""
        return self.product.price_cents * self.quantity

    @property
    def sum(self) -> str:
        """What the line costs, to read."""
        return euros(self.sum_cents)


class Cart:
    """Quantities by product, read from and written to one session."""

    def __init__(self, session: SessionBase) -> None:
        """Wrap *session*; nothing is written until :meth:`add` or :meth:`clear`."""
        self._session = session

    def add(self, product: Product, quantity: int = 1) -> None:
        """Put *quantity* more of *product* into the cart."""
        quantities = self._quantities()
        quantities[product.slug] = quantities.get(product.slug, 0) + quantity
        self._session[_KEY] = quantities

    def remove(self, product: Product) -> None:
        """Take all of *product* out of the cart."""
        quantities = self._quantities()
        quantities.pop(product.slug, None)
        self._session[_KEY] = quantities

    def clear(self) -> None:
        """Empty the cart."""
        self._session.pop(_KEY, None)

    def count(self) -> int:
        """Return how many things are in the cart."""
        return sum(self._quantities().values())

    def lines(self) -> list[Line]:
        """Return the cart's lines, in shelf order."""
        quantities = self._quantities()
        return [Line(product, quantities[product.slug]) for product in Product.objects.filter(slug__in=quantities)]

    def _quantities(self) -> dict[str, int]:
        return dict(self._session.get(_KEY, {}))


def total_cents(lines: list[Line]) -> int:
    """Return what *lines* cost together."""
    return sum(line.sum_cents for line in lines)
