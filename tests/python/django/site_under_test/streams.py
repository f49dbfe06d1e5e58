"""Bodies that capture while they are made, and responses that stream a body through the middleware."""

import asyncio

import posthog
from django.http import StreamingHttpResponse
from django.test import RequestFactory
from posthog.integrations.django import PosthogContextMiddleware


def streaming(parts, who="ann"):
    """Return the response of a site that answers *who* with *parts*, through the middleware."""
    middleware = PosthogContextMiddleware(lambda _request: StreamingHttpResponse(parts))
    return middleware(RequestFactory().get("/", HTTP_X_POSTHOG_DISTINCT_ID=who))


async def astreaming(parts, who="ann"):
    async def get_response(_request):
        return StreamingHttpResponse(parts)

    return await PosthogContextMiddleware(get_response)(RequestFactory().get("/", HTTP_X_POSTHOG_DISTINCT_ID=who))


def view_of(parts):
    """Return a view that streams what *parts* makes, which is a generator function, sync or async."""

    def view(request):
        return StreamingHttpResponse(parts())

    return view


def capturing_parts():
    for _ in range(3):
        posthog.capture("part")
        yield "x"


async def acapturing_parts():
    for _ in range(3):
        posthog.capture("part")
        yield "x"
        await asyncio.sleep(0)


async def joined(response):
    return b"".join([part async for part in response])
