"""Checks of whether the middleware hears of exceptions: who answers them first keeps them to themselves."""

from collections.abc import Iterator, Mapping
from typing import Any

import django.conf
from django.core.checks import CheckMessage, Info

from posthog.integrations.django.checks.site import places_of_middleware
from posthog.integrations.django.paths import imported


def check_rest_framework(**_options: Any) -> Iterator[CheckMessage]:
    """Yield that Django REST framework answers without telling."""
    site = django.conf.settings
    is_reported = getattr(site, "POSTHOG_DRF_AUTO", None) is True or _is_ours(_handler())
    if "rest_framework" in site.INSTALLED_APPS and not is_reported and _are_captured():
        yield Info(
            "Exceptions that Django REST framework answers itself are not reported.",
            hint='Set POSTHOG_DRF_AUTO = True, or "EXCEPTION_HANDLER" in REST_FRAMEWORK to'
            ' "posthog.integrations.drf.exception_handler".',
            id="posthog.I003",
        )


def check_inner_middleware(**_options: Any) -> Iterator[CheckMessage]:
    """Yield the middleware whose answers to exceptions hide them."""
    places = places_of_middleware()
    if not places or not _are_captured():
        return
    inner = django.conf.settings.MIDDLEWARE[places[-1] + 1 :]
    hiding = [path for path in inner if _answers_exceptions(imported(path))]
    if hiding:
        yield Info(
            f"Exceptions that {', '.join(hiding)} answers are not reported: Django asks it before posthog.",
            hint="Put the middleware of posthog last in MIDDLEWARE.",
            id="posthog.I004",
        )


def _are_captured() -> bool:
    return getattr(django.conf.settings, "POSTHOG_MW_CAPTURE_EXCEPTIONS", True) is not False


def _answers_exceptions(middleware: object) -> bool:
    return isinstance(middleware, type) and callable(getattr(middleware, "process_exception", None))


def _handler() -> object:
    """Return the exception handler that the site has named."""
    framework = getattr(django.conf.settings, "REST_FRAMEWORK", None)
    return imported(framework.get("EXCEPTION_HANDLER")) if isinstance(framework, Mapping) else None


def _is_ours(handler: object) -> bool:
    # As files of the official package may lie among ours, the module that makes them is not imported here.
    return getattr(handler, "captures_exceptions", False) is True


CHECKS = (check_rest_framework, check_inner_middleware)
