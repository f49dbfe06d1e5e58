"""A shop on Flask, for real servers: `flask_shop:shop`; run as a program, on Werkzeug's own server at a socket."""

import os
import sys

import posthog
from flask import Flask, Response, request, send_file
from posthog.integrations.flask import PosthogFlaskIntegration
from werkzeug.serving import make_server

posthog.default_client = posthog.Posthog("phc_of_the_tests", host=os.environ["SITE_EVENTS_HOST"], flush_interval=0.1)

shop = Flask(__name__)
PosthogFlaskIntegration(shop, capture_exceptions=True)


@shop.get("/ready")
def ready():
    """Answer without a trace."""
    return "ready"


@shop.get("/seen")
def seen():
    """Capture in the view, and in the body."""
    visit = request.args.get("visit")

    def body():
        posthog.capture("body seen", properties={"visit": visit})
        yield "ok"

    posthog.capture("seen", properties={"visit": visit})
    return Response(body())


@shop.get("/endless")
def endless():
    """Stream until the visitor goes away."""

    def body():
        posthog.capture("began")
        try:
            while True:
                yield b"x" * 10_000
        finally:
            posthog.capture("ended")

    return Response(body())


@shop.get("/file")
def file():
    """Send this file."""
    return send_file(__file__, mimetype="text/plain")


@shop.get("/failing")
def failing():
    """Fail."""
    raise ValueError("broken")


if __name__ == "__main__":
    make_server("127.0.0.1", 0, shop, threaded=True, fd=int(sys.argv[1])).serve_forever()
