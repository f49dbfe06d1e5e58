"""The same under another name."""

from site_under_test.management.commands import work


class Command(work.Command):
    pass
