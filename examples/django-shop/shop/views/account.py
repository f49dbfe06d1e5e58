"""Signing in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import posthog
from django.contrib.auth.views import LoginView

if TYPE_CHECKING:
    from django.contrib.auth.forms import AuthenticationForm
    from django.http import HttpResponse


class SignInView(LoginView):
    """Django's login page, with an event for each login."""

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Log the visitor in and say so."""
        response = super().form_valid(form)
        posthog.capture("signed_in", properties={"user_id": form.get_user().pk})
        return response
