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


def that_serve_themselves(packages, how):
    """Send events to a server that is a greenlet of this very thread, and wait for them."""
    sys.path.append(packages)
    from gevent import monkey, pywsgi  # noqa: PLC0415 - from the packages

    monkey.patch_all()
    from posthog import Posthog  # noqa: PLC0415 - the client of this program has another server

    taken = []

    def take(environ, start_response):
        taken.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return [b"{}"]

    server = pywsgi.WSGIServer(("127.0.0.1", 0), take, log=None)
    server.start()
    client = Posthog("phc_own", f"http://127.0.0.1:{server.server_port}", journal_dir="off")
    client.capture("told", distinct_id="u")
    getattr(client, how)()
    print(len(taken), client.stats()["delivered"])
    server.stop()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
