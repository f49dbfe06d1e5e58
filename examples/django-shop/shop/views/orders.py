"""What the visitor ordered, as a page and as a streamed file."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import posthog
from django.db.models import Q
from django.http import StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from shop.models import Order, OrderLine
from shop.views.checkout import SESSION_ORDERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show the visitor's orders."""
    return render(request, "shop/orders.html", {"orders": _orders(request).prefetch_related("lines__product")})


@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send the lines of the visitor's orders as CSV, a row at a time."""
    lines = OrderLine.objects.filter(order__in=_orders(request)).select_related("order", "product")
    return StreamingHttpResponse(
        _rows(lines),
        content_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="orders.csv"'},
    )


class _Echo:
    """What ``csv.writer`` writes to when the caller wants each row back."""

    def write(self, row: str) -> str:
        return row


def _rows(lines: QuerySet[OrderLine]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(["order", "placed_at", "product", "quantity", "price_cents"])
    sent = 0
    for line in lines.order_by("pk").iterator():
        sent += 1
        yield writer.writerow(
            [line.order.pk, line.order.placed_at.isoformat(), line.product.slug, line.quantity, line.price_cents]
        )
    # The view has returned long ago: this runs while the server sends the body.
    posthog.capture("orders_exported", properties={"rows": sent})


def _orders(request: HttpRequest) -> QuerySet[Order]:
    mine = Q(pk__in=request.session.get(SESSION_ORDERS, []))
    if request.user.is_authenticated:
        mine |= Q(user=request.user)
    orders: QuerySet[Order] = Order.objects.filter(mine)
    return orders
