"""What the shop sells and what was ordered."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse


def euros(cents: int) -> str:
    """Return *cents* as a price to read, such as ``€ 12.50``."""
    return f"€ {cents // 100}.{cents % 100:02d}"


class Product(models.Model):
    """One thing on the shelves."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    blurb = models.CharField(max_length=120)
    description = models.TextField()
    icon = models.CharField(max_length=20)
    price_cents = models.PositiveIntegerField()
    stock = models.PositiveIntegerField()
    # No payment of such a product ever succeeds: the demo needs an exception with a cause.
    payable = models.BooleanField(default=True)

    class Meta:
        """Shelf order is the order of seeding."""

        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the product's page."""
        return reverse("product", args=[self.slug])

    @property
    def price(self) -> str:
        """The price to read."""
        return euros(self.price_cents)


class Order(models.Model):
    """One paid cart."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)
    placed_at = models.DateTimeField(auto_now_add=True)
    total_cents = models.PositiveIntegerField()

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        """Return the number customers see."""
        return f"order {self.pk}"

    @property
    def total(self) -> str:
        """The sum to read."""
        return euros(self.total_cents)


class OrderLine(models.Model):
    """So many of one product in an order, at the price of that day."""

    order = models.ForeignKey(Order, related_name="lines", on_delete=models.CASCADE)
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField()
    price_cents = models.PositiveIntegerField()

    def __str__(self) -> str:
        """Return the line as a receipt shows it."""
        return f"{self.quantity} x {self.product}"
