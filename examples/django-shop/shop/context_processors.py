"""Values that every page of the shop shows or passes to posthog-js."""

from django.conf import settings
from django.http import HttpRequest

from shop.cart import Cart


def shop(request: HttpRequest) -> dict[str, object]:
    """Return the cart's size and where the browser sends its events."""
    return {
        "cart_count": Cart(request.session).count(),
        "posthog_key": settings.POSTHOG_KEY,
        "posthog_host": settings.POSTHOG_HOST,
        "posthog_js_test": settings.POSTHOG_JS_TEST,
    }
