"""Shows, sends or removes the events that lie on disk: ``python -m posthog.journal --help``.

Clients send by themselves what processes have left behind that are gone. This is for who wants to look, cannot wait for
the next client, or wants the events to be gone.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from posthog import _native

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENVIRONMENT = "POSTHOG_JOURNAL"
_UNITS = (("d", 86400), ("h", 3600), ("min", 60))
_KIB = 1024


@dataclass(frozen=True)
class Journal:
    """The journal of one process."""

    project: str
    """The name of its project's folder, made of host and key: see :func:`project_name`."""
    process: str
    """The name of its folder, which begins with the number of the process."""
    lives: bool
    events: int
    """Events that are not delivered yet."""
    bytes: int
    written: float | None
    """When anything was last written there, in seconds since 1970."""


@dataclass(frozen=True)
class Survey:
    """What lies below a directory."""

    journals: list[Journal]
    dead_letters: dict[str, int]
    """Events that their server would not have, by project."""


def directory() -> str | None:
    """Return where this environment's journals are; ``None`` if there are none."""
    found = _native.journal_directory(os.environ.get(_ENVIRONMENT) or "on")
    return None if found is None else str(found)


def project_name(host: str, api_key: str, historical_migration: bool = False) -> str:
    """Return the name of a project's folder."""
    return _native.journal_project(host, api_key, historical_migration)


def survey(folder: str) -> Survey:
    """Return what lies in the journals below *folder*; nothing if it is not there.

    Raises:
        OSError: It cannot be read, or is not this user's alone.

    """
    journals, dead_letters = _native.survey_journals(folder)
    return Survey([Journal(*found) for found in journals], dict(dead_letters))


def purge(folder: str, project: str | None = None, dead_letters: bool = False) -> int:
    """Remove the journals of processes that are gone, and return how many events were in them: they are lost.

    Args:
        folder: Where the journals are.
        project: Only those of this project.
        dead_letters: Remove those too; they are not counted.

    Raises:
        OSError: Something cannot be removed; what was removed by then stays removed.

    """
    return _native.purge_journals(folder, project, dead_letters)


def send(
    folder: str,
    api_key: str,
    host: str | None = None,
    historical_migration: bool = False,
    timeout: float | None = None,
) -> tuple[int, str | None]:
    """Send what processes that are gone have left of a project's events.

    Returns:
        How many events the server has taken, and why there are some left, if there are.

    """
    from posthog.client import Client  # noqa: PLC0415 - whoever only looks needs none

    client = Client(api_key, host, journal_dir=folder, historical_migration=historical_migration)
    return client._send_left(timeout)  # noqa: SLF001 - ours


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return what the process should exit with."""
    given = _parser().parse_args(arguments)
    folder = given.dir or directory()
    if folder is None:
        print(f"The journal is off: {_ENVIRONMENT} says so. Name a directory with --dir.")
        return 1
    try:
        return int(given.run(folder, given))
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m posthog.journal", description="Shows, sends or removes the events that lie on disk."
    )
    parser.add_argument("--dir", help=f"where they are; else as {_ENVIRONMENT} says, else /var/tmp/hogback-<user>")
    parser.set_defaults(run=_list)
    commands = parser.add_subparsers(title="commands", metavar="")
    commands.add_parser("list", help="show what lies there (also without a command)").set_defaults(run=_list)
    sends = commands.add_parser("send", help="send what processes have left behind that are gone")
    sends.add_argument("--key", required=True, help="the project's key")
    sends.add_argument("--host", help="where events go; https://us.i.posthog.com unless given")
    sends.add_argument(
        "--historical-migration", action="store_true", help="send those that were imported from the past"
    )
    sends.add_argument("--timeout", type=float, help="seconds after which it ends; unless given it goes on")
    sends.set_defaults(run=_send)
    purges = commands.add_parser("purge", help="remove what processes have left behind that are gone: it is lost")
    purges.add_argument("--project", help="only this project's, by its name in the list")
    purges.add_argument("--dead-letters", action="store_true", help="remove the dead letters too")
    purges.add_argument("--yes", action="store_true", help="do not ask")
    purges.set_defaults(run=_purge)
    return parser


def _list(folder: str, _given: argparse.Namespace) -> int:
    found = survey(folder)
    if not found.journals and not found.dead_letters:
        print(f"Nothing lies in {folder}.")
        return 0
    print(f"{folder}\n")
    for project in sorted({journal.project for journal in found.journals} | set(found.dead_letters)):
        print(f"project {project}")
        for journal in found.journals:
            if journal.project == project:
                print(f"  {_described(journal)}")
        letters = found.dead_letters.get(project)
        if letters:
            print(f"  {_counted(letters, 'dead letter')} in {os.path.join(folder, project, 'dead')}")  # noqa: PTH118
    left = sum(journal.events for journal in found.journals if not journal.lives)
    if left:
        print(f"\n{_counted(left, 'event')} of processes that are gone: the next client of their project sends them.")
    return 0


def _send(folder: str, given: argparse.Namespace) -> int:
    sent, left = send(folder, given.key, given.host, given.historical_migration, given.timeout)
    print(f"{_counted(sent, 'event')} sent.")
    if left is not None:
        print(f"Others are left: {left}")
    return 0 if left is None else 1


def _purge(folder: str, given: argparse.Namespace) -> int:
    found = survey(folder).journals
    affected = [journal for journal in found if not journal.lives and given.project in (None, journal.project)]
    if not given.yes:
        question = f"Remove {_counted(sum(journal.events for journal in affected), 'event')} for good? [y/N] "
        if input(question).strip().lower() not in {"y", "yes"}:
            print("Nothing was removed.")
            return 1
    print(f"{_counted(purge(folder, given.project, given.dead_letters), 'event')} removed.")
    return 0


def _described(journal: Journal) -> str:
    who = f"process {journal.process.partition('-')[0]}"
    state = "lives" if journal.lives else "gone"
    size = f"{-(-journal.bytes // _KIB)} KiB"
    return f"{who:<16} {state:<6} {_counted(journal.events, 'event'):<16} {size:<12} written {_ago(journal.written)}"


def _ago(written: float | None) -> str:
    if written is None:
        return "at an unknown time"
    seconds = max(0, time.time() - written)
    for unit, length in _UNITS:
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return f"{int(seconds)} s ago"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


if __name__ == "__main__":
    sys.exit(main())
