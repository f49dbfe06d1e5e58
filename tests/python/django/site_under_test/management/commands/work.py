"""A command that does what it is told."""

import posthog
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string


def capture():
    posthog.capture("worked", distinct_id="u")
    return "done"


def capture_then_fail():
    capture()
    raise ValueError("at work")


class Command(BaseCommand):
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--job", default=capture, type=lambda name: import_string(f"{__name__}.{name}"))

    def handle(self, *arguments, **options):
        return options["job"]()
