"""Every difference between the official package and ours that is meant, and why.

Anything else that differs fails the test; so does what stands here and no longer happens.
"""

from __future__ import annotations

from .difference import Difference
from .observed_site.scenarios import SCENARIOS
from .wire import ABSENT, PRESENT

SEEN = "events.seen 1"
FAILURE = "events.$exception 1"
FRAMES = f"{FAILURE}.properties.$exception_list[0].stacktrace.frames"


#: What only our events have, in every scenario with a view, and why.
ONLY_OURS = {
    "django_route": "Events of one view belong together, whatever is in its URL.",
    "django_view_name": "The view tells where in the site an event came from.",
    "$response_status_code": "What the visitor was answered is known when an event is finished at the response.",
    "$exception_handled": "An exception that the site has answered by itself is another one than one it failed with.",
}


def every_scenario_but(*names: str) -> tuple[str, ...]:
    return tuple(name for name in SCENARIOS if name not in names)


DIFFERENCES = (
    # -- the answer to the visitor
    Difference(
        "Reading the user is left to the site: who does not look at the session does not vary by cookie.",
        every_scenario_but(
            "session user, read by the view",
            "session user, middleware before the session's",
            "login between two events",
            "logout between two events",
            "filter turns away",
            "filter that fails",
            "failure, turned away",
            "rest: failure, turned away",
        ),
        {"answer.vary": ("Cookie", None)},
    ),
    Difference(
        "A stale session is the site's to throw away, when the site looks at it.",
        ("stale session",),
        {"answer.cookies": (PRESENT, [])},
    ),
    Difference(
        "Observing a request never fails it: without its host a URL is only a path.",
        ("a host that is not ours",),
        {"answer.status": (400, 200), SEEN: (ABSENT, PRESENT), FAILURE: (PRESENT, ABSENT)},
    ),
    Difference(
        "A callback that fails, or blocks where it must not, costs its tags and a log line, not the request.",
        ("user tags, async", "extra tags that fail", "tag map that is none"),
        {"answer.status": (500, 200), SEEN: (ABSENT, PRESENT), FAILURE: (PRESENT, ABSENT)},
    ),
    Difference(
        "A filter that fails lets requests pass.",
        ("filter that fails",),
        {"answer.status": (500, 200), SEEN: (ABSENT, PRESENT)},
    ),
    # -- who
    Difference(
        "A user who authenticates after the middleware, as with a token, is known from then on.",
        ("rest: token user", "session user, middleware before the session's"),
        {
            f"{SEEN}.distinct_id": ("<generated 1>", "1"),
            f"{SEEN}.properties.email": (ABSENT, "ann@example.com"),
            f"{SEEN}.properties.$context_tags.email": (ABSENT, True),
            f"{SEEN}.properties.$process_person_profile": (False, ABSENT),
        },
    ),
    Difference(
        "As above, for an exception.",
        ("rest: answered failure of a token user",),
        {
            f"{FAILURE}.distinct_id": ("<generated 1>", "1"),
            f"{FAILURE}.properties.email": (ABSENT, "ann@example.com"),
            f"{FAILURE}.properties.$context_tags.email": (ABSENT, True),
            f"{FAILURE}.properties.$process_person_profile": (False, ABSENT),
        },
    ),
    Difference(
        "The user is whom the site has in `request.user` when something is captured.",
        ("session user, replaced by the view",),
        {
            f"{SEEN}.distinct_id": ("1", "4711"),
            f"{SEEN}.properties.email": ("ann@example.com", "token@example.com"),
        },
    ),
    Difference(
        "Events of one anonymous request come from one visitor.",
        ("anonymous, two events",),
        {"events.seen 2.distinct_id": ("<generated 2>", "<generated 1>")},
    ),
    Difference(
        "Who is named during the request of a stranger sent its earlier events too.",
        ("identify_context",),
        {
            f"{SEEN}.distinct_id": ("<generated 1>", "known"),
            f"{SEEN}.properties.$process_person_profile": (False, ABSENT),
        },
    ),
    Difference(
        "An event waits for the response, and carries the user who has logged in meanwhile.",
        ("login between two events",),
        {
            f"{place}.{path}": values
            for place in (SEEN, "events.seen 2")
            for path, values in {
                "distinct_id": ("<generated 1>" if place == SEEN else "<generated 2>", "1"),
                "properties.email": (ABSENT, "ann@example.com"),
                "properties.$context_tags.email": (ABSENT, True),
                "properties.$process_person_profile": (False, ABSENT),
            }.items()
        },
    ),
    Difference(
        "Who has logged out does not send what comes after.",
        ("logout between two events",),
        {
            "events.seen 2.distinct_id": ("1", "<generated 1>"),
            "events.seen 2.properties.email": ("ann@example.com", ABSENT),
            "events.seen 2.properties.$context_tags.email": (True, ABSENT),
            "events.seen 2.properties.$process_person_profile": (ABSENT, False),
        },
    ),
    Difference(
        "What programs send for somebody they do not know would make everybody one person.",
        ("id undefined",),
        {
            f"{SEEN}.distinct_id": ("undefined", "<generated 1>"),
            f"{SEEN}.properties.$process_person_profile": (ABSENT, False),
        },
    ),
    Difference(
        "posthog-js sends the window id along.",
        ("window id",),
        {
            f"{SEEN}.properties.$window_id": (ABSENT, "window"),
            f"{SEEN}.properties.$context_tags.$window_id": (ABSENT, True),
        },
    ),
    # -- what
    Difference(
        "Parameters whose values open doors are sent without them.",
        ("query string",),
        {
            f"{SEEN}.properties.$current_url": (
                "http://testserver/capture/?page=2&token=SECRET",
                "http://testserver/capture/?page=2&token=[redacted]",
            )
        },
    ),
    Difference(
        "The visitor's address is the first of those that the request came through.",
        ("forwarded",),
        {f"{SEEN}.properties.$ip": ("6.6.6.6, 10.0.0.1", "6.6.6.6")},
    ),
    Difference(
        "Lazy text is text, and a model is named without a query.",
        ("values",),
        {
            f"{SEEN}.properties.lazy": (None, "text"),
            f"{SEEN}.properties.user": (None, "auth.User:4711"),
        },
    ),
    Difference(
        "Lazy text is text in tags too.",
        ("odd tags",),
        {f"{SEEN}.properties.lazy": (None, "text")},
    ),
    Difference(
        "Settings name callbacks by their paths, as Django's own do.",
        ("callback by its path",),
        {
            f"{SEEN}.properties.plan": (ABSENT, "free"),
            f"{SEEN}.properties.$context_tags.plan": (ABSENT, True),
        },
    ),
    *(
        Difference(
            "The body of a streaming answer belongs to its request.",
            (scenario,),
            {
                f"{SEEN}.distinct_id": ("<generated 1>", "browser"),
                f"{SEEN}.properties.$process_person_profile": (False, ABSENT),
                f"{SEEN}.properties.$session_id": (ABSENT, "visit"),
                f"{SEEN}.properties.$request_method": (ABSENT, "GET"),
                f"{SEEN}.properties.$request_path": (ABSENT, path),
                f"{SEEN}.properties.$current_url": (ABSENT, f"http://testserver{path}"),
                f"{SEEN}.properties.$context_tags": (ABSENT, PRESENT),
            },
        )
        for scenario, path in (("stream", "/stream/"), ("stream, async", "/astream/"))
    ),
    # -- exceptions
    Difference(
        "What ends in a client's error or a redirect is no failure of the site.",
        ("not found", "denied", "suspicious", "bad request", "failure that an outer middleware redirects"),
        {FAILURE: (PRESENT, ABSENT)},
    ),
    Difference(
        "A failure is one wherever it happens: in another middleware, or in a streaming body.",
        (
            "failure in a stream",
            "failure of a middleware on the request",
            "failure of a middleware on the response",
            "failure of an outer middleware",
        ),
        {FAILURE: (ABSENT, PRESENT)},
    ),
    Difference(
        "The site has answered it: the status is known when it is reported.",
        ("failure that an outer middleware answers",),
        {f"{FAILURE}.properties.$exception_list[0].mechanism.handled": (False, True)},
    ),
    Difference(
        "Reported when Django gives up on it, which is one caller further out than where a middleware hears of it.",
        (
            "failure",
            "failure, async",
            "failure of a session user",
            "failure of a session user, async",
            "failure with a cause",
            "failure in a template",
            "failure that cannot be marked",
            "failure without a text",
            "failure, middleware twice",
            "rest: failure",
        ),
        {f"{FRAMES}.django.core.handlers.exception.inner 1": (ABSENT, PRESENT)},
    ),
)
