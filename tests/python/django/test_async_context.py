"""What an async view sees that asks the context of its request."""

import pytest
from django.http import JsonResponse
from django.test import override_settings
from posthog import contexts
from site_under_test.pages import Pages
from site_under_test.visitors import ask, log_in


async def show(request):
    return JsonResponse({"distinct_id": contexts.get_context_distinct_id(), "tags": contexts.get_tags()})


def shown(**options):
    with override_settings(ROOT_URLCONF=Pages(show)):
        return ask("/show/", is_async=True, **options).json()


@pytest.mark.parametrize("policy", ["lazy", "eager"])
@pytest.mark.parametrize("setting", ["POSTHOG_MW_EXTRA_TAGS", "POSTHOG_MW_TAG_MAP"])
def test_tags_of_the_site_are_among_the_tags(policy, setting):
    with override_settings(POSTHOG_MW_RESOLVE_USER=policy, **{setting: lambda _asked: {"plan": "pro"}}):
        assert shown()["tags"]["plan"] == "pro"


@pytest.mark.parametrize("policy", ["lazy", "eager"])
def test_a_request_that_the_filter_turns_away_has_no_context(policy):
    with override_settings(POSTHOG_MW_RESOLVE_USER=policy, POSTHOG_MW_REQUEST_FILTER=lambda _request: False):
        assert shown(headers={"x-posthog-distinct-id": "ann"}) == {"distinct_id": None, "tags": {}}


@pytest.mark.parametrize("policy", ["lazy", "eager"])
def test_without_functions_of_the_site_the_request_says_who_it_is(policy, user):
    with override_settings(POSTHOG_MW_RESOLVE_USER=policy):
        assert shown(headers={"x-posthog-distinct-id": "ann"})["distinct_id"] == "ann"


def test_with_eager_users_the_session_says_who_it_is(user):
    with override_settings(POSTHOG_MW_RESOLVE_USER="eager"):
        assert shown(cookie=log_in(user))["distinct_id"] == str(user.pk)
