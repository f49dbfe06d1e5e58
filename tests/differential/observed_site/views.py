"""Views that do one thing each; most capture `seen`."""

import datetime as dt
import decimal
import enum
import uuid

import posthog
from django.contrib import auth
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import SimpleTemplateResponse
from django.utils.translation import gettext_lazy
from posthog import contexts


class FrozenError(ValueError):
    """Cannot be marked."""

    def __setattr__(self, name, value):
        raise TypeError("frozen")


class MuteError(ValueError):
    """Has no text."""

    def __str__(self):
        raise TypeError("mute")


ERRORS = {
    "value": ValueError,
    "frozen": FrozenError,
    "mute": MuteError,
    "missing": Http404,
    "denied": PermissionDenied,
    "suspicious": SuspiciousOperation,
    "bad": BadRequest,
}


class Size(enum.Enum):
    LARGE = "l"


def capture(request):
    posthog.capture("seen")
    return HttpResponse("seen")


async def acapture(request):
    return capture(request)


def capture_twice(request):
    posthog.capture("seen")
    return capture(request)


def capture_with_properties(request):
    posthog.capture("seen", properties={"total": 12.5, "$request_path": "own", "nested": {"list": [1, None, "x"]}})
    return HttpResponse("seen")


def capture_with_own_id(request):
    posthog.capture("seen", distinct_id="somebody")
    return HttpResponse("seen")


def capture_with_groups(request):
    posthog.capture("seen", groups={"company": "acme"})
    posthog.group_identify("company", "acme", {"size": 3})
    return HttpResponse("seen")


def capture_about_persons(request):
    posthog.set(properties={"plan": "pro"})
    posthog.set_once(properties={"first": "today"})
    posthog.alias("before", "after")
    return HttpResponse("seen")


def capture_values(request):
    values = {
        "decimal": decimal.Decimal("1.50"),
        "date": dt.date(2026, 1, 2),
        "time": dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc),
        "uuid": uuid.UUID(int=7),
        "set": {"one"},
        "bytes": b"bytes",
        "keys": {1: "one"},
        "enum": Size.LARGE,
        "lazy": gettext_lazy("text"),
        "user": User(pk=4711, username="model"),
        "nan": float("nan"),
        "none": None,
        "empty": "",
    }
    posthog.capture("seen", properties=values)
    return HttpResponse("seen")


def identify_then_capture(request):
    posthog.capture("seen")
    posthog.identify_context("known")
    return capture(request)


def tag_then_capture(request):
    posthog.tag("plan", "pro")
    posthog.tag("$request_path", "tagged")
    return capture(request)


def capture_with_odd_tags(request):
    posthog.tag("user", request.user)
    posthog.tag("users", User.objects.all())
    posthog.tag("lazy", gettext_lazy("text"))
    posthog.tag("none", None)
    return capture(request)


def capture_in_contexts(request):
    with posthog.new_context():
        posthog.tag("inner", 1)
        posthog.capture("seen")
    with posthog.new_context(fresh=True):
        posthog.capture("seen")
    return capture(request)


def read_context_then_capture(request):
    posthog.capture("seen", properties={"id": contexts.get_context_distinct_id(), "tags": posthog.get_tags()})
    return HttpResponse("seen")


def read_user_then_capture(request):
    request.user.get_username()
    return capture(request)


def replace_user_then_capture(request):
    request.user = User(pk=4711, email="token@example.com")
    return capture(request)


def login_between(request):
    posthog.capture("seen")
    auth.login(request, User.objects.get(username="ann"))
    return capture(request)


def logout_between(request):
    posthog.capture("seen")
    auth.logout(request)
    return capture(request)


def fail(request, kind):
    raise ERRORS[kind](kind)


async def afail(request, kind):
    raise ERRORS[kind](kind)


def fail_with_cause(request):
    try:
        {}["key"]
    except KeyError as error:
        raise RuntimeError("from a cause") from error


def fail_after_own_report(request):
    try:
        fail(request, "value")
    except ValueError as error:
        posthog.capture_exception(error, properties={"own": True})
        raise


def report_and_go_on(request):
    try:
        fail(request, "value")
    except ValueError as error:
        posthog.capture_exception(error)
    return HttpResponse("went on")


def fail_in_template(request):
    template = engines["django"].from_string("{{ broken }}")

    def broken():
        raise ValueError("in the template")

    return SimpleTemplateResponse(template, {"broken": broken})


def _parts():
    posthog.capture("seen")
    yield b"part"


async def _aparts():
    posthog.capture("seen")
    yield b"part"


def _broken_parts():
    yield b"part"
    raise ValueError("in the stream")


def stream(request):
    return StreamingHttpResponse(_parts())


async def astream(request):
    return StreamingHttpResponse(_aparts())


def stream_fails(request):
    return StreamingHttpResponse(_broken_parts())
