"""The application `posthog.integrations.django`, for sites that list it in `INSTALLED_APPS`."""

from django.apps import AppConfig

from posthog.integrations.django import checks, configuration


class PosthogConfig(AppConfig):
    """Makes the global client of the site's settings, and adds system checks and commands.

    Becoming ready starts nothing and asks no server: the first event makes the client, in the process that captures it.
    """

    name = "posthog.integrations.django"
    label = "posthog_django"
    verbose_name = "PostHog"

    def ready(self) -> None:
        """Let the global client follow the settings, and have them checked."""
        configuration.install()
        checks.register()
