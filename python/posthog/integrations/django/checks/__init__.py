"""System checks: what `manage.py check` says about the settings. None of them asks a server or makes a client."""

from django.core.checks import register as register_check

from posthog.integrations.django.checks import client, middleware, runs, silence, site, visitors

#: `manage.py check --tag posthog` runs these checks alone.
TAG = "posthog"


def register() -> None:
    """Add the checks to those of Django; doing so again changes nothing."""
    for module in (client, middleware, visitors, runs, site, silence):
        for check in module.CHECKS:
            register_check(check, TAG)
    for check in site.DEPLOYMENT_CHECKS:
        register_check(check, TAG, deploy=True)
