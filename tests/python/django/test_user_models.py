"""Sites with a user model of their own."""

SITE = """
    from django.conf import settings
    settings.configure(
        SECRET_KEY="the tests' own key",
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "members"],
        AUTH_USER_MODEL="members.Member",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ROOT_URLCONF="__main__",
        USE_TZ=True,
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "posthog.integrations.django.PosthogContextMiddleware",
        ],
    )
    import django
    django.setup()
    import asyncio, posthog
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.http import HttpResponse
    from django.test import AsyncClient, Client
    from django.urls import path

    def view(request):
        return HttpResponse(posthog.capture("seen"))

    async def aview(request):
        return HttpResponse(posthog.capture("seen"))

    def keep(event):
        print(event["distinct_id"], event["properties"].get("email"), event["properties"]["$request_path"])
        return event

    urlpatterns = [path("sync", view), path("async", aview)]
    posthog.project_api_key, posthog.send, posthog.before_send = "phc_key", False, keep
    call_command("migrate", run_syncdb=True, verbosity=0)
    Member = get_user_model()
    member = Member.objects.create(**MEMBER)
    client = Client()
    client.force_login(member)
    client.get("/sync")
    client.get("/async")
    aclient = AsyncClient()
    aclient.cookies = client.cookies
    from asgiref.sync import async_to_sync
    async_to_sync(aclient.get)("/sync")
    async_to_sync(aclient.get)("/async")
"""
MODEL = """
    from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
    from django.db import models

    class Member({base}):
        {fields}
        objects = BaseUserManager()
"""


def said(run_python, fields, member, base="AbstractBaseUser"):
    """Return what events say of a member whose model has these fields: id, address and path of each."""
    model = MODEL.format(base=base, fields="\n        ".join(fields))
    files = {"members/__init__.py": "", "members/models.py": model}
    return run_python(SITE.replace("MEMBER", repr(member)), files=files).stdout.splitlines()


def expected(who, address):
    return [f"{who} {address} /{path}" for path in ("sync", "async", "sync", "async")]


def test_a_user_without_an_address_whose_key_is_a_uuid_is_known_by_it(run_python):
    key = "00000000-0000-0000-0000-000000000007"
    fields = [
        "number = models.UUIDField(primary_key=True)",
        "handle = models.TextField(unique=True)",
        "USERNAME_FIELD = 'handle'",
    ]
    assert said(run_python, fields, {"number": key, "handle": "ann"}) == expected(key, None)


def test_a_user_whose_address_is_in_a_field_of_another_name_is_known_with_it(run_python):
    fields = [
        "post = models.EmailField(primary_key=True)",
        "USERNAME_FIELD = 'post'",
        "EMAIL_FIELD = 'post'",
    ]
    assert said(run_python, fields, {"post": "ann@example.com"}) == expected("ann@example.com", "ann@example.com")


def test_a_user_that_is_no_more_than_a_row_is_known(run_python):
    fields = [
        "handle = models.TextField(unique=True)",
        "last_login = models.DateTimeField(null=True)",
        "USERNAME_FIELD = 'handle'",
        "REQUIRED_FIELDS = ()",
        "is_active = is_authenticated = True",
        "is_anonymous = False",
        "get_session_auth_hash = lambda self: 'hash'",
    ]
    assert said(run_python, fields, {"handle": "ann"}, base="models.Model") == expected("1", None)
