"""Local variables of views: requests, models, and what is lazy; nothing is evaluated and nothing is queried."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.http import QueryDict
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.functional import SimpleLazyObject, lazystr
from django.utils.translation import gettext_lazy
from posthog import Posthog


@pytest.fixture
def shown():
    """Return what shows a variable with an innocent name."""
    events: list[dict[str, Any]] = []
    client = Posthog(
        "k",
        send=False,
        before_send=lambda event: events.append(event) or event,
        capture_exception_code_variables=True,
        project_root=__file__.rpartition("/")[0],
    )

    def show(held: Any) -> Any:
        try:
            raise ValueError
        except ValueError as error:
            with CaptureQueriesContext(connection) as queries:
                client.capture_exception(error)
        assert list(queries) == []
        return events[-1]["properties"]["$exception_list"][0]["stacktrace"]["frames"][-1]["code_variables"]["held"]

    yield show
    client.shutdown()


def never() -> Any:
    pytest.fail("it was evaluated")


def test_query_sets_and_managers_are_named_and_not_evaluated(shown):
    users = get_user_model().objects
    assert shown(users.filter(username="x")) == "<django.db.models.query.QuerySet object>"
    assert shown(users.raw("SELECT 1")) == "<django.db.models.query.RawQuerySet object>"
    assert shown(ContentType.objects) == "<django.contrib.contenttypes.models.ContentTypeManager object>"
    assert json.loads(shown([users.all()])) == ["<django.db.models.query.QuerySet object>"]


def test_a_lazy_object_is_shown_once_somebody_else_has_asked(shown):
    assert shown(SimpleLazyObject(never)) == "<django.utils.functional.SimpleLazyObject object>"
    known = SimpleLazyObject(lambda: ["tea"])
    assert known[0] == "tea"
    assert json.loads(shown(known)) == ["tea"]


def test_lazy_texts_are_not_translated(shown):
    assert "object>" in shown(gettext_lazy("Hello"))
    assert "object>" in shown(lazystr("Hello"))


def test_a_model_shows_what_it_has_in_memory(shown):
    user = get_user_model().objects.create(username="anna", password="x", email="anna@example.com")
    loaded = get_user_model().objects.only("username").get(pk=user.pk)
    held = json.loads(shown(loaded))
    assert (held["id"], held["username"], held["__class__"]) == (user.pk, "anna", type(user).__name__)
    assert "email" not in held
    held = json.loads(shown(user))
    assert held["email"] == "anna@example.com"
    assert held["password"].startswith("$$_posthog_redacted")
    user.delete()


def test_a_request_is_shown_without_a_look_at_its_user(shown):
    request = RequestFactory().get("/a?b=1", HTTP_COOKIE="sessionid=abc")
    request.user = SimpleLazyObject(never)
    assert isinstance(shown(request), str)
    assert json.loads(shown(QueryDict("a=1&a=2"))) == {"a": ["1", "2"]}
    assert json.loads(shown(AnonymousUser()))["__class__"] == "AnonymousUser"
