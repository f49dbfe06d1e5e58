"""Start-up of the shop: where its events go."""

import posthog
from django.apps import AppConfig
from django.conf import settings


class ShopConfig(AppConfig):
    """The shop as a Django app."""

    name = "shop"

    def ready(self) -> None:
        """Point the ``posthog`` package at the host and project of the settings."""
        posthog.project_api_key = settings.POSTHOG_KEY
        posthog.host = settings.POSTHOG_HOST
