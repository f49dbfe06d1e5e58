"""`POSTHOG_COMMAND_CONTEXT`: management commands run in a context of their own, and their failures are reported."""

import math
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from posthog import _clients
from posthog._patch import Patch
from posthog.contexts import ContextScope, _captures_exceptions, _get_current_context, _inside
from posthog.integrations.django import exceptions, settings
from posthog.integrations.django.callbacks import guarded, tell_once
from posthog.integrations.django.record import chain

CONTEXT: Final = "POSTHOG_COMMAND_CONTEXT"
FLUSH_TIMEOUT: Final = "POSTHOG_COMMAND_FLUSH_TIMEOUT"
DEFAULT_SECONDS: Final = 10.0
TAG: Final = "django_command"

#: Commands that run until they are stopped: servers, shells, workers, test runs. One context would hold whatever
#: happens meanwhile, and what one job said of its visitor would be on the events of the next.
ENDLESS: Final = frozenset(
    (
        *("runserver", "runserver_plus", "testserver", "shell", "shell_plus", "dbshell", "test"),
        *("runworker", "rqworker", "rqworker-pool", "rqscheduler", "qcluster", "qmonitor", "run_huey", "process_tasks"),
        *("db_worker", "rundramatiq", "celery"),
    )
)


class _Run:
    """One command, and those that it calls."""

    #: The exception that was reported last, on its way through the commands that called the failed one.
    reported: BaseException | None = None

    def is_news(self, error: Exception) -> bool:
        """Return whether neither *error* nor what it came of was reported by a command that this one has called."""
        is_news = not any(one is self.reported for one in chain(error))
        self.reported = error if is_news else self.reported
        return is_news


#: The command that is running, with those around it.
_running: Final["ContextVar[_Run | None]"] = ContextVar("posthog_command", default=None)


def turn(value: object) -> None:
    """Wrap what Django runs commands with if *value*, that of the setting, asks for it, else unwrap it."""
    _patch.turn(on=chosen(value) is not None)


def chosen(value: object) -> Callable[[BaseCommand], bool] | None:
    """Return which commands *value*, that of the setting, gives a context; `None` for none at all.

    ``True`` means all that end by themselves; a collection of names means these.
    """
    if value is True:
        return lambda command: ENDLESS.isdisjoint(_names_of(type(command)))
    if isinstance(value, list | tuple | set | frozenset) and value:
        return lambda command: name_of(type(command)) in value
    return None


def name_of(kind: type) -> str:
    """Return what a command of this class is called: the module that defines it."""
    return kind.__module__.rpartition(".")[2]


def _names_of(kind: type) -> Iterator[str]:
    """Yield what a command is called, and the commands that it was made of."""
    return (name_of(base) for base in kind.__mro__ if issubclass(base, BaseCommand))


def seconds_of(value: object) -> float:
    """Return how long a command may wait for its events at the end; a value of a wrong type counts as the default."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < math.inf else DEFAULT_SECONDS  # type: ignore[operator, arg-type]


def flush(seconds: float) -> None:
    """Wait until all clients of the process have sent what waits, together for *seconds* at most."""
    end = time.monotonic() + seconds
    for client in _clients.alive():
        guarded("the flush of a client", client.flush, max(0.0, end - time.monotonic()))


def _execute(original: Any, command: BaseCommand, /, *args: Any, **options: Any) -> Any:
    """Stand in for `BaseCommand.execute`."""
    has_context = chosen(settings.value_of(CONTEXT))
    if has_context is None or not has_context(command):
        return original(command, *args, **options)
    outer = _running.get()
    run = outer or _Run()
    scope = ContextScope(_get_current_context())
    scope.add_tag(TAG, name_of(type(command)))
    # A command that the program calls is no end: the process goes on, and so does the delivery.
    ends_process = outer is None and getattr(command, "_called_from_command_line", False)
    token = _running.set(run)
    try:
        with _inside(scope):
            try:
                return original(command, *args, **options)
            except Exception as error:
                _report(error, run)
                raise
    except KeyboardInterrupt:
        ends_process = False  # whoever interrupts does not want to wait
        raise
    finally:
        _running.reset(token)
        if ends_process:
            flush(seconds_of(settings.value_of(FLUSH_TIMEOUT)))


def _report(error: Exception, run: _Run) -> None:
    """Capture *error*, which leaves a command; a `CommandError` is the command's own message to its user."""
    try:
        options = settings.read_options()
        if (
            not isinstance(error, (CommandError, *options.ignore_exceptions))
            and _captures_exceptions(options.capture_exceptions, options.client)
            and run.is_news(error)
        ):
            exceptions.send(options.client, error, handled=False, source="django.command", mechanism="command")
    except Exception:
        tell_once(CONTEXT, "the exception of a command could not be captured", with_traceback=True)


_patch: Final = Patch(BaseCommand, "execute", _execute)
