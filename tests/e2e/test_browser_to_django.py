"""What one visitor does, in the browser and in Django, is one story in the inspector."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from .browser import tracing_ids

# Where the option for tracing headers is written in which way.
TODAY = ("/", "tracing_headers: [location.hostname]")
DOCUMENTED = ("/products/trail-mug/", "__add_tracing_headers: true")
SPELLINGS = pytest.mark.parametrize(("path", "option"), [TODAY, DOCUMENTED], ids=["tracing_headers", "documented"])


@SPELLINGS
def test_a_click_and_the_django_event_it_causes_share_distinct_id_and_session_id(shopper, demo, path, option):
    inspector, shop = demo
    shopper.open(path)
    assert option in shopper.page.content()

    distinct_id, session_id = tracing_ids(shopper.add_to_cart("trail-mug"))

    django = inspector.wait_for("cart_item_added", distinct_id=distinct_id, session_id=session_id)
    click = inspector.wait_for("$autocapture", distinct_id=distinct_id, session_id=session_id)
    assert click["properties"]["$lib"] == "web"
    assert click["properties"]["$current_url"] == shop + path
    properties = django["properties"]
    assert properties["$lib"] == "posthog-python"
    assert properties["$session_id"] == session_id
    assert properties["$current_url"] == f"{shop}/cart/add/trail-mug/"
    assert properties["$request_method"] == "POST"
    assert properties["product"] == "trail-mug"


@SPELLINGS
def test_rows_of_both_sides_appear_on_the_open_page_of_the_inspector(browser, shopper, demo, path, option):
    inspector, _ = demo
    context = browser.new_context()
    screen = context.new_page()
    screen.goto(inspector.url)
    shopper.open(path)

    distinct_id, _ = tracing_ids(shopper.add_to_cart("trail-mug"))

    rows = screen.get_by_role("option").filter(has_text=distinct_id)
    expect(rows.filter(has_text="cart_item_added")).to_be_visible(timeout=30_000)
    expect(rows.filter(has_text="$autocapture").first).to_be_visible(timeout=30_000)
    context.close()


def test_an_async_view_keeps_the_browsers_ids(shopper, demo):
    inspector, _ = demo
    shopper.open("/products/contour-map/")
    distinct_id, session_id = tracing_ids(shopper.click("#stock"))
    event = inspector.wait_for("stock_checked", distinct_id=distinct_id, session_id=session_id)
    assert event["properties"]["left"] == 58


def test_an_event_captured_while_a_file_streams_keeps_the_browsers_ids(shopper, demo):
    inspector, shop = demo
    shopper.open("/orders/")
    distinct_id, session_id = tracing_ids(shopper.click("#export"))
    event = inspector.wait_for("orders_exported", distinct_id=distinct_id, session_id=session_id)
    assert event["properties"]["$current_url"] == f"{shop}/orders/export.csv"


def test_a_customers_events_carry_the_user_on_both_sides(shopper, demo):
    inspector, _ = demo
    shopper.sign_in()
    shopper.open("/")
    distinct_id, session_id = tracing_ids(shopper.add_to_cart("ridge-jacket"))

    event = inspector.wait_for("cart_item_added", session_id=session_id)

    assert event["distinct_id"] == distinct_id == event["properties"]["user_id"]
    assert event["properties"]["user_type"] == "authenticated"
    assert inspector.wait_for("$identify", distinct_id=distinct_id, session_id=session_id)


def test_an_order_placed_with_a_click_is_in_the_browsers_session(shopper, demo):
    inspector, _ = demo
    shopper.open("/products/ember-lantern/")
    shopper.add_to_cart("ember-lantern")
    shopper.open("/cart/")

    _, session_id = tracing_ids(shopper.click("#buy"))

    assert inspector.wait_for("order_placed", session_id=session_id)["properties"]["total_cents"] == 4900
    expect(shopper.page.get_by_role("cell", name="1 x Ember Lantern")).to_be_visible()


def test_a_failed_payment_is_one_exception_with_its_cause_in_the_browsers_session(shopper, demo):
    inspector, shop = demo
    shopper.open("/")
    shopper.add_to_cart("gift-voucher")
    shopper.open("/cart/")
    distinct_id, session_id = tracing_ids(shopper.click("#buy"))
    # A second report would have left in front of this request's event.
    shopper.open("/products/contour-map/")
    shopper.click("#stock")

    event = inspector.wait_for("$exception", session_id=session_id)
    inspector.wait_for("stock_checked", session_id=session_id)

    assert len(inspector.events(name="$exception", session_id=session_id)) == 1
    assert event["distinct_id"] == distinct_id
    assert event["properties"]["$current_url"] == f"{shop}/checkout/"
    payment, gateway = event["properties"]["$exception_list"]
    assert (payment["type"], gateway["type"]) == ("PaymentError", "GatewayTimeoutError")
    assert payment["value"] == "could not charge 2500 cents"
    assert raised(payment)["context_line"].strip() == "raise PaymentError(message) from error"
    assert raised(gateway)["context_line"].strip() == "raise GatewayTimeoutError(message)"


def test_a_failing_page_is_one_exception_with_frames_and_source_lines(shopper, demo):
    inspector, shop = demo
    visit = f"{shop}/reports/sales/?visit={uuid.uuid4()}"

    answer = shopper.page.goto(visit)

    assert answer.status == 500
    event = inspector.wait_for_tag("$exception", "$current_url", visit)
    inspector.wait_for_tag("report_opened", "$current_url", visit)
    found = [e for e in inspector.events(name="$exception") if e["properties"].get("$current_url") == visit]
    assert len(found) == 1
    report, cause = event["properties"]["$exception_list"]
    assert (report["type"], cause["type"]) == ("ReportError", "ZeroDivisionError")
    frame = raised(report)
    assert frame["function"] == "_average"
    assert frame["filename"].endswith("shop/views/reports.py")
    assert frame["in_app"] is True
    assert frame["context_line"].strip() == "raise ReportError(message) from error"
    assert any("except ZeroDivisionError as error:" in line for line in frame["pre_context"])


def test_the_inspectors_page_shows_an_exceptions_source_line(browser, shopper, demo):
    inspector, _ = demo
    shopper.open("/reports/")
    _, session_id = tracing_ids(shopper.click("#recalculate"))
    event = inspector.wait_for("$exception", session_id=session_id)

    context = browser.new_context()
    screen = context.new_page()
    screen.goto(f"{inspector.url}/events/{event['uuid']}")

    expect(screen.get_by_text("the sales report has no sales to average").first).to_be_visible()
    expect(screen.get_by_text("raise ReportError(message) from error").first).to_be_visible()
    context.close()


def raised(entry):
    """Return the frame that raised: entries list their frames from the outermost call inwards."""
    return entry["stacktrace"]["frames"][-1]
