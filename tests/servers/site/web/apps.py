"""The site as an application."""

import os

import posthog
from django.apps import AppConfig


class WebConfig(AppConfig):
    """Captures an event at the start, in the process that serves alone: Django's reloader makes another one ready."""

    name = "web"

    def ready(self):
        print(f"the site is ready in {os.getpid()}", flush=True)
        if os.environ.get("RUN_MAIN"):
            posthog.capture("started", distinct_id="the site")
