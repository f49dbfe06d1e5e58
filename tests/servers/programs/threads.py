"""Threads that capture in contexts of their own; each function is a program."""

import sys
import threading

from _told import client


def all_at_once(threads):
    """Capture in every thread while all the others are inside their contexts."""
    everybody = threading.Barrier(int(threads))

    def visit(number):
        with client.new_context():
            client.identify_context(f"visitor {number}")
            client.set_context_session(f"session {number}")
            client.tag("owner", number)
            client.tag("depth", "outer")
            everybody.wait()
            client.capture("told", properties={"moment": "before"})
            with client.new_context():
                client.tag("depth", "inner")
                everybody.wait()
                client.capture("told", properties={"moment": "inside"})
            everybody.wait()
            client.capture("told", properties={"moment": "after"})

    visitors = [threading.Thread(target=visit, args=(number,)) for number in range(int(threads))]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
