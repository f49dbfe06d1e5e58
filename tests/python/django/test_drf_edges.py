"""Requests and exceptions of unusual kinds, in the handler of Django REST framework."""

from types import SimpleNamespace

import posthog
import pytest
from django.contrib import auth
from django.contrib.auth.models import User
from django.test import RequestFactory, override_settings
from django.urls import path
from posthog.integrations.drf import create_exception_handler
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import APIView
from site_under_test.visitors import ask

handler = create_exception_handler(lambda exc, _: Response(status=500))


@pytest.mark.parametrize("request_of", [lambda own: own, lambda own: SimpleNamespace(_request=own)])
def test_the_filter_is_asked_about_requests_of_every_class(events, request_of):
    asked, request = [], object()
    with override_settings(POSTHOG_MW_REQUEST_FILTER=asked.append):
        handler(APIException(), {"request": request_of(request)})
    assert asked == [request]
    assert not events


class FrozenError(APIException):
    def __setattr__(self, name, value):
        if name.startswith("_"):
            raise TypeError(f"{name} is frozen")
        super().__setattr__(name, value)


@pytest.mark.parametrize("error", [APIException, FrozenError, lambda: LookupError("of no framework")])
def test_an_exception_is_reported_once_however_often_it_is_answered(events, error):
    failed, request = error(), RequestFactory().get("/")
    for _ in range(2):
        assert handler(failed, {"request": request}).status_code == 500
    assert len(events.exceptions) == 1


def test_an_exception_that_was_reported_already_is_not_reported_again(events):
    failed = APIException()
    vars(failed)["__posthog_exception_captured"] = True  # as the official package marks it
    assert handler(failed, {}).status_code == 500
    assert not events


class LoggingIn(APIView):
    authentication_classes = permission_classes = ()

    def get(self, request):
        posthog.get_tags()
        posthog.capture("before")
        for user in User.objects.order_by("pk"):
            auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            posthog.capture(user.username)
        return Response("welcome")


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_login_with_the_request_of_the_framework_is_one_with_djangos(events, user, is_async):
    other = User.objects.create_user("bob")

    class Site:
        urlpatterns = (path("", LoggingIn.as_view()),)

    with override_settings(ROOT_URLCONF=Site()):
        assert ask("/", is_async=is_async).status_code == 200
    ids = {event["event"]: event["distinct_id"] for event in events}
    assert (ids["ann"], ids["bob"]) == (str(user.pk), str(other.pk))
