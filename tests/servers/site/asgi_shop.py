"""A shop on ASGI, for real servers: `asgi_shop:shop`."""

import asyncio
import os

import posthog
from posthog.integrations.asgi import PosthogASGIMiddleware
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute

posthog.default_client = posthog.Posthog("phc_of_the_tests", host=os.environ["SITE_EVENTS_HOST"], flush_interval=0.1)


async def ready(request):
    """Answer without a trace."""
    return PlainTextResponse("ready")


async def seen(request):
    """Capture, and once more when the answer is sent."""
    posthog.capture("seen", properties={"visit": request.query_params.get("visit")})
    return PlainTextResponse("ok", background=BackgroundTask(posthog.capture, "mail sent"))


async def endless(request):
    """Stream until the visitor goes away."""

    async def body():
        posthog.capture("began")
        try:
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0.01)
        finally:
            posthog.capture("ended")

    return StreamingResponse(body())


async def upload(request):
    """Read all that is sent."""
    posthog.capture("began")
    async for _part in request.stream():
        pass
    return PlainTextResponse("ok")


async def failing(request):
    """Fail."""
    raise ValueError("broken")


async def chat(websocket):
    """Tell of every word until the visitor goes away."""
    await websocket.accept()
    posthog.capture("joined")
    try:
        while True:
            posthog.capture("said", properties={"word": await websocket.receive_text()})
            await websocket.send_text("ok")
    finally:
        posthog.capture("left")


shop = Starlette(
    routes=[
        Route("/ready", ready),
        Route("/seen", seen),
        Route("/endless", endless),
        Route("/upload", upload, methods=["POST"]),
        Route("/failing", failing),
        WebSocketRoute("/chat", chat),
    ],
    middleware=[Middleware(PosthogASGIMiddleware, capture_exceptions=True)],
)
