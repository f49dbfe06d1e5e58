"""Visits of a logged-in user to views that do something to their PostgreSQL transaction; each function is one."""

import sys

import posthog
from _told import client
from django.conf import settings

function, folder, packages = sys.argv[1:]
sys.path.append(packages)
settings.configure(
    SECRET_KEY="the tests' own key",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    LOGGING_CONFIG=None,
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "posthog.integrations.django.PosthogContextMiddleware",
    ],
)
settings.DATABASES["default"]["HOST"] = folder

import django  # noqa: E402

django.setup()

from django.contrib.auth.models import Group, User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import DatabaseError, connection, transaction  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import path  # noqa: E402

posthog.default_client = client


def break_transaction():
    """Make the server refuse every further statement of the transaction, without Django knowing of it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
    except DatabaseError:
        return


def capture_when_aborted(request):
    with transaction.atomic():
        break_transaction()
        posthog.capture("seen")
    return HttpResponse("rolled back")


def ask_context_when_aborted(request):
    with transaction.atomic():
        break_transaction()
        posthog.get_tags()
        posthog.capture("seen")
    return HttpResponse("rolled back")


def fail_when_aborted(request):
    with transaction.atomic():
        break_transaction()
        Group.objects.count()
    return HttpResponse("never")


def ask_context_then_query(request):
    with transaction.atomic():
        Group.objects.create(name="before")
        posthog.get_tags()
        Group.objects.create(name="after")
    posthog.capture("seen")
    return HttpResponse(str(Group.objects.count()))


VIEWS = (capture_when_aborted, ask_context_when_aborted, fail_when_aborted, ask_context_then_query)
urlpatterns = [path(view.__name__, view) for view in VIEWS]


def visit(prepare=""):
    """Print status and body of the answer to the first user."""
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("ann", "ann@example.com", "secret")
    browser = Client(raise_request_exception=False)
    browser.force_login(user)
    if prepare:
        with connection.cursor() as cursor:
            cursor.execute(prepare)
    answer = browser.get(f"/{function.removesuffix('_without_sessions')}")
    print(answer.status_code, answer.content.decode() if answer.status_code == 200 else "failed")
    connection.close()


if __name__ == "__main__":
    visit("ALTER TABLE django_session RENAME TO gone" if function.endswith("_without_sessions") else "")
