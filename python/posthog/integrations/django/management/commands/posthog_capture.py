"""`manage.py posthog_capture`: sends one event, and fails if it does not arrive."""

import json
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

import posthog
from posthog.integrations.django.delivery import UndeliveredError, deliver
from posthog.integrations.django.management.arguments import add_timeout


class Command(BaseCommand):
    """Captures an event through the global client, and waits until the server has it."""

    help = "Sends one event to PostHog, and waits until it is accepted."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the event and who it is about."""
        parser.add_argument("event", help="its name, as 'order placed'")
        parser.add_argument("--distinct-id", required=True, help="who it is about")
        parser.add_argument(
            "--prop",
            action="append",
            default=[],
            type=_property,
            metavar="NAME=VALUE",
            help="a property; the value is read as JSON if it is some, else as text; may be repeated",
        )
        add_timeout(parser)

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Send the event."""
        client = posthog.setup()
        try:
            receipt = deliver(
                client,
                options["event"],
                distinct_id=options["distinct_id"],
                properties=dict(options["prop"]),
                timeout=options["timeout"],
                retries=client.max_retries,
            )
        except UndeliveredError as error:
            raise CommandError(f"The event was not delivered: {error}.") from error
        self.stdout.write(self.style.SUCCESS(f"{client.host} has accepted the event {receipt.uuid}."))


def _property(text: str) -> tuple[str, Any]:
    name, separator, value = text.partition("=")
    if not name or not separator:
        raise ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
