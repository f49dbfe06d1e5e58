"""Programs that end with events waiting; each function is one."""

import atexit
import itertools
import os
import sys
import threading
from pathlib import Path

from _told import client, make_client, tell


def normally():
    tell("program", 250)


def by_exit():
    tell("program", 250)
    sys.exit(3)


def by_exception():
    tell("program", 250)
    raise LookupError("of the program")


def in_an_exit_handler():
    """Capture from nowhere else."""
    atexit.register(tell, "program", 250)


def in_an_exit_handler_too():
    """Capture from a handler, and something else long before."""
    atexit.register(tell, "program", 250)
    client.capture("earlier", distinct_id="program")


def under_daemon_threads():
    """End while threads capture that nobody waits for."""
    begun = threading.Semaphore(0)

    def capture_on():
        for number in itertools.count():
            client.capture("unceasing", distinct_id="program", properties={"number": number})
            if number == 100:
                begun.release()

    for _ in range(4):
        threading.Thread(target=capture_on, daemon=True).start()
        begun.acquire()


def by_shutdown():
    """Print how many events are unaccounted for, once the client is shut down."""
    tell("program", 250)
    client.shutdown()
    print(client.stats())


def with_on_error():
    """Print what `on_error` hears from a client that the program has let go."""
    tell("program", 250, make_client(on_error=lambda error, events: print(error.status, len(events))))


def full_of_memory(count):
    """Print how much memory *count* events of half a megabyte took at most, in bytes, and how many of them wait."""
    text = os.urandom(250_000).hex()
    before = resident_at_most()
    for _ in range(int(count)):
        client.capture("large", distinct_id="program", properties={"text": text})
    waiting = client.stats()["waiting"]
    print(resident_at_most() - before, waiting, flush=True)
    # Sending them is not what this program is about.
    os._exit(0)


def resident_at_most():
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024


def at_once():
    """End without any handlers, and with events waiting that were captured after a flush."""
    tell("flushed", 250)
    client.flush()
    tell("not flushed", 250)
    os._exit(7)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
