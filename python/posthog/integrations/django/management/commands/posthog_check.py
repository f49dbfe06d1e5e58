"""`manage.py posthog_check`: says how posthog is set up here, and whether an event arrives."""

from typing import Any, Final

import django.conf
from django.core.management.base import BaseCommand, CommandError, CommandParser

import posthog
from posthog import journal
from posthog.client import Client
from posthog.integrations.django import checks, configuration, installation, paths
from posthog.integrations.django.checks.site import places_of_middleware
from posthog.integrations.django.delivery import UndeliveredError, deliver
from posthog.integrations.django.management.arguments import add_timeout

EVENT: Final = "posthog_check"
_CLIENT_SETTING: Final = "POSTHOG_MW_CLIENT"
#: Options whose values open doors.
_SECRETS: Final = (configuration.KEY, "personal_api_key", "secret_key")
#: Options that are shown, set or not, and the client's names for them.
_ALWAYS_SHOWN: Final = {configuration.KEY: "api_key", "host": "host", "disabled": "disabled", "send": "send"}
#: Enough of a key to tell it from another; of a short one nothing.
_SHOWN_CHARACTERS: Final = 4
_SHORT: Final = 16


class Command(BaseCommand):
    """Shows the configuration in effect, and sends a test event."""

    help = "Shows how posthog is set up, checks it, and sends a test event. Exits with 1 if anything is wrong."
    # They run when the files have turned out to be ours.
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's declaration

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the time to wait for the server."""
        add_timeout(parser)

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Go from the files to the server, and stop where something is wrong."""
        self._check_files()
        client = posthog.setup()
        self._show_options(client)
        self._show_middleware()
        self._show_journal(client)
        self._title("System checks")
        self.check(tags=[checks.TAG], display_num_errors=True)
        self._title("Test event")
        clients = {"": client}
        other = paths.client_of(_CLIENT_SETTING, getattr(django.conf.settings, _CLIENT_SETTING, None))
        if other is not None:
            clients[f"{_CLIENT_SETTING}: "] = other
        arrived = [self._try(name, tried, options["timeout"]) for name, tried in clients.items()]
        if not all(arrived):
            raise CommandError("The test event did not arrive.")

    def _check_files(self) -> None:
        package = installation.folder()
        self.stdout.write(f"posthog {posthog.VERSION} in {package}")
        problems = installation.problems(package)
        if problems:
            message = "Files of the official package and of hogback are mixed:"
            raise CommandError("\n  ".join((message, *problems)) + f"\n{installation.REMEDY}")

    def _show_options(self, client: Client) -> None:
        self._title("Configuration")
        if client is not configuration.made_last():
            self._row("client", "posthog.default_client", "made by the program")
            found = {}
        else:
            found = configuration.options_in_effect(posthog._assigned_options())  # noqa: SLF001 - a function of ours
        for name in (*_ALWAYS_SHOWN, *(name for name in found if name not in _ALWAYS_SHOWN)):
            value = getattr(client, _ALWAYS_SHOWN[name]) if name in _ALWAYS_SHOWN else found[name].value
            self._row(name, _masked(value) if name in _SECRETS else value, found[name].source if name in found else "")

    def _show_middleware(self) -> None:
        self._title("Middleware")
        places = places_of_middleware()
        for place, path in enumerate(django.conf.settings.MIDDLEWARE):
            self.stdout.write(f"  {'->' if place in places else '  '} {path}")

    def _show_journal(self, client: Client) -> None:
        self._title("Journal")
        if client.journal_dir is None:
            self.stdout.write("  off: events wait in memory, and die with their process")
            return
        try:
            found = journal.survey(client.journal_dir)
        except OSError as error:
            self.stdout.write(self.style.ERROR(f"  cannot be used, events wait in memory: {error}"))
            return
        project = journal.project_name(client.host, client.api_key, client.historical_migration)
        own = [process for process in found.journals if process.project == project]
        left = sum(process.events for process in own if not process.lives)
        self._row("directory", client.journal_dir, "")
        self._row("project", project, "")
        self._row("waiting", sum(process.events for process in own), f"{left} of processes that are gone")
        self._row("dead letters", found.dead_letters.get(project, 0), "")

    def _try(self, name: str, client: Client, timeout: float) -> bool:
        """Send the test event through *client*, and return whether it arrived."""
        where = f"{name}{client.host}"
        try:
            # Without retries: whoever waits wants to read the first answer.
            receipt = deliver(
                client,
                EVENT,
                distinct_id=EVENT,
                properties={"$process_person_profile": False},
                timeout=timeout,
                retries=0,
            )
        except UndeliveredError as error:
            self.stdout.write(self.style.ERROR(f"  {where}: not delivered: {error}"))
            return False
        milliseconds = round(receipt.seconds * 1000)
        self.stdout.write(self.style.SUCCESS(f"  {where} has accepted {receipt.uuid} after {milliseconds} ms"))
        return True

    def _title(self, text: str) -> None:
        self.stdout.write(f"\n{self.style.MIGRATE_HEADING(text)}")

    def _row(self, name: str, value: object, source: str) -> None:
        self.stdout.write(f"  {name:<20} {value}{f'  ({source})' if source else ''}")


def _masked(key: Any) -> str:
    text = str(key or "")
    if not text:
        return "none"
    if len(text) < _SHORT:
        return "*" * len(text)
    return f"{text[:_SHOWN_CHARACTERS]}...{text[-_SHOWN_CHARACTERS:]}"
