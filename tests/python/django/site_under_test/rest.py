"""REST views that fail in each way, and know users by a token."""

import posthog
from django.contrib.auth.models import User
from django.urls import path
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.response import Response
from rest_framework.views import APIView

#: Answers of the framework, and the settings of a site that has nothing but those.
JSON = ["rest_framework.renderers.JSONRenderer"]
PLAIN = "rest_framework.views.exception_handler"


class Unavailable(exceptions.APIException):
    status_code = 503


class TokenAuthentication(BaseAuthentication):
    """Knows users by the name in a header."""

    def authenticate(self, request):
        name = request.headers.get("x-token")
        return (User.objects.get(username=name), name) if name else None


ERRORS = {
    "api": exceptions.APIException,
    "unavailable": Unavailable,
    "missing": exceptions.NotFound,
    "invalid": exceptions.ValidationError,
    "value": ValueError,
}


class Failing(APIView):
    authentication_classes = (TokenAuthentication, SessionAuthentication)
    permission_classes = ()
    handler = None

    def get(self, request, kind):
        raise ERRORS[kind](kind)

    def get_exception_handler(self):
        return type(self).handler or super().get_exception_handler()


class Capturing(Failing):
    def get(self, request):
        return Response(str(posthog.capture("seen")))


def site(handler=None):
    """Return a URLconf whose views answer failures with *handler*."""
    own = type("Own", (Failing,), {"handler": staticmethod(handler)}) if handler else Failing

    class Site:
        urlpatterns = (
            path("api/<kind>/", own.as_view()),
            path("capture/", Capturing.as_view()),
        )

    return Site()
