"""The documentation's examples, word for word in the settings, do what the documentation says under real servers."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any

import pytest

from .recorder import Recorder
from .serving import Place, ids, make_database, serving

PATHS = ["/capture", "/acapture", "/fail", "/afail", "/health/live", "/metrics", "/admin/orders"]
STATUSES = [200, 200, 500, 500, 200, 200, 200]
BROWSER = {"User-Agent": "walker/1"}

# Reading the user of an asynchronous request may query the database, so there it has to wait for the response.
signed_in = pytest.mark.parametrize("server", ["gunicorn", "gunicorn preload"], indirect=True)


@dataclass(frozen=True)
class Visited:
    """What came of one round of visits to a site that has ended since."""

    url: str
    events: list[dict[str, Any]]

    def one(self, path, name="seen", marks=""):
        """Return the only event of a visit: nothing else was captured in it."""
        number = PATHS.index(path)
        found = [event for event in self.events if event["properties"].get("visit") == f"{number}{marks}"]
        if name == "$exception":
            found = [event for event in self.events if event["event"] == name and event["distinct_id"] == who(path)]
        (event,) = found
        return event

    def properties(self, path, **options):
        return self.one(path, **options)["properties"]

    def url_of(self, path, marks=""):
        return f"{self.url}{path}?visit={PATHS.index(path)}{marks}"


def who(path):
    return f"visitor {PATHS.index(path)}"


def visit_all(site, *, sign_in):
    for number, (path, status) in enumerate(zip(PATHS, STATUSES, strict=True)):
        assert site.ask(f"{path}?visit={number}", {**BROWSER, **ids(number)}).status == status, site.said
    assert site.ask("/capture?visit=0post", {**BROWSER, **ids(0)}, "POST").status == 200
    if sign_in:
        cookie = site.ask("/sign-in").headers["Set-Cookie"].partition(";")[0]
        for marks, headers in (("user", BROWSER), ("both", {**BROWSER, **ids(0)})):
            assert site.ask(f"/capture?visit=0{marks}", {**headers, "Cookie": cookie}).status == 200


@pytest.fixture(scope="module", params=["gunicorn", "gunicorn preload", "uvicorn"])
def server(request):
    return request.param


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("database")
    make_database(Place("http://127.0.0.1:9", folder, folder / "site.sqlite3"))
    return folder / "site.sqlite3"


@pytest.fixture(scope="module")
def visited(server, database, tmp_path_factory):
    """Return a function that visits the site with an example in its settings, once for all tests."""
    known = {}

    def visit(*seeds):
        if seeds not in known:
            recorder = Recorder()
            place = Place(recorder.url, tmp_path_factory.mktemp("site"), database)
            try:
                with serving(server, place, seeds) as site:
                    visit_all(site, sign_in=server != "uvicorn")
                    site.stop(signal.SIGINT if server == "uvicorn" else signal.SIGTERM)
                    known[seeds] = Visited(site.url, recorder.accepted)
            finally:
                recorder.close()
        return known[seeds]

    return visit


def assert_tracked(visited, path):
    event = visited.one(path)
    assert event["distinct_id"] == who(path)
    assert event["properties"]["$session_id"] == f"session {PATHS.index(path)}"
    assert event["properties"]["$current_url"] == visited.url_of(path)
    assert event["properties"]["$request_method"] == "GET"


def assert_untouched(visited, path):
    event = visited.one(path)
    assert not event["distinct_id"].startswith("visitor")
    assert {"$session_id", "$current_url", "$request_method", "user_type"}.isdisjoint(event["properties"])


@pytest.mark.parametrize("path", ["/capture", "/acapture"])
@pytest.mark.parametrize("seeds", [(), ("complete",)])
def test_events_have_the_requests_ids_url_and_method(visited, seeds, path):
    assert_tracked(visited(*seeds), path)


@pytest.mark.parametrize("seeds", [(), ("complete",)])
def test_events_have_the_method_of_a_post(visited, seeds):
    assert visited(*seeds).properties("/capture", marks="post")["$request_method"] == "POST"


@pytest.mark.parametrize("seeds", [(), ("complete",)])
@pytest.mark.parametrize(
    ("path", "message", "function"), [("/fail", "in a view", "fail"), ("/afail", "in an async view", "afail")]
)
def test_an_exception_of_a_view_is_captured_once_with_frames_and_source_lines(visited, seeds, path, message, function):
    found = visited(*seeds)
    properties = found.properties(path, name="$exception")

    assert properties["$current_url"] == found.url_of(path)
    assert properties["$session_id"] == f"session {PATHS.index(path)}"
    (report,) = properties["$exception_list"]
    assert (report["type"], report["value"]) == ("ValueError", message)
    assert report["mechanism"]["handled"] is False
    frame = report["stacktrace"]["frames"][-1]
    assert frame["function"] == function
    assert frame["context_line"].strip() == f'raise ValueError("{message}")'
    assert frame["in_app"] is True
    assert frame["pre_context"]


def test_the_complete_example_names_the_kind_of_user_and_drops_the_user_agent(visited):
    found = visited("complete")
    for path, name in [("/capture", "seen"), ("/acapture", "seen"), ("/fail", "$exception"), ("/afail", "$exception")]:
        properties = found.properties(path, name=name)
        assert properties["user_type"] == "anonymous"
        assert {"user_agent", "user_id"}.isdisjoint(properties)


def test_the_complete_example_leaves_internal_endpoints_alone(visited):
    for path in ("/health/live", "/metrics", "/admin/orders"):
        assert_untouched(visited("complete"), path)


@signed_in
def test_the_complete_example_names_a_signed_in_user(visited):
    event = visited("complete").one("/capture", marks="user")
    assert event["distinct_id"] == "1"
    assert event["properties"]["user_type"] == "authenticated"
    assert event["properties"]["user_id"] == "1"


@signed_in
def test_a_signed_in_users_header_names_the_visitor(visited):
    event = visited("complete").one("/capture", marks="both")
    assert event["distinct_id"] == "visitor 0"
    assert event["properties"]["user_id"] == "1"


def test_extra_tags_of_users_are_not_on_the_events_of_others(visited):
    found = visited("extra_tags")
    for path in ("/capture", "/acapture"):
        assert_tracked(found, path)
        assert {"user_id", "email"}.isdisjoint(found.properties(path))


@signed_in
def test_extra_tags_name_the_signed_in_user(visited):
    properties = visited("extra_tags").properties("/capture", marks="user")
    assert (properties["user_id"], properties["email"]) == (1, "ann@example.com")


def test_a_request_filter_leaves_health_checks_and_admin_alone(visited):
    found = visited("request_filter")
    for path in ("/health/live", "/admin/orders"):
        assert_untouched(found, path)
    for path in ("/capture", "/acapture", "/metrics"):
        assert_tracked(found, path)


def test_a_tag_map_removes_and_renames(visited):
    found = visited("tag_map")
    for path, name in [("/capture", "seen"), ("/acapture", "seen"), ("/fail", "$exception"), ("/afail", "$exception")]:
        event = found.one(path, name=name)
        assert event["distinct_id"] == who(path)
        assert event["properties"]["http_method"] == "GET"
        assert {"$current_url", "$request_method"}.isdisjoint(event["properties"])


def test_switched_off_no_exception_is_captured(visited):
    found = visited("exceptions_off")
    assert [event for event in found.events if event["event"] == "$exception"] == []
    assert_tracked(found, "/capture")
