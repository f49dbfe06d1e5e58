"""A Starlette application that captures in every way."""

from __future__ import annotations

import asyncio

import posthog
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute


async def seen(request):
    posthog.capture("seen")
    return PlainTextResponse("ok")


def seen_in_a_thread(request):
    posthog.capture("seen")
    return PlainTextResponse("ok")


async def silent(request):
    return PlainTextResponse("ok")


async def failing(request):
    posthog.tag("step", "pay")
    raise ValueError("broken")


async def unavailable(request):
    raise HTTPException(503)


async def streaming(request):
    async def parts():
        posthog.capture("first part")
        yield b"x"
        await asyncio.sleep(0)
        posthog.capture("last part")

    return StreamingResponse(parts(), background=BackgroundTask(posthog.capture, "mail sent"))


class Meeting:
    """Answers when everybody is inside."""

    def __init__(self, expected):
        self._expected = expected
        self._inside = 0
        self._all_inside = asyncio.Event()

    async def __call__(self, request):
        posthog.capture("came")
        self._inside += 1
        if self._inside == self._expected:
            self._all_inside.set()
        await self._all_inside.wait()
        posthog.capture("left")
        return PlainTextResponse("ok")


async def chat(websocket):
    await websocket.accept()
    posthog.capture("joined")
    posthog.capture("said", properties={"text": await websocket.receive_text()})
    await websocket.close()


async def broken_chat(websocket):
    await websocket.accept()
    raise KeyError("room")


ROUTES = [
    Route("/seen/{path:path}", seen, methods=["GET", "POST"]),
    Route("/thread", seen_in_a_thread),
    Route("/silent", silent),
    Route("/failing", failing),
    Route("/unavailable", unavailable),
    Route("/streaming", streaming),
    Mount("/below", routes=[Route("/seen", seen)]),
    WebSocketRoute("/chat", chat),
    WebSocketRoute("/broken_chat", broken_chat),
]


def application(*more, **options):
    return Starlette(routes=[*ROUTES, *more], **options)
