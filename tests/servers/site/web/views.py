"""Views that do one thing each."""

import asyncio
import ctypes
import os
import threading

import posthog
from django.contrib import auth
from django.contrib.auth.models import User
from django.http import HttpResponse, StreamingHttpResponse

from web.edition import EDITION


def ready(request):
    return HttpResponse("ready")


def edition(request):
    return HttpResponse(EDITION)


def capture(request):
    posthog.capture("seen", properties={"visit": request.GET["visit"]})
    return HttpResponse("seen", headers={"X-Worker": os.getpid()})


def hang(request):
    """Capture, and answer never: in Python, or in C with the interpreter held."""
    capture(request)
    if "in_c" in request.GET:
        # A lock that is taken twice, with the interpreter held: no handler of a signal is heard.
        lock, libc = ctypes.create_string_buffer(64), ctypes.PyDLL(None)
        libc.pthread_mutex_lock(lock)
        libc.pthread_mutex_lock(lock)
    threading.Event().wait()


async def acapture(request):
    posthog.capture("seen", properties={"visit": request.GET["visit"]})
    return HttpResponse("seen")


def fail(request):
    raise ValueError("in a view")


async def afail(request):
    await asyncio.sleep(0)
    raise ValueError("in an async view")


def stream(request):
    """Capture before the body is made, and while each part of it is."""

    def parts():
        for part in ("first", "second"):
            posthog.capture("seen", properties={"visit": visit, "moment": part})
            yield part

    visit = request.GET["visit"]
    posthog.capture("seen", properties={"visit": visit, "moment": "before"})
    return StreamingHttpResponse(parts())


async def astream(request):
    async def parts():
        for part in ("first", "second"):
            await asyncio.sleep(0)
            posthog.capture("seen", properties={"visit": visit, "moment": part})
            yield part

    visit = request.GET["visit"]
    posthog.capture("seen", properties={"visit": visit, "moment": "before"})
    return StreamingHttpResponse(parts())


def sign_in(request):
    auth.login(request, User.objects.get())
    return HttpResponse("welcome")


def sign_up(request):
    """Make a user of this name, log them in, and tell their id."""
    name = request.GET["name"]
    user = User.objects.create_user(name, f"{name}@example.com")
    auth.login(request, user)
    return HttpResponse(user.pk)


class _Meeting:
    """Lets nobody go before all are there; gives up after half a minute."""

    def __init__(self):
        self._lock = threading.Lock()
        self._arrived = 0
        self._complete = threading.Event()

    def wait(self, expected):
        with self._lock:
            self._arrived += 1
            if self._arrived == expected:
                self._complete.set()
        return self._complete.wait(30)


class _AsyncMeeting:
    """As the other, on one event loop."""

    def __init__(self):
        self._arrived = 0
        self._complete = asyncio.Event()

    async def wait(self, expected):
        self._arrived += 1
        if self._arrived == expected:
            self._complete.set()
        return await asyncio.wait_for(self._complete.wait(), 30)


_meeting = _Meeting()
_async_meeting = _AsyncMeeting()


def meet(request):
    """Capture while all the others are inside their requests too."""
    visit = request.GET["visit"]
    posthog.capture("seen", properties={"visit": visit, "moment": "before"})
    if not _meeting.wait(int(request.GET["expected"])):
        return HttpResponse("alone", status=504)
    posthog.capture("seen", properties={"visit": visit, "moment": "after"})
    return HttpResponse("met")


async def ameet(request):
    visit = request.GET["visit"]
    posthog.capture("seen", properties={"visit": visit, "moment": "before"})
    await _async_meeting.wait(int(request.GET["expected"]))
    posthog.capture("seen", properties={"visit": visit, "moment": "after"})
    return HttpResponse("met")
