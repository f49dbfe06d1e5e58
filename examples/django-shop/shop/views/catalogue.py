"""The shelves, one product, and how many of it are left."""

from __future__ import annotations

import posthog
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import aget_object_or_404, get_object_or_404, render
from django.views.decorators.http import require_GET

from shop.catalogue import CatalogueError, delivery_days
from shop.models import Product


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Show all products."""
    return render(request, "shop/catalogue.html", {"products": Product.objects.all()})


@require_GET
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """Show one product."""
    shown = get_object_or_404(Product, slug=slug)
    posthog.capture("product_viewed", properties={"product": shown.slug, "price_cents": shown.price_cents})
    return render(request, "shop/product.html", {"product": shown})


@require_GET
async def stock(request: HttpRequest, slug: str) -> JsonResponse:
    """Tell how many of a product are left."""
    asked = await aget_object_or_404(Product, slug=slug)
    posthog.capture("stock_checked", properties={"product": asked.slug, "left": asked.stock})
    return JsonResponse({"message": f"{asked.stock} left in the warehouse."})


@require_GET
def delivery(request: HttpRequest, slug: str) -> JsonResponse:
    """Tell when a product arrives, if the catalogue can say."""
    asked = get_object_or_404(Product, slug=slug)
    try:
        days = delivery_days(asked.slug)
    except CatalogueError:
        return JsonResponse({"message": "Nobody can say when it arrives. Ask again later."}, status=502)
    posthog.capture("delivery_checked", properties={"product": asked.slug, "days": days})
    return JsonResponse({"message": f"It arrives in {days} days."})


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Answer load balancers; the settings keep this path out of tracking."""
    return HttpResponse("ok", content_type="text/plain")
