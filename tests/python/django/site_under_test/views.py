"""Views that do one thing each; `seen` is the event that they capture."""

import asyncio
from pathlib import Path

import posthog
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib import auth
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import connection, transaction
from django.http import FileResponse, Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from posthog import contexts

ERRORS = {
    "value": ValueError,
    "missing": Http404,
    "denied": PermissionDenied,
    "suspicious": SuspiciousOperation,
    "bad": BadRequest,
}


def plain(request):
    return HttpResponse("plain")


async def aplain(request):
    return HttpResponse("plain")


def capture(request):
    return HttpResponse(posthog.capture("seen"))


async def acapture(request):
    return HttpResponse(posthog.capture("seen"))


async def acapture_while_thread_waits(request):
    """Capture in the event loop while the thread of the request waits for that very loop."""
    reached, released = asyncio.Event(), asyncio.Event()

    async def wait_in_loop():
        reached.set()
        await released.wait()

    waiting = asyncio.ensure_future(sync_to_async(async_to_sync(wait_in_loop))())
    await reached.wait()
    posthog.capture("seen")
    released.set()
    await waiting
    return HttpResponse("went on")


def capture_thrice(request):
    for _ in range(3):
        posthog.capture("seen")
    return HttpResponse("thrice")


def read_user_then_capture(request):
    name = request.user.get_username()
    posthog.capture("seen")
    return HttpResponse(name)


def capture_then_read_user(request):
    posthog.capture("seen")
    return HttpResponse(request.user.get_username())


async def aread_user_then_capture(request):
    user = await request.auser()
    posthog.capture("seen")
    return HttpResponse(user.get_username())


def replace_user_then_capture(request):
    request.user = User(pk=4711, email="token@example.com")
    posthog.capture("seen")
    return HttpResponse("token")


def login_then_capture(request):
    auth.login(request, User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    posthog.capture("seen")
    return HttpResponse("welcome")


def capture_then_login(request):
    first = posthog.capture("before")
    auth.login(request, User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    second = posthog.capture("after")
    return JsonResponse({"before": first, "after": second})


def capture_around_logout(request):
    posthog.capture("before")
    auth.logout(request)
    posthog.capture("after")
    return HttpResponse("goodbye")


async def acapture_around_login(request):
    posthog.capture("before")
    await auth.alogin(request, await User.objects.aget(), backend="django.contrib.auth.backends.ModelBackend")
    posthog.capture("after")
    return HttpResponse("welcome")


async def acapture_around_logout(request):
    posthog.capture("before")
    await auth.alogout(request)
    posthog.capture("after")
    return HttpResponse("goodbye")


def read_context_then_login(request):
    contexts.get_tags()
    auth.login(request, User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    posthog.capture("after")
    return HttpResponse("welcome")


def capture_in_transaction(request):
    with transaction.atomic():
        posthog.capture("parked")
        posthog.capture("explicit", distinct_id="somebody")
    return HttpResponse("committed")


def capture_then_flush(request):
    posthog.capture("seen")
    posthog.flush()
    return HttpResponse("flushed")


def capture_then_identify(request):
    posthog.capture("before")
    contexts.identify_context("named")
    posthog.capture("after")
    return HttpResponse("named")


def capture_in_inner_context(request):
    with posthog.new_context():
        contexts.tag("job", "inner")
        posthog.capture("seen")
    contexts.tag("later", "yes")
    return HttpResponse("inner")


def capture_then_exit(request):
    posthog.capture("seen")
    raise SystemExit


def tag_then_capture(request):
    contexts.tag("$request_method", "mine")
    contexts.tag("plan", "pro")
    posthog.capture("seen")
    return HttpResponse("tagged")


def capture_in_broken_transaction(request):
    with transaction.atomic():
        connection.set_rollback(True)
        posthog.capture("seen")
    return HttpResponse("rolled back")


def show_context(request):
    return JsonResponse(
        {
            "distinct_id": contexts.get_context_distinct_id(),
            "session_id": contexts.get_context_session_id(),
            "tags": contexts.get_tags(),
        }
    )


async def ashow_context(request):
    return show_context(request)


def ask_context_then_read_user(request):
    contexts.get_tags()
    posthog.capture("seen")
    return HttpResponse(request.user.get_username())


def fail(request, kind):
    raise ERRORS[kind](kind)


async def afail(request, kind):
    await asyncio.sleep(0)
    raise ERRORS[kind](kind)


def fail_after_own_report(request):
    try:
        raise ValueError("told")
    except ValueError as error:
        posthog.capture_exception(error)
        raise


def fail_in_template(request):
    template = engines["django"].from_string("{{ missing.thing|divisibleby:0 }}")
    return SimpleTemplateResponse(template, {"missing": {"thing": 1}})


def stream(request):
    def parts():
        try:
            posthog.capture("seen")
            yield "one,"
            posthog.capture("seen again")
            yield "two"
        finally:
            posthog.capture("closed")

    return StreamingHttpResponse(parts())


async def astream(request):
    async def parts():
        posthog.capture("seen")
        yield "one,"
        await asyncio.sleep(0)
        posthog.capture("seen again")
        yield "two"

    return StreamingHttpResponse(parts())


async def acapture_until_cancelled(request):
    try:
        posthog.capture("seen")
        request.scope["reached"].set()
        await asyncio.Event().wait()
    finally:
        posthog.capture("left")


async def astream_until_cancelled(request):
    async def parts():
        yield "one,"
        await acapture_until_cancelled(request)

    return StreamingHttpResponse(parts())


def stream_fails(request):
    def parts():
        yield "one,"
        raise ValueError("half way")

    return StreamingHttpResponse(parts())


async def astream_fails(request):
    async def parts():
        yield "one,"
        raise ValueError("half way")

    return StreamingHttpResponse(parts())


def download(request):
    return FileResponse(Path(__file__).open("rb"))


async def meet_then_capture(request):
    """Capture once as many requests as `expected` are inside their views."""
    meeting = request.scope["meeting"]
    await meeting.wait()
    posthog.capture("seen", properties={"expected": request.GET["who"]})
    await asyncio.sleep(0)
    posthog.capture("seen", properties={"expected": request.GET["who"]})
    return HttpResponse("met")
