"""Programs that fork while a client has events; each function is one."""

import ctypes
import itertools
import multiprocessing
import os
import sys
import threading

from _told import client, tell


def wait_for(child):
    """End with an error unless *child* ended well."""
    _, status = os.waitpid(child, 0)
    if status != 0:
        sys.exit(f"child {child} ended with {os.waitstatus_to_exitcode(status)}")


def parent_and_child():
    tell("parent, before", 550)
    child = os.fork()
    if child == 0:
        tell("child", 550)
        return
    tell("parent, after", 550)
    wait_for(child)


def while_busy(children):
    """Fork while another thread captures without a pause and the worker sends."""
    enough = threading.Event()
    captured = itertools.count()

    def keep_capturing():
        while not enough.is_set():
            if client.capture("told", distinct_id="thread", properties={"number": next(captured)}) is None:
                sys.exit("an event was refused")
            enough.wait(0.001)

    busy = threading.Thread(target=keep_capturing)
    busy.start()
    for number in range(int(children)):
        child = os.fork()
        if child == 0:
            tell(f"child {number}", 5)
            sys.exit()
        wait_for(child)
    enough.set()
    busy.join()
    print(next(captured))


def at_the_first_capture(turns):
    """Fork at about the moment at which another thread captures the first event of the process."""
    sys.setswitchinterval(1e-6)
    begins = threading.Event()

    def capture():
        begins.set()
        tell("thread", 1)

    threading.Thread(target=capture).start()
    while not begins.is_set():
        pass
    for _ in range(int(turns)):
        pass  # the moment comes a little later
    for number in range(5):
        child = os.fork()
        if child == 0:
            tell(f"child {number}", 1)
            sys.exit()
        wait_for(child)


def child_without_events():
    """Shut the client down in the child: what waits there is a copy of the parent's."""
    tell("parent, before", 50)
    child = os.fork()
    if child == 0:
        client.flush()
        client.shutdown()
        return
    wait_for(child)
    tell("parent, after", 50)


def during_a_request():
    """Fork while the worker waits for the answer of a server that hangs."""
    tell("parent", 1)
    client.flush(1)
    child = os.fork()
    if child == 0:
        tell("child", 5)
        return
    wait_for(child)


def fork_of_a_fork():
    for generation in range(4):
        tell(f"generation {generation}", 20)
        child = os.fork()
        if child:
            wait_for(child)
            return
    tell("last", 20)


def processes(method):
    """Capture in the children of multiprocessing, which end without atexit handlers when they are forked."""
    tell("parent", 50)
    methods = multiprocessing.get_context(method)
    children = [methods.Process(target=tell, args=(f"child {number}", 550)) for number in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        if child.exitcode != 0:
            sys.exit(f"{child} ended with {child.exitcode}")


def pool():
    """Capture in the workers of a pool."""
    tell("parent", 1)
    with multiprocessing.get_context("fork").Pool(2) as workers:
        workers.starmap(tell, [(f"task {number}", 5) for number in range(40)])
        workers.close()
        workers.join()


def context():
    """Capture in a context that was opened before the fork."""
    with client.new_context():
        client.identify_context("of the parent")
        client.tag("opened", "in the parent")
        child = os.fork()
        client.capture("told", properties={"by": "parent" if child else "child"})
        if child == 0:
            with client.new_context():
                client.identify_context("of the child")
                client.capture("told", properties={"by": "child, in its own"})
            sys.exit()
        wait_for(child)


def in_c():
    """Fork as a server written in C does: Python is not told."""
    tell("parent, before", 550)
    child = ctypes.PyDLL(None).fork()
    if child == 0:
        tell("child", 550)
        return
    tell("parent, after", 550)
    wait_for(child)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
