"""What visitors do at the site, under which settings. Every scenario runs under both packages."""

from dataclasses import dataclass, field
from typing import Any

from . import callbacks

SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"
POSTHOG = "posthog.integrations.django.PosthogContextMiddleware"
MIDDLEWARE = [SESSION, COMMON, AUTH, POSTHOG]
OWN = "observed_site.middleware."

#: What makes our middleware report what the official one reports; that does not know the setting.
EVERY_STATUS = {"POSTHOG_MW_CAPTURE_STATUS": "all"}
BROWSER = {"x-posthog-distinct-id": "browser", "x-posthog-session-id": "visit"}


@dataclass(frozen=True)
class Scenario:
    """One request, and the site that answers it."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)
    is_async: bool = False
    #: Whose session the visitor has: ``"ann"``, or ``"stale"`` for one from before her password changed.
    session: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    method: str = "get"


def _with(*middleware: str, outside: bool = False) -> dict[str, Any]:
    own = [OWN + name for name in middleware]
    return {"MIDDLEWARE": [*MIDDLEWARE[:3], *own, POSTHOG] if outside else [*MIDDLEWARE, *own]}


def _extra(callback: Any) -> dict[str, Any]:
    return {"POSTHOG_MW_EXTRA_TAGS": callback}


SCENARIOS = {
    # who
    "anonymous": Scenario("/capture/"),
    "anonymous, async": Scenario("/acapture/", is_async=True),
    "anonymous, async view under WSGI": Scenario("/acapture/"),
    "anonymous, sync view under ASGI": Scenario("/capture/", is_async=True),
    "anonymous, two events": Scenario("/capture_twice/"),
    "browser ids": Scenario("/capture/", BROWSER),
    "browser ids, async": Scenario("/acapture/", BROWSER, is_async=True),
    "browser ids, two events": Scenario("/capture_twice/", BROWSER),
    "window id": Scenario("/capture/", {**BROWSER, "x-posthog-window-id": "window"}),
    "session user": Scenario("/capture/", session="ann"),
    "session user, async": Scenario("/acapture/", session="ann", is_async=True),
    "session user, sync view under ASGI": Scenario("/capture/", session="ann", is_async=True),
    "session user, browser ids": Scenario("/capture/", BROWSER, session="ann"),
    "session user, read by the view": Scenario("/read_user_then_capture/", session="ann"),
    "session user, replaced by the view": Scenario("/replace_user_then_capture/", session="ann"),
    "session user, middleware before the session's": Scenario(
        "/capture/", session="ann", settings={"MIDDLEWARE": [POSTHOG, *MIDDLEWARE[:3]]}
    ),
    "stale session": Scenario("/capture/", session="stale"),
    "login between two events": Scenario("/login_between/"),
    "logout between two events": Scenario("/logout_between/", session="ann"),
    "own distinct id": Scenario("/capture_with_own_id/", BROWSER),
    "identify_context": Scenario("/identify_then_capture/"),
    "id of control characters": Scenario("/capture/", {"x-posthog-distinct-id": "a\x01b\x7fc"}),
    "id of 1001 characters": Scenario("/capture/", {"x-posthog-distinct-id": "x" * 1001}),
    "id undefined": Scenario("/capture/", {"x-posthog-distinct-id": "undefined"}),
    "id sent twice": Scenario("/capture/", {"x-posthog-distinct-id": "one,two"}),
    "id of blanks": Scenario("/capture/", {"x-posthog-distinct-id": "  ", "x-posthog-session-id": ""}),
    "browser ids switched off": Scenario("/capture/", BROWSER, settings={"POSTHOG_MW_CAPTURE_TRACING_HEADERS": False}),
    # what
    "post": Scenario("/capture/", method="post"),
    "head": Scenario("/capture/", method="head"),
    "forwarded": Scenario("/capture/", {"x-forwarded-for": "6.6.6.6, 10.0.0.1"}),
    "user agent": Scenario("/capture/", {"user-agent": "Mozilla/5.0"}),
    "query string": Scenario("/capture/?page=2&token=SECRET"),
    "query string, kept": Scenario("/capture/?page=2&token=SECRET", settings={"POSTHOG_MW_QUERY_STRING": "all"}),
    "path that is not ASCII": Scenario("/straße/?q=ü"),
    "properties": Scenario("/capture_with_properties/", BROWSER),
    "groups": Scenario("/capture_with_groups/", BROWSER),
    "persons": Scenario("/capture_about_persons/", BROWSER),
    "values": Scenario("/capture_values/", BROWSER),
    "tags": Scenario("/tag_then_capture/", BROWSER),
    "odd tags": Scenario("/capture_with_odd_tags/", session="ann"),
    "contexts": Scenario("/capture_in_contexts/", BROWSER),
    "the context as the view sees it": Scenario("/read_context_then_capture/", BROWSER),
    "stream": Scenario("/stream/", BROWSER),
    "stream, async": Scenario("/astream/", BROWSER, is_async=True),
    "a host that is not ours": Scenario(
        "/capture/", {**BROWSER, "host": "10.0.0.7"}, settings={"MIDDLEWARE": [SESSION, AUTH, POSTHOG]}
    ),
    # callbacks
    "user tags": Scenario("/capture/", session="ann", settings=_extra(callbacks.add_user_tags)),
    "user tags of nobody": Scenario("/capture/", settings=_extra(callbacks.add_user_tags)),
    "user tags, async": Scenario("/acapture/", session="ann", is_async=True, settings=_extra(callbacks.add_user_tags)),
    "extra tags": Scenario("/capture/", {"x-plan": "pro"}, settings=_extra(callbacks.add_plan)),
    "extra tags that fail": Scenario("/capture/", BROWSER, settings=_extra(callbacks.broken)),
    "extra tags that are none": Scenario("/capture/", BROWSER, settings=_extra(callbacks.forgetful)),
    "filter lets pass": Scenario("/capture/", BROWSER, settings={"POSTHOG_MW_REQUEST_FILTER": callbacks.not_health}),
    "filter turns away": Scenario("/health/", BROWSER, settings={"POSTHOG_MW_REQUEST_FILTER": callbacks.not_health}),
    "filter that fails": Scenario("/capture/", BROWSER, settings={"POSTHOG_MW_REQUEST_FILTER": callbacks.broken}),
    "tag map": Scenario(
        "/capture/", {"user-agent": "Mozilla/5.0"}, settings={"POSTHOG_MW_TAG_MAP": callbacks.without_agent}
    ),
    "tag map that is none": Scenario("/capture/", BROWSER, settings={"POSTHOG_MW_TAG_MAP": callbacks.forgetful}),
    "new names of settings": Scenario(
        "/capture/",
        settings={
            "POSTHOG_MW_EXTRA_PROPERTIES": callbacks.add_plan,
            "POSTHOG_MW_PROPERTIES_MAP": callbacks.without_agent,
        },
    ),
    "all callbacks": Scenario(
        "/capture/",
        {"user-agent": "Mozilla/5.0"},
        session="ann",
        settings={
            "POSTHOG_MW_EXTRA_TAGS": callbacks.add_request_context,
            "POSTHOG_MW_REQUEST_FILTER": callbacks.not_health,
            "POSTHOG_MW_TAG_MAP": callbacks.without_agent,
            "POSTHOG_MW_CAPTURE_EXCEPTIONS": True,
        },
    ),
    "callbacks of wrong types": Scenario(
        "/capture/", BROWSER, settings={"POSTHOG_MW_EXTRA_TAGS": {"a": 1}, "POSTHOG_MW_REQUEST_FILTER": 7}
    ),
    "callback by its path": Scenario("/capture/", settings=_extra("observed_site.callbacks.add_plan")),
    "middleware twice": Scenario("/capture/", BROWSER, settings={"MIDDLEWARE": [*MIDDLEWARE, POSTHOG]}),
    # exceptions
    "failure": Scenario("/fail/value/", BROWSER),
    "failure, async": Scenario("/afail/value/", BROWSER, is_async=True),
    "failure of a session user": Scenario("/fail/value/", session="ann"),
    "failure of a session user, async": Scenario("/afail/value/", session="ann", is_async=True),
    "failure, middleware twice": Scenario("/fail/value/", BROWSER, settings={"MIDDLEWARE": [*MIDDLEWARE, POSTHOG]}),
    "failure that cannot be marked": Scenario("/fail/frozen/", BROWSER),
    "failure without a text": Scenario("/fail/mute/", BROWSER),
    "failure with a cause": Scenario("/fail_with_cause/", BROWSER),
    "failure in a template": Scenario("/fail_in_template/", BROWSER),
    "failure after an own report": Scenario("/fail_after_own_report/", BROWSER),
    "own report": Scenario("/report_and_go_on/", BROWSER),
    "failure, not captured": Scenario("/fail/value/", settings={"POSTHOG_MW_CAPTURE_EXCEPTIONS": False}),
    "failure, as the client says": Scenario("/fail/value/", settings={"POSTHOG_MW_CAPTURE_EXCEPTIONS": None}),
    "failure, turned away": Scenario("/fail/value/", settings={"POSTHOG_MW_REQUEST_FILTER": callbacks.forgetful}),
    "not found": Scenario("/fail/missing/", BROWSER),
    "denied": Scenario("/fail/denied/", BROWSER),
    "suspicious": Scenario("/fail/suspicious/", BROWSER),
    "bad request": Scenario("/afail/bad/", BROWSER, is_async=True),
    "not found, all statuses": Scenario("/fail/missing/", BROWSER, settings=EVERY_STATUS),
    "denied, all statuses": Scenario("/fail/denied/", BROWSER, settings=EVERY_STATUS),
    "bad request, all statuses": Scenario("/afail/bad/", BROWSER, is_async=True, settings=EVERY_STATUS),
    "failure, all statuses": Scenario("/fail/value/", BROWSER, settings=EVERY_STATUS),
    "failure that an outer middleware redirects, all statuses": Scenario(
        "/fail/value/", BROWSER, settings={**_with("AnswersWithRedirect", outside=True), **EVERY_STATUS}
    ),
    "no such page": Scenario("/no such page/", BROWSER),
    "failure in a stream": Scenario("/stream_fails/", BROWSER),
    "failure of a middleware on the request": Scenario("/capture/", BROWSER, settings=_with("FailsOnRequest")),
    "failure of a middleware on the response": Scenario("/capture/", BROWSER, settings=_with("FailsOnResponse")),
    "failure of an outer middleware": Scenario("/capture/", BROWSER, settings=_with("FailsOnResponse", outside=True)),
    "failure that an inner middleware answers": Scenario("/fail/value/", BROWSER, settings=_with("AnswersWithJson")),
    "failure that an outer middleware answers": Scenario(
        "/fail/value/", BROWSER, settings=_with("AnswersWithJson", outside=True)
    ),
    "failure that an outer middleware redirects": Scenario(
        "/fail/value/", BROWSER, settings=_with("AnswersWithRedirect", outside=True)
    ),
    # Django REST framework
    "rest: token user": Scenario("/rest/capture/", {"x-token": "ann"}),
    "rest: answered failure": Scenario("/rest/api/", BROWSER),
    "rest: answered failure of a token user": Scenario("/rest/api/", {"x-token": "ann"}),
    "rest: answered failure, all statuses": Scenario("/rest/api/", BROWSER, settings=EVERY_STATUS),
    "rest: not found, all statuses": Scenario("/rest/missing/", BROWSER, settings=EVERY_STATUS),
    "rest: not found": Scenario("/rest/missing/", BROWSER),
    "rest: failure": Scenario("/rest/value/", BROWSER),
    "rest: failure, turned away": Scenario("/rest/api/", settings={"POSTHOG_MW_REQUEST_FILTER": callbacks.forgetful}),
}
