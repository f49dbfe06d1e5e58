"""Programs that end with events waiting; each function is one."""

import os
import sys

from _told import client, tell


def normally():
    tell("program", 250)


def by_exit():
    tell("program", 250)
    sys.exit(3)


def by_exception():
    tell("program", 250)
    raise LookupError("of the program")


def by_shutdown():
    """Print how many events are unaccounted for, once the client is shut down."""
    tell("program", 250)
    client.shutdown()
    print(client.stats())


def full_of_memory():
    """Print how much memory 2,000 large events took at most, in bytes, and how many of them wait."""
    text = os.urandom(250_000).hex()
    before = resident_at_most()
    for _ in range(2000):
        client.capture("large", distinct_id="program", properties={"text": text})
    waiting = client.stats()["waiting"]
    print(resident_at_most() - before, waiting, flush=True)
    # Sending them is not what this program is about.
    os._exit(0)


def resident_at_most():
    with open("/proc/self/status") as status:
        (kilobytes,) = (line.split()[1] for line in status if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024


if __name__ == "__main__":
    globals()[sys.argv[1]]()
