"""Times the middleware by itself: over a handler that does nothing, for a request that captures nothing.

What Django adds to any middleware (its wrapper, a colder cache) is in `idle_request.py`. One request that does capture
comes first: the sink must receive it, which shows that the middleware is switched on.
"""

import statistics
import time

import posthog
from _child import answer, arguments
from _site import TRACED, configure, visit
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

WARM_UP = 500


def main() -> None:
    given = arguments()
    posthog.project_api_key, posthog.host = "phc_bench", given.sink
    configure()
    response = HttpResponse("ok")

    def handler(_request: HttpRequest) -> HttpResponse:
        return response

    def capturing(_request: HttpRequest) -> HttpResponse:
        posthog.capture("page seen", properties={"section": "cart", "items": 3})
        return response

    middleware = import_string("posthog.integrations.django.PosthogContextMiddleware")
    middleware(capturing)(WSGIRequest(visit("/plain", **TRACED)))
    posthog.flush()
    measured = middleware(handler)

    def pair(*, measured_first: bool) -> tuple[int, int]:
        """Return the nanoseconds of the handler and of the middleware around it, each with a request of its own."""
        requests = [WSGIRequest(visit("/plain")) for _ in range(2)]
        first, second = (measured, handler) if measured_first else (handler, measured)
        start = time.perf_counter_ns()
        first(requests[0])
        middle = time.perf_counter_ns()
        second(requests[1])
        end = time.perf_counter_ns()
        took = middle - start, end - middle
        return (took[1], took[0]) if measured_first else took

    for _ in range(WARM_UP):
        pair(measured_first=False)
    pairs = [pair(measured_first=bool(number % 2)) for number in range(given.calls)]
    posthog.shutdown()
    answer(captured=1, added_us=statistics.median(with_it - bare for bare, with_it in pairs) / 1000)


main()
