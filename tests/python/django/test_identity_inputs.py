"""Which of the ids that a request offers its events get."""

from types import SimpleNamespace
from uuid import UUID

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIRequest
from django.db import models
from django.test import RequestFactory, override_settings
from posthog._native import tracing_ids, usable_id
from posthog.integrations.django import PosthogContextMiddleware
from posthog.integrations.django.user_fields import UserFields
from site_under_test.visitors import ask, log_in

DISTINCT_ID, SESSION_ID, WINDOW_ID = "X-POSTHOG-DISTINCT-ID", "X-POSTHOG-SESSION-ID", "X-POSTHOG-WINDOW-ID"

IN_ANY_CASE = [
    "anonymous",
    "guest",
    "distinctid",
    "distinct_id",
    "id",
    "not_authenticated",
    "email",
    "undefined",
    "true",
    "false",
]
AS_WRITTEN = ["[object Object]", "NaN", "None", "none", "null", "0"]


class Addressee(AbstractBaseUser):
    """A user whose key is no number and whose address is no `email`."""

    key = models.UUIDField(primary_key=True)
    post = models.EmailField()
    EMAIL_FIELD = "post"
    USERNAME_FIELD = "post"

    class Meta:
        app_label = "site_under_test"


def known(**attributes):
    return SimpleNamespace(**{"is_authenticated": True, "pk": 7, "email": "ann@example.com"} | attributes)


def broken(_user):
    raise ValueError("no id today")


async def awaited(user):
    return f"user {user.pk}"


@pytest.fixture(params=[False, True], ids=["wsgi", "asgi"])
def is_async(request):
    return request.param


# -- unusable ids ------------------------------------------------------------------------------------------------------


def usable_header_id(sent):
    return tracing_ids(SimpleNamespace(headers={DISTINCT_ID: sent}))[0]


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_placeholders_name_nobody(quote):
    for text in IN_ANY_CASE:
        for variant in (text, text.upper(), text.title()):
            assert usable_id(f"{quote}{variant}{quote}") is None
    for text in ["", *AS_WRITTEN]:
        assert usable_id(f" {quote}{text}{quote}\t") is None


@pytest.mark.parametrize("text", ["NULL", "nan", "NONE", "00", "ids", "'ann", "'0\"", "guest7", '"', "a'b"])
def test_what_only_resembles_a_placeholder_is_an_id(text):
    assert usable_id(text) == text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("ann", "ann"),
        ("Doe, Ann", "Doe, Ann"),
        ("ann,bob", "ann,bob"),
        ("ann,ann", "ann"),
        ("ann, ann", "ann"),
        ("undefined,ann", "ann"),
        ("ann,", "ann"),
        (",,ann, bob", "ann"),
        ("null,'undefined',0", None),
        (",", None),
        (None, None),
        (7, None),
    ],
)
def test_a_joined_header_counts_as_repeated_only_where_it_cannot_be_one_id(sent, kept):
    assert usable_header_id(sent) == kept


def test_of_a_repeated_header_the_first_usable_value_counts_where_the_server_keeps_them_apart():
    sent = [b"undefined", b"Doe, Ann", b"bob"]
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(DISTINCT_ID.lower().encode(), v) for v in sent]}
    assert tracing_ids(ASGIRequest(scope, None)) == ("Doe, Ann", None)


def test_a_request_with_an_unusable_id_goes_to_the_user(events, user, is_async):
    ask("/capture/", log_in(user), is_async=is_async, headers={DISTINCT_ID: "undefined"})
    assert events.one()["distinct_id"] == str(user.pk)


def test_a_request_with_an_unusable_id_and_no_user_is_anonymous(events, is_async):
    ask("/capture/", is_async=is_async, headers={DISTINCT_ID: "[object Object]"})
    assert events.properties()["$process_person_profile"] is False


# -- sources -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (("header", "user"), "browser"),
        (["user", "header"], "user"),
        (("user",), "user"),
        ("user", "user"),
        (("header",), "browser"),
        (("typo", "user"), "user"),
        (("typo",), "browser"),
        ((), "browser"),
        (None, "browser"),
        (7, "browser"),
        (("user", []), "user"),
    ],
)
def test_the_first_source_with_an_id_wins(events, user, source, expected):
    with override_settings(POSTHOG_MW_DISTINCT_ID_SOURCE=source):
        ask("/capture/", log_in(user), headers={DISTINCT_ID: "browser"})
    assert events.one()["distinct_id"] == {"browser": "browser", "user": str(user.pk)}[expected]
    assert events.properties()["email"] == "ann@example.com"


def test_the_user_first_leaves_the_header_to_visitors_who_have_not_logged_in(events):
    with override_settings(POSTHOG_MW_DISTINCT_ID_SOURCE=("user", "header")):
        ask("/capture/", headers={DISTINCT_ID: "browser"})
    assert events.one()["distinct_id"] == "browser"


def test_a_source_that_is_not_named_names_nobody(events, user):
    with override_settings(POSTHOG_MW_DISTINCT_ID_SOURCE=("user",)):
        ask("/capture/", headers={DISTINCT_ID: "browser"})
    with override_settings(POSTHOG_MW_DISTINCT_ID_SOURCE=("header",)):
        ask("/capture/", log_in(user))
    assert [event["properties"]["$process_person_profile"] for event in events] == [False, False]


def test_an_unknown_source_is_told(caplog):
    with override_settings(POSTHOG_MW_DISTINCT_ID_SOURCE=("haeder",)):
        PosthogContextMiddleware(lambda _request: None)
    assert "haeder" in caplog.text


# -- visit and window --------------------------------------------------------------------------------------------------


def test_session_and_window_are_on_each_event(events, is_async):
    ask("/capture/", is_async=is_async, headers={SESSION_ID: " visit\t1 ", WINDOW_ID: "\ttab,1"})
    assert events.properties()["$session_id"] == "visit1"
    assert events.properties()["$window_id"] == "tab,1"


def test_a_session_id_is_taken_as_it_is(events):
    ask("/capture/", headers={SESSION_ID: "null,0"})
    assert events.properties()["$session_id"] == "null,0"


def test_without_tracing_headers_no_window_is_taken(events):
    with override_settings(POSTHOG_MW_CAPTURE_TRACING_HEADERS=False):
        ask("/capture/", headers={DISTINCT_ID: "browser", SESSION_ID: "visit", WINDOW_ID: "tab"})
    assert {"$session_id", "$window_id"} & set(events.properties()) == set()
    assert events.properties()["$process_person_profile"] is False


def test_the_window_passes_the_tag_map(events):
    with override_settings(POSTHOG_MW_TAG_MAP=lambda tags: {k: v for k, v in tags.items() if k != "$window_id"}):
        ask("/capture/", headers={WINDOW_ID: "tab"})
    assert "$window_id" not in events.properties()


# -- the user's id and address -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("username", "ann"),
        (lambda user: f"shop:{user.username}", "shop:ann"),
        ("django.utils.encoding.force_str", "ann"),
        (lambda user: user.pk + 1, None),
    ],
)
def test_the_id_of_a_user_is_the_one_that_the_site_chooses(events, user, is_async, setting, expected):
    with override_settings(POSTHOG_MW_USER_ID=setting):
        ask("/capture/", log_in(user), is_async=is_async)
    assert events.one()["distinct_id"] == (expected or str(user.pk + 1))
    assert events.properties()["email"] == "ann@example.com"


@pytest.mark.parametrize("setting", [broken, lambda _user: None, "nickname", "tests.nowhere", lambda _user: "0"])
def test_a_user_whose_id_cannot_be_had_gets_no_other(events, user, setting):
    with override_settings(POSTHOG_MW_USER_ID=setting):
        assert ask("/capture/", log_in(user)).status_code == 200
    assert events.properties()["$process_person_profile"] is False
    assert events.properties()["email"] == "ann@example.com"


def test_a_function_that_names_users_may_be_async(events, user, is_async):
    with override_settings(POSTHOG_MW_USER_ID=awaited):
        ask("/capture/", log_in(user), is_async=is_async)
    assert events.one()["distinct_id"] == f"user {user.pk}"


@pytest.mark.parametrize("setting", [7, None, "two words", "", ["pk"]])
def test_a_user_id_of_a_wrong_type_counts_as_the_primary_key(events, user, setting):
    with override_settings(POSTHOG_MW_USER_ID=setting):
        ask("/capture/", log_in(user))
    assert events.one()["distinct_id"] == str(user.pk)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (7, "7"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        ((3, UUID(int=7)), "3:00000000-0000-0000-0000-000000000007"),
        ("  ann\n", "ann"),
        (None, None),
    ],
)
def test_keys_of_every_kind_become_text(key, text):
    assert UserFields().of(known(pk=key))[0] == text


def test_the_address_is_in_the_field_that_the_user_model_names():
    assert UserFields().of(Addressee(key=UUID(int=7), post="ann@example.com")) == (str(UUID(int=7)), "ann@example.com")


def test_an_address_that_cannot_be_read_costs_no_id():
    class Unreadable(User):
        class Meta:
            proxy = True
            app_label = "site_under_test"

        @classmethod
        def get_email_field_name(cls):
            raise ValueError("no field")

    assert UserFields().of(Unreadable(pk=7, email="ann@example.com")) == ("7", None)


@pytest.mark.parametrize(("setting", "is_sent"), [(True, True), (False, False), (None, True), ("no", True), (0, True)])
def test_the_address_is_sent_unless_switched_off(events, user, setting, is_sent):
    with override_settings(POSTHOG_MW_SEND_EMAIL=setting):
        ask("/capture/", log_in(user))
    assert ("email" in events.properties()) is is_sent
    assert events.one()["distinct_id"] == str(user.pk)


def test_nobody_is_asked_about_on_a_request_without_events(sql, user):
    asked = []
    cookie = log_in(user)
    sql.clear()
    with override_settings(POSTHOG_MW_USER_ID=asked.append):
        ask("/plain/", cookie, headers={DISTINCT_ID: "browser"})
    assert not asked
    assert not sql


def test_the_callable_is_asked_once_for_all_events_of_a_request(events, user):
    asked = []
    with override_settings(POSTHOG_MW_USER_ID=lambda user: asked.append(user) or "ann"):
        ask("/capture_thrice/", log_in(user))
    assert [event["distinct_id"] for event in events] == ["ann"] * 3
    assert len(asked) == 1


def test_an_instance_made_without_init_has_the_defaults():
    middleware = PosthogContextMiddleware.__new__(PosthogContextMiddleware)
    request = RequestFactory().get("/?token=s", HTTP_X_POSTHOG_WINDOW_ID="tab")
    request.user = known()
    tags = middleware.extract_tags(request)
    assert (tags["$window_id"], tags["email"]) == ("tab", "ann@example.com")
    assert tags["$current_url"] == "http://testserver/?token=[redacted]"
