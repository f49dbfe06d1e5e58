"""Programs that become cooperative late; each function is one."""

import sys

from _told import client, tell


def patched_late(packages):
    """Patch the standard library, with what is in *packages*, when the client has long begun to work."""
    tell("before", 5)
    client.flush()
    sys.path.append(packages)
    from gevent import joinall, monkey, sleep, spawn  # noqa: PLC0415 - late is what this is about

    monkey.patch_all()

    def work(number):
        with client.new_context():
            client.identify_context(f"greenlet {number}")
            for moment in ("first", "second"):
                client.capture("told", properties={"moment": moment})
                sleep(0)

    joinall([spawn(work, number) for number in range(50)])


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
