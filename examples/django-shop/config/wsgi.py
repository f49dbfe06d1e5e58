"""What WSGI servers start: gunicorn config.wsgi."""

import os

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# A site on the internet leaves its static files to a web server; this one runs on loopback only.
application = StaticFilesHandler(get_wsgi_application())
