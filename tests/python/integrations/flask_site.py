"""A Flask application that captures in every way."""

from __future__ import annotations

import io

import posthog
from flask import Flask, Response, abort, request, send_file, stream_with_context
from posthog.integrations.flask import PosthogFlaskIntegration


def seen(number=0):
    posthog.capture("seen")
    return "ok"


async def aseen():
    return seen()


def silent():
    return "ok"


def failing():
    posthog.tag("step", "pay")
    raise ValueError("broken")


def answered():
    raise KeyError("answered")


def answer(error):
    posthog.capture("answering")
    return "sorry", 500


def parts(act):
    yield "x"
    act()
    yield "y"


def streaming():
    return Response(parts(lambda: posthog.capture("part")))


def streaming_with_context():
    return Response(stream_with_context(parts(lambda: posthog.capture("part", properties={"path": request.path}))))


def streaming_in_a_context():
    def body():
        with posthog.new_context():
            posthog.tag("inner", 1)
            yield "x"
            posthog.capture("part")
            yield "y"

    return Response(body())


def streaming_failure():
    return Response(parts(lambda: 1 / 0))


def endless():
    def body():
        try:
            while True:
                yield "x"
        finally:
            posthog.capture("closed")

    response = Response(body())
    response.call_on_close(lambda: posthog.capture("answer closed"))
    return response


def file():
    return send_file(io.BytesIO(b"content"), mimetype="text/plain")


VIEWS = (
    aseen,
    silent,
    failing,
    answered,
    streaming,
    streaming_with_context,
    streaming_in_a_context,
    streaming_failure,
    endless,
    file,
)


def application(**options):
    site = Flask("shop")
    # As in production: an exception ends in an answer.
    site.config["PROPAGATE_EXCEPTIONS"] = False
    site.logger.disabled = True
    PosthogFlaskIntegration(site, **options)
    for view in VIEWS:
        site.add_url_rule(f"/{view.__name__}", view_func=view)
    site.add_url_rule("/seen/<number>", view_func=seen, methods=["GET", "POST"])
    site.add_url_rule("/aborting/<int:code>", "aborting", abort)
    site.register_error_handler(KeyError, answer)
    return site
