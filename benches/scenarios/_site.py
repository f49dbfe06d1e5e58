"""A Django site with the stack of `startproject`, and the paired timing of two of its WSGI applications."""

import logging
import sys
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

STACK = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
POSTHOG = "posthog.integrations.django.PosthogContextMiddleware"

Environ = dict[str, Any]
Write = Callable[[bytes], object]


def plain(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


def failing(request: HttpRequest) -> HttpResponse:
    return _checkout({"path": request.path, "items": 3})


def _checkout(cart: dict[str, object]) -> HttpResponse:
    return _charge(cart, amount=129.95)


def _charge(cart: dict[str, object], amount: float) -> HttpResponse:
    raise ValueError(f"no payment provider for {amount} and {len(cart)} facts")


urlpatterns = [path("plain", plain), path("failing", failing)]


def configure(*more: URLPattern) -> None:
    """Set Django up, without a log handler of its own: printing tracebacks is no cost of the middleware."""
    urlpatterns.extend(more)
    settings.configure(
        ALLOWED_HOSTS=["shop.example"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
        ],
        LOGGING_CONFIG=None,
        MIDDLEWARE=STACK,
        ROOT_URLCONF=__name__,
        SECRET_KEY="bench",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )
    log = logging.getLogger("django")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    django.setup()


def application(*extra: str) -> WSGIHandler:
    """Return the site with *extra* middleware as the innermost."""
    settings.MIDDLEWARE = [*STACK, *extra]
    return WSGIHandler()


def visit(page: str, **headers: str) -> Environ:
    """Return the WSGI environ of a visitor who is not logged in."""
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": page,
        "QUERY_STRING": "step=2",
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "443",
        "HTTP_HOST": "shop.example",
        "HTTP_ACCEPT": "text/html",
        "HTTP_COOKIE": "_ga=GA1.2.1744.1690",
        "HTTP_USER_AGENT": "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0 Safari/537.36",
        "HTTP_X_FORWARDED_FOR": "203.0.113.7",
        "wsgi.url_scheme": "https",
        "wsgi.errors": sys.stderr,
        "wsgi.input": BytesIO(),
        **headers,
    }


TRACED = {
    "HTTP_X_POSTHOG_DISTINCT_ID": "user-4711",
    "HTTP_X_POSTHOG_SESSION_ID": "0191f3a2-77aa-7b1c-8f00-3d6c2f6a9e01",
}


def _never_written(_chunk: bytes) -> None:
    raise RuntimeError("Django returns its body, it does not write it")


def serve(app: WSGIHandler, environ: Environ, status: str) -> int:
    """Answer one request as a server does, to the closed response, and return the nanoseconds it took."""
    fresh = dict(environ)
    statuses: list[str] = []

    def start_response(line: str, _headers: list[tuple[str, str]], _exc_info: object = None) -> Write:
        statuses.append(line)
        return _never_written

    start = time.perf_counter_ns()
    response: Iterable[bytes] = app(fresh, start_response)
    for _chunk in response:
        pass
    response.close()  # type: ignore[attr-defined]
    took = time.perf_counter_ns() - start
    if not statuses[0].startswith(status):
        raise RuntimeError(f"{environ['PATH_INFO']} answered {statuses[0]}, not {status}")
    return took
