"""A small site. What differs between tests comes from the environment."""

import os
from importlib import import_module

import posthog

# Word for word the documentation's examples, each a module of its own.
_seeds = [import_module(name) for name in os.environ["SITE_SEEDS"].split()]

SECRET_KEY = "the tests' own key, long enough for everybody to be content"
DEBUG = "SITE_DEBUG" in os.environ
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "web.urls"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SITE_DATABASE"]}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

for _seed in _seeds:
    globals().update({name: value for name, value in vars(_seed).items() if not name.startswith("__")})

# "... other middleware" of the documentation's first example.
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    *import_module("basic").MIDDLEWARE,
]

if os.environ.get("SITE_HAS_APP"):
    INSTALLED_APPS = [*INSTALLED_APPS, "posthog.integrations.django", "web"]
    POSTHOG = {"API_KEY": "phc_of_the_tests", "HOST": os.environ["SITE_EVENTS_HOST"]}
else:
    posthog.project_api_key = "phc_of_the_tests"
    posthog.host = os.environ["SITE_EVENTS_HOST"]

if os.environ.get("SITE_CAPTURES_AT_IMPORT"):
    # The client, its worker and a connection exist before the server forks.
    posthog.capture("imported", distinct_id="the site")
    posthog.flush()
