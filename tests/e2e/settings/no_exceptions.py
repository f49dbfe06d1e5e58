"""The documented way to switch exceptions off."""

# ruff: noqa: F403
from without_options import *

# settings.py
POSTHOG_MW_CAPTURE_EXCEPTIONS = False
