"""Exceptions that are hard to handle, and when Django itself has to."""

import sys
from io import BytesIO

import posthog
import pytest
from django.core.exceptions import (
    DisallowedRedirect,
    RequestDataTooBig,
    SuspiciousFileOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.test import Client, RequestFactory, override_settings
from django.utils.datastructures import MultiValueDictKeyError
from posthog import contexts
from site_under_test.pages import Pages
from site_under_test.visitors import ask, log_in

BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


class UnprintableError(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class FrozenError(Exception):
    def __setattr__(self, name, value):
        raise TypeError(f"{name} is frozen")


class SlottedError(Exception):
    __slots__ = ("part",)


class AllEqualError(Exception):
    """Is equal to everything, and has no hash."""

    def __eq__(self, other):
        return True

    __hash__ = None


class LyingError(Exception):
    """Claims to be of another class."""

    @property
    def __class__(self):
        return SystemExit


def chained():
    try:
        raise KeyError("the cause")
    except KeyError as error:
        raise ValueError("hard") from error


def cyclic():
    one, other = ValueError("hard"), KeyError("other")
    one.__context__, other.__context__ = other, one
    raise one


def grouped():
    if sys.version_info < (3, 11):
        pytest.skip("exception groups came with Python 3.11")
    raise ExceptionGroup("hard", [ValueError("one"), ExceptionGroup("inner", [KeyError("two")])])  # noqa: F821


def endless():
    endless()


def raising(error):
    def fail():
        raise error("hard")

    return fail


HARD = {
    "unprintable": (raising(UnprintableError), "UnprintableError"),
    "frozen": (raising(FrozenError), "FrozenError"),
    "slotted": (raising(SlottedError), "SlottedError"),
    "equal to all": (raising(AllEqualError), "AllEqualError"),
    "chained": (chained, "ValueError"),
    "cyclic": (cyclic, "ValueError"),
    "group": (grouped, "ExceptionGroup"),
    "recursion": (endless, "RecursionError"),
}


@BOTH
@pytest.mark.parametrize("kind", HARD)
def test_an_exception_that_is_hard_to_handle_is_reported_once(events, kind, is_async):
    fail, name = HARD[kind]

    def view(request):
        fail()

    with override_settings(ROOT_URLCONF=Pages(view)):
        assert ask("/view/", is_async=is_async).status_code == 500
    assert [kind for kind, _ in events.exceptions] == [name]
    assert events.properties("$exception")["$request_path"] == "/view/"


def test_an_exception_that_lies_about_its_class_harms_nobody(events):
    def view(request):
        raise LyingError

    with override_settings(ROOT_URLCONF=Pages(view)):
        assert ask("/view/").status_code == 500
    assert len(events.exceptions) <= 1


@BOTH
def test_an_object_that_is_raised_again_by_whoever_catches_it_is_reported_once(events, is_async):
    def view(request):
        try:
            chained()
        except ValueError as error:
            posthog.capture_exception(error)
            raise error  # noqa: TRY201 - a second traceback entry of the same object

    with override_settings(ROOT_URLCONF=Pages(view)):
        ask("/view/", is_async=is_async)
    assert events.exceptions == [("ValueError", "hard")]


class Ending(BaseException):
    """Of nobody's business but who raises and catches it."""


@pytest.mark.parametrize("error", [Ending, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_what_is_no_exception_passes_unreported_and_leaves_no_context(events, error):
    def view(request):
        posthog.capture("seen")
        raise error

    with override_settings(ROOT_URLCONF=Pages(view)), pytest.raises(error):
        ask("/view/")
    assert [event["event"] for event in events] == ["seen"]
    assert contexts.get_tags() == {}


# -- what Django answers itself ----------------------------------------------------------------------------------------


CLIENT_ERRORS = [
    RequestDataTooBig,
    TooManyFieldsSent,
    TooManyFilesSent,
    SuspiciousFileOperation,
    DisallowedRedirect,
    MultiPartParserError,
]


@BOTH
@pytest.mark.parametrize("error", CLIENT_ERRORS)
def test_what_django_blames_on_the_client_is_not_reported(events, error, is_async):
    def view(request):
        raise error("too much")

    with override_settings(ROOT_URLCONF=Pages(view)):
        assert ask("/view/", is_async=is_async).status_code in {400, 413}
    assert not events


@pytest.mark.parametrize("limit", ["DATA_UPLOAD_MAX_MEMORY_SIZE", "DATA_UPLOAD_MAX_NUMBER_FIELDS"])
def test_a_form_that_is_too_large_is_the_clients_error_and_its_events_are_complete(events, limit):
    def view(request):
        posthog.capture("seen")
        return HttpResponse(request.POST["a"])

    with override_settings(ROOT_URLCONF=Pages(view), **{limit: 1}):
        response = Client(raise_request_exception=False).post("/view/", {"a": "1" * 99, "b": "2"})
    assert response.status_code in {400, 413}
    assert events.properties()["$request_method"] == "POST"
    assert not events.exceptions


def test_a_redirect_that_django_forbids_is_the_clients_error(events):
    def view(request):
        return HttpResponseRedirect("javascript:alert(1)")

    with override_settings(ROOT_URLCONF=Pages(view)):
        assert ask("/view/").status_code == 400
    assert not events


def test_a_missing_field_is_an_error_of_the_view(events):
    def view(request):
        return HttpResponse(request.POST["a"])

    with override_settings(ROOT_URLCONF=Pages(view)):
        assert Client(raise_request_exception=False).post("/view/").status_code == 500
    assert [kind for kind, _ in events.exceptions] == [MultiValueDictKeyError.__name__]


class BrokenConnection(BytesIO):
    def read(self, *_size):
        raise OSError("the client is gone")


def test_a_body_that_breaks_off_is_reported_with_its_request_and_not_read_by_us(events):
    def view(request):
        posthog.capture("seen")
        return HttpResponse(request.body)

    environ = RequestFactory().post("/view/").environ | {"wsgi.input": BrokenConnection(), "CONTENT_LENGTH": "9"}
    started = []
    with override_settings(ROOT_URLCONF=Pages(view)):
        body = WSGIHandler()(environ, lambda status, _headers: started.append(status))
        body.close()
    assert started == ["500 Internal Server Error"]
    assert [kind for kind, _ in events.exceptions] == [UnreadablePostError.__name__]
    assert events.properties()["$request_path"] == "/view/"


@BOTH
def test_a_url_without_a_view_is_no_failure(events, is_async):
    assert ask("/nowhere/", is_async=is_async).status_code == 404
    assert not events


@BOTH
@pytest.mark.parametrize("debug", [True, False])
def test_debug_pages_change_nothing_about_what_is_reported(events, debug, is_async):
    with override_settings(DEBUG=debug):
        for kind, status in (("value", 500), ("missing", 404), ("bad", 400), ("suspicious", 400)):
            assert ask(f"/fail/{kind}/", is_async=is_async).status_code == status
    assert events.exceptions == [("ValueError", "value")]


# -- transactions ------------------------------------------------------------------------------------------------------


@pytest.fixture
def _atomic_requests(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)


@BOTH
@pytest.mark.usefixtures("_atomic_requests")
def test_a_failure_within_the_transaction_of_the_request_is_the_users(events, user, is_async):
    def view(request):
        assert connection.in_atomic_block
        raise ValueError("rolled back")

    cookie = log_in(user)
    with override_settings(ROOT_URLCONF=Pages(view)):
        assert ask("/view/", cookie, is_async=is_async).status_code == 500
    assert events.exceptions == [("ValueError", "rolled back")]
    assert events.one("$exception")["distinct_id"] == str(user.pk)


@BOTH
def test_what_an_atomic_block_rolls_back_is_reported_once_it_is_over(events, user, is_async):
    def view(request):
        with transaction.atomic():
            posthog.capture("seen")
            raise ValueError("rolled back")

    cookie = log_in(user)
    with override_settings(ROOT_URLCONF=Pages(view)):
        ask("/view/", cookie, is_async=is_async)
    assert [event["distinct_id"] for event in events] == [str(user.pk)] * 2
    assert events.exceptions == [("ValueError", "rolled back")]
