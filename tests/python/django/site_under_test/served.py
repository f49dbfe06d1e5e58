"""A visitor of an ASGI application, without a server in between."""

import asyncio

from django.conf import settings


async def served(application, path, cookie=None):
    """Ask *application* for *path*, and return the messages it answers with."""
    headers = [(b"host", b"testserver")]
    if cookie is not None:
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers, "query_string": b""}
    request, answer = [{"type": "http.request", "body": b""}], []

    async def receive():
        if request:
            return request.pop()
        return await asyncio.Event().wait()  # the visitor stays

    async def send(message):
        answer.append(message)

    await application(scope, receive, send)
    return answer
