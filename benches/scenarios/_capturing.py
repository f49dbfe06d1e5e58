"""The view that captures one event, as a shop's page would."""

import posthog
from django.http import HttpRequest, HttpResponse
from django.urls import path


def capturing(_request: HttpRequest) -> HttpResponse:
    posthog.capture("page seen", properties={"section": "cart", "items": 3})
    return HttpResponse("ok")


CAPTURING = path("capturing", capturing)
