"""One request to the site as an ASGI server makes it."""

import asyncio


class Visit:
    """What a server hands to an ASGI application for one request, and what the application sends back."""

    def __init__(self, path, headers=(), *, method="GET", body=b"", on_send=None, **scope):
        path, _, query = path.partition("?")
        self.scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": query.encode(),
            "headers": _encoded(headers),
            "server": ("testserver", 80),
            **scope,
        }
        self.sent = []
        self._gone = asyncio.Event()
        self._incoming = [{"type": "http.request", "body": body, "more_body": False}]
        self._on_send = on_send

    def disconnect(self):
        """Be the browser that goes away."""
        self._gone.set()

    async def receive(self):
        if self._incoming:
            return self._incoming.pop()
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        self.sent.append(message)
        if self._on_send is not None:
            await self._on_send(message)

    async def answer(self, handler):
        """Send the request to *handler*; return status and body."""
        await handler(self.scope, self.receive, self.send)
        return self.status, self.body

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent[1:])


def _encoded(headers):
    """Return the headers as servers do; those of a dict with the site's host before them, a list as it is."""
    if isinstance(headers, list):
        return headers
    return [(name.encode(), value.encode()) for name, value in {"host": "testserver", **dict(headers)}.items()]
