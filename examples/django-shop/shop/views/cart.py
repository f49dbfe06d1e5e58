"""The cart: look, add, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

import posthog
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from shop.cart import Cart, total_cents
from shop.catalogue import CatalogueError, price_cents
from shop.models import Product, euros
from shop.views._answers import done

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Show what is in the cart."""
    lines = Cart(request.session).lines()
    return render(request, "shop/cart.html", {"lines": lines, "total": euros(total_cents(lines))})


@require_POST
def add(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Put one of a product into the cart."""
    product = get_object_or_404(Product, slug=slug)
    cart = Cart(request.session)
    cart.add(product)
    message = f"{product.name} is in your cart."
    try:
        price, known_by = price_cents(product.slug), "catalogue"
    except CatalogueError:
        # A catalogue that is away costs nobody an order.
        price, known_by = product.price_cents, "shelf"
        message += " The catalogue is away: the price is the one on the shelf."
    posthog.capture(
        "cart_item_added",
        properties={
            "product": product.slug,
            "cart_count": cart.count(),
            "price_cents": price,
            "price_from": known_by,
        },
    )
    return done(request, message, back_to="cart")


@require_POST
def remove(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Take a product out of the cart."""
    product = get_object_or_404(Product, slug=slug)
    Cart(request.session).remove(product)
    posthog.capture("cart_item_removed", properties={"product": product.slug})
    return done(request, f"{product.name} is out of your cart.", back_to="cart")
