"""Programs that live and die with events in their journal; each function is one.

What has been captured is said, one id a line: what is on a line must arrive.
"""

import atexit
import ctypes
import faulthandler
import gc
import json
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path

from _told import client
from posthog import Posthog


def say(line):
    os.write(1, f"{line}\n".encode())


def capture(who="program", number=0, teller=client, **properties):
    uuid = teller.capture("told", distinct_id=who, properties={"number": number, **properties})
    if uuid is not None:
        # On a slow disk it is in memory alone for a moment, and a kill may cost it.
        say(uuid if teller.stats()["level"] == "journal" else f"{uuid} in memory")


def wait_for_disk():
    """Wait until everything is on disk that ever will be; a disk that is slow is not waited for by `capture`."""
    while client.stats()["level"] == "slow_disk":
        time.sleep(0.01)


def capture_many(count=250, **properties):
    for number in range(int(count)):
        capture(number=number, **properties)


def capture_quietly(count):
    """Capture more than anybody wants to read."""
    for number in range(count):
        if client.capture("told", distinct_id="quiet", properties={"number": number}) is None:
            say("an event was refused")


def goes_on():
    """Capture until somebody ends the process."""
    number = 0
    while True:
        capture(number=number)
        number += 1


def stays():
    """Capture one event, and stay until the test closes the input; then say what became of everything."""
    capture("next")
    sys.stdin.read()
    say(client.stats())


def obeys():
    """Do what the test says, a command a line."""
    for line in sys.stdin:
        name, *words = line.split()
        said = COMMANDS[name](*words)
        say(f"done: {said}")


def limit(name, value):
    """Set a limit of the process, or lift it; memory is counted from what it has."""
    which = getattr(resource, f"RLIMIT_{name}")
    _, hard = resource.getrlimit(which)
    value = hard if value == "none" else int(value)
    if name == "AS" and value != hard:
        value += int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(which, (value, hard))


def become_nobody():
    """Give up the rights of root, for whom there are no limits on processes."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(65534, 65534, 65534)
        os.setresuid(65534, 65534, 65534)


def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmRSS:"))
    return int(kilobytes) * 1024


COMMANDS = {
    "capture": capture_many,
    "wait-for-disk": wait_for_disk,
    "capture-quietly": lambda count: capture_quietly(int(count)),
    "capture-large": lambda count, size: capture_many(count, text=os.urandom(int(size) // 2).hex()),
    "flush": lambda seconds: client.flush(float(seconds)),
    "stats": lambda: json.dumps(client.stats()),
    "memory": resident,
    "limit": limit,
    "become-nobody": become_nobody,
    "default-signals": lambda: signal.signal(signal.SIGXFSZ, signal.SIG_DFL),
    "threads": lambda: len(list(Path("/proc/self/task").iterdir())),
}


# Ends.


def by_sigterm():
    capture_many()
    wait_for_disk()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTERM)


def by_sigkill():
    capture_many()
    wait_for_disk()
    os.kill(os.getpid(), signal.SIGKILL)


def by_os_exit():
    capture_many()
    wait_for_disk()
    os._exit(3)


def by_sys_exit():
    capture_many()
    wait_for_disk()
    sys.exit(4)


def by_exception():
    capture_many()
    wait_for_disk()
    raise LookupError("of the program")


def by_abort():
    capture_many()
    wait_for_disk()
    os.abort()


def by_stack_overflow():
    """Recurse in C until there is no stack any more."""
    capture_many()
    wait_for_disk()
    callback = ctypes.CFUNCTYPE(ctypes.c_int)
    sys.setrecursionlimit(10**9)

    def deeper():
        return callback(deeper)()

    deeper()


def with_many(count):
    """End in the ordinary way with this many events waiting."""
    capture_many(count)


# While the interpreter ends.


class Late:
    """Captures when it is freed, be it after all modules are gone."""

    def __init__(self, who, capture=client.capture):
        self.who = who
        self.capture = capture

    def __del__(self):
        self.capture("told", distinct_id=self.who)


def by_finalizers():
    """Leave objects that capture when they are freed: in the module, in a cycle, and in a module of the library."""
    capture()
    sys.kept = Late("in sys")
    globals()["kept"] = Late("in the module")
    gc.disable()
    ring = [Late("in a cycle")]
    ring.append(ring)


def by_threads_of_all_kinds():
    """End while daemon threads capture on, and one thread that is waited for captures after the main thread is done."""
    atexit.register(capture, "at exit")
    for _ in range(3):
        threading.Thread(target=goes_on, daemon=True).start()

    def late():
        threading.main_thread().join()
        capture("thread")

    threading.Thread(target=late).start()


# Values.


def of_numpy():
    """Capture values of NumPy, each beside one of Python's own."""
    import numpy as np  # noqa: PLC0415

    values = {
        "float64": np.float64(1.5),
        "float32": np.float32(1.5),
        "int64": np.int64(7),
        "bool": np.bool_(True),
        "array": np.arange(3),
        "matrix": np.eye(2),
        "empty": np.array([]),
        "nan": np.float64("nan"),
        "datetime": np.datetime64("2026-01-01"),
        "text": np.str_("text"),
        "structured": np.zeros(2, dtype=[("a", "i4"), ("b", "f4")]),
        "objects": np.array([object(), None]),
    }
    for name, value in values.items():
        capture(name, value=value, neighbour=1)
    capture("all", **values)


# Several projects.


def of_projects(keys, end):
    """Capture for each of these keys, and die or stay."""
    options = json.loads(os.environ["OPTIONS_OF_CLIENT"])
    tellers = {key: Posthog(key, host=os.environ["HOST_OF_EVENTS"], **options) for key in keys.split(",")}
    for key, teller in tellers.items():
        for number in range(50):
            capture(key, number, teller)
    if end == "stay":
        sys.stdin.read()
    else:
        while any(teller.stats()["level"] == "slow_disk" for teller in tellers.values()):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGKILL)


# Frozen.


def holds_the_interpreter():
    """Capture, and then hold the interpreter in C for good: no Python runs any more."""
    capture_many(50)
    say("holds")
    ctypes.PyDLL(None).pause()


def blocks_the_hub():
    """Capture in greenlets, and then block all of them in C."""
    from gevent import monkey, spawn  # noqa: PLC0415

    monkey.patch_all()
    for greenlet in [spawn(capture_many, 10) for _ in range(5)]:
        greenlet.join()
    say("holds")
    ctypes.PyDLL(None).pause()


# Forks.


def storm(depth):
    """Let each child fork the next one, *depth* deep; each captures before and after."""
    for generation in range(int(depth)):
        capture(f"generation {generation}", 0)
        child = os.fork()
        if child:
            _, status = os.waitpid(child, 0)
            capture(f"generation {generation}", 1)
            sys.exit(os.waitstatus_to_exitcode(status))
    capture("last")


def clones():
    """Make a child by the bare system call: no hook of any library runs."""
    capture_many(100)
    libc = ctypes.PyDLL(None)
    number = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
    child = libc.syscall(number, signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        capture_many(100)
        sys.exit()
    _, status = os.waitpid(child, 0)
    capture_many(100)
    sys.exit(os.waitstatus_to_exitcode(status))


def executes():
    """Start another program the way `subprocess` does, by vfork, and die while that one lives."""
    import subprocess  # noqa: PLC0415

    capture_many(100)
    wait_for_disk()
    subprocess.Popen(["sleep", "60"])
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    faulthandler.disable()
    globals()[sys.argv[1]](*sys.argv[2:])
