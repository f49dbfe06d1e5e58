"""Chromium, driven by Playwright, in the hands of one shopper."""

from __future__ import annotations

import contextlib
import os
import shutil
from typing import TYPE_CHECKING, NoReturn

import pytest
from playwright.sync_api import Browser, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Request

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: tests often run as root. The rest keeps Chromium from talking to hosts of its own.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_TRACING_HEADERS_ARE_ON = "() => !Function.prototype.toString.call(window.fetch).includes('[native code]')"
# New visitors' clicks are captured from when the remote config has been read, which posthog-js notes down.
AUTOCAPTURE_IS_ON = """
    () => Object.values(localStorage).some((text) => text.includes('"$autocapture_disabled_server_side":false'))
"""


def installed_chromium() -> str:
    """Return Chromium's path, or end the test."""
    found = filter(None, map(shutil.which, _NAMES))
    return next(found, None) or skip_or_fail("Chromium is not installed (Debian: apt-get install chromium)")


def skip_or_fail(missing: str) -> NoReturn:
    """Skip the test by the name of what is *missing*; fail it on CI, where nothing may be skipped."""
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@contextlib.contextmanager
def launched(executable: str) -> Iterator[Browser]:
    """Run one headless browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)
        yield browser
        browser.close()


class Shopper:
    """A visitor of the shop with an empty browser profile."""

    def __init__(self, page: Page, shop: str):
        self.page = page
        self._shop = shop

    def open(self, path: str) -> None:
        """Open a page and wait until posthog-js captures clicks and tags the requests of scripts."""
        self.page.goto(self._shop + path)
        self.page.wait_for_function(AUTOCAPTURE_IS_ON)
        self.page.wait_for_function(_TRACING_HEADERS_ARE_ON)

    def click(self, selector: str) -> Request:
        """Click, and return the request that the click's ``fetch`` sent."""
        with self.page.expect_request(lambda request: request.resource_type == "fetch" and self._own(request)) as sent:
            self.page.click(selector)
        sent.value.response()
        return sent.value

    def add_to_cart(self, product: str) -> Request:
        """Click a product's button on the page that is open."""
        return self.click(f"#add-{product}")

    def sign_in(self) -> None:
        """Sign in as the demo's customer."""
        self.page.goto(self._shop + "/login/")
        self.page.fill("input[name=username]", "demo")
        self.page.fill("input[name=password]", "demo")
        self.page.click("main button")
        self.page.get_by_text("Sign out").wait_for()

    def _own(self, request: Request) -> bool:
        return request.url.startswith(self._shop)


def tracing_ids(request: Request) -> tuple[str, str]:
    """Return the distinct id and the session id in a request's tracing headers."""
    headers = request.all_headers()
    return headers["x-posthog-distinct-id"], headers["x-posthog-session-id"]
