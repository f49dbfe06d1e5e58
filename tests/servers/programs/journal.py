"""Programs whose events are on disk; each function is one."""

import os
import signal
import sys

from _told import client, tell


def killed():
    """Capture events, and die on the spot."""
    tell("killed", 250)
    os.kill(os.getpid(), signal.SIGKILL)


def goes_on_capturing():
    """Say each event as soon as `capture` has returned, until somebody kills the process."""
    number = 0
    while True:
        if client.capture("told", distinct_id="killed", properties={"number": number}) is not None:
            os.write(1, b"%d\n" % number)
        number += 1


def ends_by_exit_without_handlers():
    tell("exited", 250)
    os._exit(0)


def ends():
    tell("ended", 250)


def comes_next():
    """Capture one event, and stay until the test closes the input."""
    tell("next", 1)
    sys.stdin.read()
    print(client.stats())


def flushes():
    """Say whether a flush comes back while the server is away."""
    tell("flushed", 1)
    while not client.stats()["waiting"] or client.flush(5):
        pass
    client.flush(None)
    print(client.stats())


def forks():
    """Fork a child that captures, and die while it lives."""
    tell("parent", 100)
    if os.fork():
        os.kill(os.getpid(), signal.SIGKILL)
    os.read(0, 1)  # the test closes the input when the parent's events have arrived
    tell("child", 100)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
