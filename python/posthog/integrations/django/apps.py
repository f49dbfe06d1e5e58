"""The application `posthog.integrations.django`, for sites that list it in `INSTALLED_APPS`."""

from typing import Any

from django.apps import AppConfig

from posthog.integrations.django import checks, configuration, on_demand


class PosthogConfig(AppConfig):
    """Makes the global client of the site's settings, adds system checks and commands, and wraps what is asked for.

    Becoming ready starts nothing and asks no server: the first event makes the client, in the process that captures it.
    """

    name = "posthog.integrations.django"
    label = "posthog_django"
    verbose_name = "PostHog"

    def __init__(self, app_name: str, app_module: Any) -> None:
        """Let the global client follow the settings before any application is ready: whoever is may capture."""
        super().__init__(app_name, app_module)
        configuration.install()

    def ready(self) -> None:
        """Let commands and REST views follow the settings, and have all of them checked."""
        on_demand.follow("POSTHOG_COMMAND_CONTEXT", "posthog.integrations.django.command_context")
        on_demand.follow("POSTHOG_DRF_AUTO", "posthog.integrations.django.drf_auto")
        checks.register()
