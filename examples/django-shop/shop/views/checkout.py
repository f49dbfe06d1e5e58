"""Buying: pays for the cart and writes the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import posthog
from django.db import transaction
from django.views.decorators.http import require_POST

from shop import payments
from shop.cart import Cart, Line, total_cents
from shop.models import Order, OrderLine
from shop.views._answers import done

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

# Orders that a visitor without a login may still look at.
SESSION_ORDERS = "orders"


@require_POST
def buy(request: HttpRequest) -> HttpResponseBase:
    """Place an order for what is in the cart."""
    cart = Cart(request.session)
    lines = cart.lines()
    if not lines:
        return done(request, "Your cart is empty.", back_to="cart", status=409)
    posthog.capture("checkout_started", properties={"total_cents": total_cents(lines), "lines": len(lines)})
    payment = payments.charge(lines)
    order = _place(request, lines)
    cart.clear()
    posthog.capture(
        "order_placed",
        properties={"order": order.pk, "total_cents": order.total_cents, "payment": payment},
    )
    return done(request, f"Thank you. Order {order.pk} is on its way.", back_to="orders")


@transaction.atomic
def _place(request: HttpRequest, lines: list[Line]) -> Order:
    user = request.user if request.user.is_authenticated else None
    order: Order = Order.objects.create(user=user, total_cents=total_cents(lines))
    OrderLine.objects.bulk_create(
        OrderLine(order=order, product=line.product, quantity=line.quantity, price_cents=line.product.price_cents)
        for line in lines
    )
    request.session[SESSION_ORDERS] = [*request.session.get(SESSION_ORDERS, []), order.pk]
    return order
