"""``manage.py seed``: fills the shelves and makes the demo's customer."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from shop.models import Product

DEMO_USER = "demo"
DEMO_PASSWORD = "demo"

_PRODUCTS: list[dict[str, object]] = [
    {
        "slug": "ridge-jacket",
        "name": "Ridge Jacket",
        "blurb": "Keeps the west wind where it belongs.",
        "description": "A three-layer shell with taped seams, two pockets that take a folded map, and a hood "
        "that fits over a helmet. Made to be worn for years.",
        "icon": "jacket",
        "price_cents": 18900,
        "stock": 14,
    },
    {
        "slug": "summit-pack",
        "name": "Summit Pack 32",
        "blurb": "Two days of walking, on one back.",
        "description": "32 litres, a frame of aluminium, and straps that stay where you put them. "
        "The lid comes off and becomes a small bag for the last hour to the top.",
        "icon": "pack",
        "price_cents": 12950,
        "stock": 9,
    },
    {
        "slug": "trail-mug",
        "name": "Trail Mug",
        "blurb": "Coffee tastes better at dawn.",
        "description": "Enamelled steel, 350 millilitres, chips included after the first fall. Goes on the fire.",
        "icon": "mug",
        "price_cents": 1450,
        "stock": 120,
    },
    {
        "slug": "ember-lantern",
        "name": "Ember Lantern",
        "blurb": "Warm light for sixty hours.",
        "description": "A dimmable lantern that stands, hangs and floats. Charges over USB-C in three hours.",
        "icon": "lantern",
        "price_cents": 4900,
        "stock": 31,
    },
    {
        "slug": "contour-map",
        "name": "Contour Map",
        "blurb": "The whole ridge at 1:25,000.",
        "description": "Printed on paper that does not mind the rain. Paths, springs, huts, and every contour line.",
        "icon": "map",
        "price_cents": 1690,
        "stock": 58,
    },
    {
        "slug": "gift-voucher",
        "name": "Gift Voucher",
        "blurb": "Paying for it always fails. Try it.",
        "description": "The voucher service never answers, so buying this one ends in an exception with a cause: "
        "a PaymentError, raised from a GatewayTimeoutError.",
        "icon": "voucher",
        "price_cents": 2500,
        "stock": 1000,
        "payable": False,
    },
]


class Command(BaseCommand):
    """Make the products and the demo user; running it again changes nothing else."""

    help = "Fill the catalogue and make the demo user."

    def handle(self, *args: object, **options: object) -> None:  # noqa: ARG002 -- Django's signature
        """Write what is missing."""
        for product in _PRODUCTS:
            Product.objects.update_or_create(slug=product["slug"], defaults=product)
        users = get_user_model().objects
        if not users.filter(username=DEMO_USER).exists():
            users.create_user(DEMO_USER, email="demo@shop.example", password=DEMO_PASSWORD)
        if options["verbosity"]:
            self.stdout.write(f"{len(_PRODUCTS)} products, user {DEMO_USER!r} with password {DEMO_PASSWORD!r}")
