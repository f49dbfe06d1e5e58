"""Sites whose settings are wrong, few, or change while the site runs."""

import pytest
from django.conf import settings
from django.test import Client, override_settings
from posthog.integrations.django import PosthogContextMiddleware
from posthog.integrations.django.settings import OPTION_OF
from site_under_test.visitors import ask, log_in

WRONG = [
    None,
    True,
    0,
    7,
    -1.5,
    "",
    "False",
    "no.such.path",
    b"bytes",
    [],
    [object()],
    {},
    {"a": 1},
    (),
    object,
    object(),
]
#: Warned of as soon as it is set.
DEPRECATED = "POSTHOG_MW_TRUST_TRACING_HEADERS"


class Raising:
    """Raises at all that one can do with a value without knowing it."""

    def __eq__(self, other):
        raise ValueError("compared")

    def __hash__(self):
        raise ValueError("hashed")

    def __iter__(self):
        raise ValueError("iterated")

    def __bool__(self):
        raise ValueError("judged")


@pytest.mark.parametrize("value", WRONG, ids=repr)
@pytest.mark.filterwarnings("ignore:POSTHOG_MW_TRUST_TRACING_HEADERS")
def test_no_value_of_any_setting_of_the_middleware_harms_a_request(events, user, value):
    cookie = log_in(user)
    for name in OPTION_OF:
        with override_settings(**{name: value}):
            assert ask("/capture/", cookie).status_code == 200, name
            assert ask("/fail/missing/", cookie).status_code == 404, name
            assert ask("/fail/value/", cookie).status_code == 500, name
    assert len(events.named("seen")) == len(OPTION_OF)


@pytest.mark.parametrize("name", sorted(set(OPTION_OF) - {DEPRECATED}))
def test_not_even_a_value_that_raises_keeps_the_site_from_starting(events, name):
    with override_settings(**{name: Raising()}):
        assert ask("/capture/").status_code == 200
    assert len(events.named("seen")) == 1


@pytest.mark.parametrize("name", sorted(set(OPTION_OF) - {DEPRECATED}))
def test_a_setting_that_is_deleted_counts_as_never_set(events, name):
    default = getattr(PosthogContextMiddleware(lambda _request: None), OPTION_OF[name])
    with override_settings(**{name: None}):
        delattr(settings, name)
        middleware = PosthogContextMiddleware(lambda _request: None)
        assert getattr(middleware, OPTION_OF[name]) == default
        assert ask("/capture/").status_code == 200


@pytest.mark.parametrize(
    "value", [iter([404]), (status for status in [404]), map(int, ["404"])], ids=["iter", "generator", "map"]
)
def test_statuses_that_could_be_read_only_once_count_as_the_default(events, value):
    with override_settings(POSTHOG_MW_CAPTURE_STATUS=value):
        for _ in range(2):  # each has a middleware of its own
            ask("/fail/missing/")
            ask("/fail/value/")
    assert events.exceptions == [("ValueError", "value")] * 2


def test_an_override_around_a_handler_is_over_when_the_handler_goes_on(events):
    with override_settings(POSTHOG_MW_EXTRA_TAGS=lambda _request: {"plan": "pro"}):
        client = Client()
        client.get("/capture/")
    client.get("/capture/")
    assert [event["properties"].get("plan") for event in events] == ["pro", None]


def test_overrides_nest(events):
    client = Client()
    with override_settings(POSTHOG_MW_EXTRA_TAGS=lambda _request: {"plan": "outer"}):
        with override_settings(POSTHOG_MW_EXTRA_PROPERTIES=lambda _request: {"plan": "inner"}):
            client.get("/capture/")
        client.get("/capture/")
    assert [event["properties"]["plan"] for event in events] == ["inner", "outer"]


# -- whole sites -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("import_first", [True, False])
def test_a_site_with_the_fewest_settings_of_all_captures_and_reports(run_python, import_first):
    program = f"""
        if {import_first}:
            import posthog.integrations.django
            from posthog.integrations.django import PosthogContextMiddleware
        import django
        from django.conf import settings
        settings.configure(
            MIDDLEWARE=["posthog.integrations.django.PosthogContextMiddleware"],
            ROOT_URLCONF="__main__",
            LOGGING_CONFIG=None,  # Django 4.2 formats an e-mail at each failure, which takes templates
        )
        django.setup()
        import posthog
        from django.http import HttpResponse
        from django.test import Client
        from django.urls import path

        def view(request, kind):
            if kind == "fail":
                raise ValueError("in the view")
            return HttpResponse(posthog.capture("seen"))

        def keep(event):
            properties = event["properties"]
            print(event["event"], event["distinct_id"], properties["$request_path"], properties["django_route"])
            return event

        urlpatterns = [path("<kind>/", view)]
        posthog.project_api_key, posthog.send, posthog.before_send = "phc_key", False, keep
        client = Client(raise_request_exception=False)
        settings.ALLOWED_HOSTS.append("testserver")
        for kind in ("see", "fail"):
            print(client.get(f"/{{kind}}/", HTTP_X_POSTHOG_DISTINCT_ID="ann").status_code)
    """
    assert run_python(program).stdout.splitlines() == [
        "seen ann /see/ <kind>/",
        "200",
        "$exception ann /fail/ <kind>/",
        "500",
    ]


SITE = """
    SECRET_KEY = "the tests' own key"
    ALLOWED_HOSTS = ["*"]
    USE_TZ = True
    INSTALLED_APPS = [
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
        "posthog.integrations.django", "shop.Shop",
    ]
    MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "posthog.integrations.django.PosthogContextMiddleware",
    ]
    DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
    DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
    ROOT_URLCONF = "shop"
    POSTHOG = {"API_KEY": "phc_key", "SEND": False, "HOST": "http://events.example.com", "BEFORE_SEND": "shop.keep"}
"""
SHOP = """
    import posthog
    from django.apps import AppConfig
    from django.db.models.signals import post_migrate
    from django.http import HttpResponse
    from django.urls import path

    def keep(event):
        print("captured", event["event"], event["properties"].get("of"))
        return event

    def view(request):
        return HttpResponse(posthog.capture("seen"))

    urlpatterns = [path("", view)]

    class Shop(AppConfig):
        name = "shop"
        path = "."

        def ready(self):
            post_migrate.connect(tell)

    def tell(sender, **_signal):
        posthog.capture("migrated", distinct_id="the site", properties={"of": sender.label})
"""


def test_a_database_is_made_while_signals_capture_and_a_site_without_one_answers(run_python):
    files = {"config.py": SITE, "shop.py": SHOP}
    ask_without_tables = """
        import django
        django.setup()
        from django.test import Client
        client = Client()
        client.cookies["sessionid"] = "somebody's"
        print(client.get("/").status_code)
    """
    environment = {"DJANGO_SETTINGS_MODULE": "config"}
    before = run_python(ask_without_tables, files=files, **environment)
    assert before.stdout.splitlines() == ["captured seen None", "200"]
    migrated = run_python("", "-m", "django", "migrate", "--verbosity=0", **environment)
    assert {"captured migrated auth", "captured migrated sessions"} <= set(migrated.stdout.splitlines())
    after = run_python(ask_without_tables, **environment)
    assert (after.stdout, after.stderr) == (before.stdout, "")


def test_a_check_before_deployment_names_events_in_the_clear_and_makes_no_client(run_python):
    files = {"config.py": SITE, "shop.py": SHOP}
    command = ("-m", "django", "check", "--deploy", "--tag", "posthog")
    checked = run_python("", *command, files=files, DJANGO_SETTINGS_MODULE="config")
    assert "(posthog.W006)" in checked.stderr
    assert checked.stdout == ""
    silenced = {"config.py": SITE + '    SILENCED_SYSTEM_CHECKS = ["posthog.W006"]\n'}
    checked = run_python("", *command, files=silenced, DJANGO_SETTINGS_MODULE="config")
    assert "W006" not in checked.stderr
