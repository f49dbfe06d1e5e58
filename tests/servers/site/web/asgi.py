"""The site for uvicorn, hypercorn and gunicorn's own ASGI worker."""

from django.core.asgi import get_asgi_application

application = get_asgi_application()
