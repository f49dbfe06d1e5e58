"""The application `posthog.integrations.django`, for sites that list it in `INSTALLED_APPS`."""

from django.apps import AppConfig

from posthog.integrations.django import checks, command_context, configuration


class PosthogConfig(AppConfig):
    """Makes the global client of the site's settings, adds system checks and commands, and gives commands a context.

    Becoming ready starts nothing and asks no server: the first event makes the client, in the process that captures it.
    """

    name = "posthog.integrations.django"
    label = "posthog_django"
    verbose_name = "PostHog"

    def ready(self) -> None:
        """Let the global client and the commands follow the settings, and have those checked."""
        configuration.install()
        command_context.install()
        checks.register()
