"""One answer for both kinds of caller: the page's script, and a browser without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect

from shop.cart import Cart

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


def done(request: HttpRequest, message: str, *, back_to: str, status: int = 200) -> HttpResponseBase:
    """Say *message*: as JSON to ``fetch``, after a redirect to the view named *back_to* otherwise."""
    if request.accepts("text/html"):
        messages.info(request, message)
        return redirect(back_to)
    return JsonResponse({"message": message, "cart_count": Cart(request.session).count()}, status=status)
