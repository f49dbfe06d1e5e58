"""The documented settings, word for word, under real servers."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from .shop_server import SERVERS, Visitor, running_shop

DOCUMENTED = "config.settings"
VISITS = 200


@pytest.fixture(scope="module", params=SERVERS)
def shop(request, inspector, tmp_path_factory):
    """Return the shop's address, with the documentation's complete example as its settings."""
    with running_shop(request.param, DOCUMENTED, inspector, tmp_path_factory.mktemp("shop")) as address:
        yield address


@pytest.fixture
def start_shop(inspector, tmp_path):
    """Return a function that runs the shop under gunicorn with other settings until the test ends."""
    running = []

    def start(settings):
        running.append(running_shop("gunicorn", settings, inspector, tmp_path))
        return running[-1].__enter__()

    yield start
    for shop in running:
        shop.__exit__(None, None, None)


@pytest.fixture
def ids():
    return {"X-POSTHOG-DISTINCT-ID": f"visitor-{uuid.uuid4()}", "X-POSTHOG-SESSION-ID": f"session-{uuid.uuid4()}"}


def names(ids):
    return {"distinct_id": ids["X-POSTHOG-DISTINCT-ID"], "session_id": ids["X-POSTHOG-SESSION-ID"]}


def test_an_event_of_a_view_has_the_requests_identity_and_tags(inspector, shop, ids):
    Visitor(shop, {**ids, "User-Agent": "walker/1"}).get("/products/trail-mug/?from=letter")

    properties = inspector.wait_for("product_viewed", **names(ids))["properties"]

    assert properties["product"] == "trail-mug"
    assert properties["$current_url"] == f"{shop}/products/trail-mug/?from=letter"
    assert properties["$request_method"] == "GET"
    assert properties["user_type"] == "anonymous"
    assert "user_agent" not in properties
    assert "user_id" not in properties


@pytest.mark.parametrize(("path", "function"), [("/reports/sales/", "sales"), ("/reports/forecast/", "forecast")])
def test_an_exception_of_a_view_is_captured_once_with_frames_and_source_lines(inspector, shop, ids, path, function):
    assert Visitor(shop, ids).get(path)[0] == 500
    # A second report would have left in front of this request's event.
    Visitor(shop, ids).get("/products/trail-mug/")

    event = inspector.wait_for("$exception", **names(ids))
    inspector.wait_for("product_viewed", **names(ids))

    assert len(inspector.events(name="$exception", **names(ids))) == 1
    assert event["properties"]["$current_url"] == shop + path
    assert event["properties"]["user_type"] == "anonymous"
    report, cause = event["properties"]["$exception_list"]
    assert (report["type"], cause["type"]) == ("ReportError", "ZeroDivisionError")
    frames = report["stacktrace"]["frames"]
    assert frames[-1]["context_line"].strip() == "raise ReportError(message) from error"
    assert function in [frame["function"] for frame in frames if frame.get("in_app")]


def test_events_of_requests_at_the_same_time_never_mix(inspector, shop):
    run = uuid.uuid4()

    def visit(number):
        headers = {"X-POSTHOG-DISTINCT-ID": f"{run}-{number}", "X-POSTHOG-SESSION-ID": f"session-{run}-{number}"}
        path = "/products/trail-mug/" if number % 2 else "/products/trail-mug/stock/"
        return Visitor(shop, headers).get(f"{path}?run={run}&number={number}")[0]

    with ThreadPoolExecutor(max_workers=50) as visitors:
        assert set(visitors.map(visit, range(VISITS))) == {200}

    for number in range(VISITS):
        name = "product_viewed" if number % 2 else "stock_checked"
        event = inspector.wait_for(name, distinct_id=f"{run}-{number}")
        assert event["properties"]["$session_id"] == f"session-{run}-{number}"
        assert event["properties"]["$current_url"].endswith(f"?run={run}&number={number}")
    found = [e for e in inspector.events() if f"run={run}&" in e["properties"].get("$current_url", "")]
    assert len(found) == VISITS


def test_a_customer_without_tracing_headers_is_known_by_the_user(inspector, start_shop):
    shop = start_shop(DOCUMENTED)
    visitor = Visitor(shop)
    visitor.sign_in()
    mark = uuid.uuid4()

    visitor.get(f"/products/trail-mug/?mark={mark}")

    event = inspector.wait_for_tag("product_viewed", "$current_url", f"{shop}/products/trail-mug/?mark={mark}")
    assert event["properties"]["user_type"] == "authenticated"
    assert event["distinct_id"] == event["properties"]["user_id"]


def test_without_settings_events_have_the_default_tags(inspector, start_shop, ids):
    shop = start_shop("without_options")
    Visitor(shop, ids).get("/products/trail-mug/")
    properties = inspector.wait_for("product_viewed", **names(ids))["properties"]
    assert properties["$current_url"] == f"{shop}/products/trail-mug/"
    assert properties["$request_method"] == "GET"
    assert "user_type" not in properties


def test_extra_tags_name_the_user(inspector, start_shop, ids):
    visitor = Visitor(start_shop("extra_tags"), ids)
    visitor.get("/products/trail-mug/")
    visitor.sign_in()
    visitor.get("/products/contour-map/")

    anonymous = inspector.wait_for_tag("product_viewed", "product", "trail-mug", **names(ids))["properties"]
    assert "email" not in anonymous
    properties = inspector.wait_for_tag("product_viewed", "product", "contour-map", **names(ids))["properties"]
    assert properties["email"] == "demo@shop.example"
    assert properties["user_id"] == 1


def test_a_request_filter_lets_other_requests_through(inspector, start_shop, ids):
    Visitor(start_shop("request_filter"), ids).get("/products/trail-mug/")
    assert inspector.wait_for("product_viewed", **names(ids))["properties"]["$request_method"] == "GET"


def test_a_tag_map_removes_and_renames_tags(inspector, start_shop, ids):
    Visitor(start_shop("tag_map"), ids).get("/products/trail-mug/")
    properties = inspector.wait_for("product_viewed", **names(ids))["properties"]
    assert "$current_url" not in properties
    assert "$request_method" not in properties
    assert properties["http_method"] == "GET"


def test_switched_off_exceptions_are_not_captured(inspector, start_shop, ids):
    visitor = Visitor(start_shop("no_exceptions"), ids)
    assert visitor.get("/reports/sales/")[0] == 500
    assert visitor.get("/reports/forecast/")[0] == 500

    inspector.wait_for_tag("report_opened", "report", "forecast", **names(ids))
    assert inspector.events(name="$exception", **names(ids)) == []
