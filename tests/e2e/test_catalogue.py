"""The browser, the shop in Django and the catalogue in Rust behind it: one visit, one story in the inspector."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request

from playwright.sync_api import expect

from .browser import skip_or_fail, tracing_ids
from .demo import SHOP

# What a visitor of the shop gets, as Django's test client shows it, from a shop that runs nowhere else.
ASK = """
import json
from django.test import Client

visitor = Client(headers={"accept": "application/json", "x-posthog-session-id": "away"}, SERVER_NAME="localhost")
added = visitor.post("/cart/add/trail-mug/")
asked = visitor.get("/products/trail-mug/delivery/")
print(json.dumps([[a.status_code, a.json()["message"]] for a in (added, asked)] + [added.json()["cart_count"]]))
"""


def test_one_click_is_three_events_of_one_visit_in_browser_django_and_rust(shopper, demo, catalogue):
    inspector, shop = demo
    shopper.open("/")

    distinct_id, session_id = tracing_ids(shopper.add_to_cart("trail-mug"))

    visit = {"distinct_id": distinct_id, "session_id": session_id}
    browser = inspector.wait_for("$autocapture", **visit)
    django = inspector.wait_for("cart_item_added", **visit)
    rust = inspector.wait_for("catalogue_searched", **visit)
    events = (browser, django, rust)
    assert [event["properties"]["$lib"] for event in events] == ["web", "posthog-python", "hogback"]
    assert [event["properties"]["$session_id"] for event in events] == [session_id] * 3
    assert [event["distinct_id"] for event in events] == [distinct_id] * 3
    assert django["properties"]["$current_url"] == f"{shop}/cart/add/trail-mug/"
    assert rust["properties"]["$current_url"] == f"{catalogue}/products/trail-mug"
    assert rust["properties"]["service"] == "catalogue"
    assert django["properties"]["price_cents"] == rust["properties"]["price_cents"] == 1450
    assert django["properties"]["price_from"] == "catalogue"


def test_the_three_events_are_rows_of_one_session_on_the_inspectors_page(browser, shopper, demo):
    inspector, _ = demo
    if not inspector.has_page():
        skip_or_fail("the inspector has no page: npm was not installed when it was built")
    shopper.open("/")
    distinct_id, session_id = tracing_ids(shopper.add_to_cart("contour-map"))
    inspector.wait_for("$autocapture", session_id=session_id)
    inspector.wait_for("catalogue_searched", session_id=session_id)

    context = browser.new_context()
    screen = context.new_page()
    screen.goto(f"{inspector.url}/?session_id={session_id}")

    rows = screen.get_by_role("option").filter(has_text=distinct_id)
    for name in ("$autocapture", "cart_item_added", "catalogue_searched"):
        expect(rows.filter(has_text=name).first).to_be_visible(timeout=30_000)
    context.close()


def test_a_failure_of_the_catalogue_is_an_exception_in_the_browsers_session_and_the_shop_says_it_kindly(shopper, demo):
    inspector, _ = demo
    shopper.open("/products/gift-voucher/")

    distinct_id, session_id = tracing_ids(shopper.click("#delivery"))

    event = inspector.wait_for("$exception", session_id=session_id)
    assert event["distinct_id"] == distinct_id
    properties = event["properties"]
    assert (properties["service"], properties["$response_status_code"]) == ("catalogue", 500)
    delivery, cause = properties["$exception_list"]
    assert delivery["type"] == "DeliveryError"
    assert cause["value"] == "invalid digit found in string"
    expect(shopper.page.get_by_text("Nobody can say when it arrives. Ask again later.")).to_be_visible()


def test_a_day_of_delivery_is_told_and_is_an_event_of_the_visit(shopper, demo):
    inspector, _ = demo
    shopper.open("/products/trail-mug/")
    _, session_id = tracing_ids(shopper.click("#delivery"))
    assert inspector.wait_for("delivery_checked", session_id=session_id)["properties"]["days"] == 2
    expect(shopper.page.get_by_text("It arrives in 2 days.")).to_be_visible()


def test_the_catalogue_and_the_shelves_agree_on_what_there_is_and_what_it_costs(demo, catalogue):
    _, shop = demo
    products = json.loads(read(f"{catalogue}/products"))
    assert len(products) == 6
    for product in products:
        page = read(f"{shop}/products/{product['slug']}/")
        cents = product["price_cents"]
        assert f"<h1>{product['name']}</h1>" in page
        assert f"€ {cents // 100}.{cents % 100:02d}" in page


def test_the_shop_sells_on_when_the_catalogue_is_away_and_says_so(inspector, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        # Closed at once: nobody listens there.
        port = taken.getsockname()[1]
    environment = {
        **os.environ,
        "SHOP_CATALOGUE_URL": f"http://127.0.0.1:{port}",
        "SHOP_DATABASE": str(tmp_path / "shop.sqlite3"),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SHOP_POSTHOG_HOST": inspector.url,
        "POSTHOG_JOURNAL": "off",
    }
    for words in (["migrate", "--verbosity=0"], ["seed", "--verbosity=0"]):
        subprocess.run([sys.executable, "manage.py", *words], cwd=SHOP, env=environment, check=True)
    command = [sys.executable, "manage.py", "shell", "--verbosity=0", "--command", ASK]
    ended = subprocess.run(command, cwd=SHOP, env=environment, check=True, capture_output=True, text=True)

    added, asked, count = json.loads(ended.stdout)
    assert added == [200, "Trail Mug is in your cart. The catalogue is away: the price is the one on the shelf."]
    assert asked == [502, "Nobody can say when it arrives. Ask again later."]
    assert count == 1
    assert f"the catalogue has no price_cents at http://127.0.0.1:{port}/products/trail-mug: " in ended.stderr
    properties = inspector.wait_for("cart_item_added", session_id="away")["properties"]
    assert (properties["price_cents"], properties["price_from"]) == (1450, "shelf")


def read(address):
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - http on loopback, from the demo itself
        return answer.read().decode()
