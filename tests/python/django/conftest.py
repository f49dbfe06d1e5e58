"""A real Django site in a database file of its own, and the events that its requests capture."""

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import django  # noqa: E402
from django.conf import settings  # noqa: E402

_folder = tempfile.TemporaryDirectory(prefix="posthog-django-")

if not settings.configured:
    settings.configure(
        SECRET_KEY="the tests' own key, long enough for everybody to be content",
        ALLOWED_HOSTS=["testserver", "127.0.0.1"],
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{_folder.name}/db.sqlite3"}},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        SESSION_FILE_PATH=_folder.name,
        ROOT_URLCONF="site_under_test.urls",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "posthog.integrations.django.PosthogContextMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
        LOGGING_CONFIG=None,  # Django 4.2 formats an e-mail for nobody at each failure, and reads the user for it
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()

import posthog  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections  # noqa: E402
from django.db.backends.utils import CursorWrapper  # noqa: E402
from posthog.integrations import _callbacks  # noqa: E402
from site_under_test.captured import Captured  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def database():
    call_command("migrate", verbosity=0)
    yield
    connections.close_all()


@pytest.fixture(autouse=True)
def _clean_site():
    """Leave no row, cache entry or told log line behind."""
    yield
    _callbacks._told.clear()
    cache.clear()
    Session.objects.all().delete()
    User.objects.all().delete()
    connections.close_all()


@pytest.fixture
def events(monkeypatch):
    """What the global client would send, in order."""
    captured = Captured()
    monkeypatch.setattr(posthog, "project_api_key", "phc_of_the_tests")
    monkeypatch.setattr(posthog, "send", False)
    monkeypatch.setattr(posthog, "before_send", captured.take)
    monkeypatch.setattr(posthog, "default_client", None)
    return captured


@pytest.fixture
def sql(monkeypatch):
    """Every statement that reaches the database, from whichever thread."""
    statements = []
    execute = CursorWrapper.execute

    def recorded(self, statement, params=None):
        statements.append(statement)
        return execute(self, statement, params)

    monkeypatch.setattr(CursorWrapper, "execute", recorded)
    return statements


@pytest.fixture
def user():
    return User.objects.create_user("ann", "ann@example.com", "secret")


@pytest.fixture
def run_python(tmp_path):
    """Return a function that runs a program of its own, in a folder with *files* in it, and returns what it says."""

    def run(program, *arguments, files=None, **environment):
        for name, text in (files or {}).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(textwrap.dedent(text))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("POSTHOG_", "DJANGO_"))}
        path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
        done = subprocess.run(
            [sys.executable, *(["-c", textwrap.dedent(program)] if program else []), *arguments],
            cwd=tmp_path,
            env=inherited | {"PYTHONPATH": path, "POSTHOG_JOURNAL": str(tmp_path / "journal")} | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    return run
