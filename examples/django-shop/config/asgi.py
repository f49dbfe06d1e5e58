"""What ASGI servers start: uvicorn config.asgi:application."""

import os

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# A site on the internet leaves its static files to a web server; this one runs on loopback only.
application = ASGIStaticFilesHandler(get_asgi_application())
