"""Views of Django REST framework."""

import posthog
from django.contrib.auth.models import User
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException, NotFound
from rest_framework.response import Response
from rest_framework.views import APIView


class TokenAuthentication(BaseAuthentication):
    """Knows users by the name in a header."""

    def authenticate(self, request):
        name = request.headers.get("x-token")
        return (User.objects.get(username=name), name) if name else None


ERRORS = {"api": APIException, "missing": NotFound, "value": ValueError}


class Failing(APIView):
    authentication_classes = (TokenAuthentication,)
    permission_classes = ()

    def get(self, request, kind):
        raise ERRORS[kind](kind)


class Capturing(Failing):
    def get(self, request):
        posthog.capture("seen")
        return Response("seen")
