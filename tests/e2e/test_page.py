"""The inspector's page, in a real browser: many events, hostile events, and visitors with and without eyes."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

MANY = 10_000
HOSTILE = "<img src=x onerror=\"document.title='harmed'\"><script>document.title='harmed'</script>{{7*7}}"
FRAME = {
    "function": "pay",
    "filename": "shop/payments.py",
    "lineno": 7,
    "in_app": True,
    "pre_context": ["def pay():"],
    "context_line": "    raise KeyError(currency)",
    "post_context": ["    " + "# a long line " * 30],
}


def exception(**frame):
    report = {"type": "KeyError", "value": "'CHF'", "mechanism": {"handled": False, "type": "generic"}}
    return [{**report, "stacktrace": {"frames": [{**FRAME, "in_app": False}, {**FRAME, **frame}]}}]


def numbered(count):
    return [{"event": f"event {n}", "distinct_id": f"visitor {n % 9}"} for n in range(count)]


def rows(page):
    return page.get_by_role("option")


def test_the_page_holds_ten_thousand_events_and_draws_those_in_sight(own_inspector, page):
    page.goto(own_inspector.url)
    expect(page.get_by_text("Nothing has arrived yet")).to_be_visible()
    events = numbered(MANY)
    for start in range(0, MANY, 2_500):
        own_inspector.send(events[start : start + 2_500])
    expect(page.get_by_text("10,000 events")).to_be_visible(timeout=30_000)
    expect(rows(page).filter(has_text=f"event {MANY - 1}")).to_be_visible()

    page.get_by_role("listbox").evaluate("list => { list.scrollTop = list.scrollHeight }")

    oldest = rows(page).filter(has_text="event 0")
    expect(oldest).to_be_visible()
    expect(oldest).to_have_attribute("aria-posinset", str(MANY))
    assert page.locator("*").count() < 1_000


def test_the_filter_finds_one_of_ten_thousand(own_inspector, page):
    page.goto(own_inspector.url)
    own_inspector.send([*numbered(4_998), {"event": "needle", "distinct_id": "hay"}, *numbered(1)])
    own_inspector.send(numbered(5_000))
    expect(page.get_by_text("10,000 events")).to_be_visible(timeout=30_000)

    page.keyboard.press("/")
    page.keyboard.type("needle")

    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("needle")


def test_whatever_an_event_says_stays_text(own_inspector, page):
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    properties = {
        HOSTILE: HOSTILE,
        "$session_id": HOSTILE,
        "$lib": HOSTILE,
        "$lib_version": HOSTILE,
        "$current_url": f"javascript:{HOSTILE}",
        "link": "javascript:document.title='harmed'",
        "$exception_list": exception(
            function=HOSTILE, filename=HOSTILE, context_line=HOSTILE, code_variables={HOSTILE: HOSTILE}
        ),
    }
    own_inspector.send([{"event": HOSTILE, "distinct_id": HOSTILE, "properties": properties}])
    page.goto(own_inspector.url)
    title = page.title()

    rows(page).click()
    expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
    page.locator("details").evaluate_all("all => all.forEach((details) => { details.open = true })")

    expect(page.locator("pre.raw")).to_contain_text("onerror")
    assert page.locator("img, iframe, [href^=javascript]").count() == 0
    assert page.title() == title
    assert [url for url in asked if not url.startswith((own_inspector.url, "data:"))] == []
    assert said == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault_in_the_page(own_inspector, browser, axe, theme):
    context = browser.new_context(color_scheme=theme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(own_inspector.url)
    expect(page.get_by_role("tab", name="Django")).to_be_visible()
    assert faults(page, axe) == []

    thrown = {"event": "$exception", "distinct_id": "ada", "properties": {"$exception_list": exception()}}
    own_inspector.send([*numbered(100), thrown])
    rows(page).filter(has_text="KeyError").click()
    expect(page.get_by_text("raise KeyError(currency)").first).to_be_visible()
    assert faults(page, axe) == []
    context.close()


def faults(page, axe):
    """Return what axe finds, each with the elements it is about."""
    page.evaluate(axe)
    found = page.evaluate("() => axe.run()")["violations"]
    return [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]


def test_a_long_name_of_a_function_leaves_its_place_to_be_read(own_inspector, page):
    future = "hogback_tower::future::ResponseFuture<axum::routing::Route<core::convert::Infallible>>"
    long = f"try_poll<{', '.join([future] * 4)}>"
    thrown = {"event": "$exception", "distinct_id": "ada", "properties": {"$exception_list": exception(function=long)}}
    own_inspector.send([thrown])
    page.goto(own_inspector.url)
    rows(page).first.click()
    place = page.locator(".frame-place").filter(has_text="shop/payments.py:7").first
    expect(place).to_be_visible()
    box, title = place.bounding_box(), page.locator(".frame-title").first.bounding_box()
    assert box["width"] >= 100
    assert box["height"] < title["height"] <= 200
