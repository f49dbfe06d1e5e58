"""What the documents tell people to write works."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path

import pytest
from posthog import Posthog
from posthog._defaults import DEFAULT_CODE_VARIABLES_MASK_PATTERNS
from posthog._options import WITHOUT_EFFECT
from posthog.testing import capture_events

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
}
BLOCKS = {name: re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL) for name, text in PAGES.items()}
EVERY_BLOCK = [(page, block) for page, blocks in BLOCKS.items() for block in blocks]


def ran(page, block, module):
    names = {"__name__": "page"}
    module.default_client = Posthog("k", send=False, before_send=module.before_send)
    exec(compile(block, page, "exec"), names)  # noqa: S102 - the point of the test
    return names


def ran_with(page, text, module):
    """Run the first block of *page* with *text* in it."""
    return ran(page, next(block for block in BLOCKS[page] if text in block), module)


@pytest.mark.parametrize(
    ("page", "block"), EVERY_BLOCK, ids=[f"{page}: {block.splitlines()[0]}" for page, block in EVERY_BLOCK]
)
def test_the_python_of_the_pages_runs(page, block, module):
    ran(page, block, module)


def test_the_readmes_context_example_sends_what_it_says(module):
    seen = []
    module.before_send = lambda event: seen.append(event) or event
    ran_with("README.md", "new_context", module)
    assert seen[0]["distinct_id"] == "user-7"
    assert seen[0]["properties"]["job"] == "nightly"


def test_the_readmes_settings_name_the_middleware_and_a_callback(rf_headers, module):
    names = ran_with("README.md", "MIDDLEWARE", module)
    assert names["POSTHOG_MW_EXTRA_TAGS"](rf_headers({"X-Plan": "pro"})) == {"plan": "pro"}


def test_the_django_pages_callbacks_do_what_they_say(module):
    names = ran_with("docs/django.md", "POSTHOG_MW_TAG_MAP", module)
    tags = {"$current_url": "http://localhost/", "$request_method": "GET"}
    assert names["POSTHOG_MW_TAG_MAP"](tags) == {"http_method": "GET"}
    assert names["POSTHOG_MW_EXTRA_TAGS"](object()) == {}


def test_the_django_pages_threads_capture_in_the_context_of_the_request(module):
    names = ran_with("docs/django.md", "propagate", module)
    with capture_events() as events, module.new_context():
        module.identify_context("user-7")
        names["checkout"](None).join()
    assert {event["distinct_id"] for event in events} == {"user-7"}
    assert {event["event"] for event in events} == {"card charged", "receipt sent"}


def test_the_django_pages_test_passes(module):
    ran_with("docs/django.md", "capture_events", module)["test_checkout"]()


def test_the_django_page_names_every_setting_and_no_other():
    settings = pytest.importorskip("posthog.integrations.django.settings")
    configuration = pytest.importorskip("posthog.integrations.django.configuration")
    named = set(re.findall(r"`(POSTHOG_[A-Z_]+[A-Z])\b", PAGES["docs/django.md"]))
    client_checks = pytest.importorskip("posthog.integrations.django.checks.client")
    assert named == {*settings.OPTION_OF, *client_checks.OF_OTHERS, "POSTHOG_JOURNAL"}
    keys = set(re.findall(r"^\| `([A-Z_]+)`", PAGES["docs/django.md"], flags=re.MULTILINE)) - named
    in_effect = {name.upper() for name in configuration.DEFAULTS if name not in WITHOUT_EFFECT}
    assert keys == in_effect - {"PROJECT_API_KEY"} | {"API_KEY"}


def test_the_django_page_names_every_check_and_no_other():
    folder = ROOT / "python/posthog/integrations/django/checks"
    sources = "".join(path.read_text() for path in folder.glob("*.py"))
    named = re.findall(r"^\| `(posthog\.[EWI]\d+)`", PAGES["docs/django.md"], flags=re.MULTILINE)
    assert set(named) == set(re.findall(r'id="(posthog\.[EWI]\d+)"', sources))


def test_the_django_page_names_every_command_without_a_context():
    command_context = pytest.importorskip("posthog.integrations.django.command_context")
    (listed,) = re.findall(
        r"Commands that run until they are stopped.*?: (.*?)\.\n", PAGES["docs/django.md"], re.DOTALL
    )
    assert set(re.findall(r"`([^`]+)`", listed)) == command_context.ENDLESS


@pytest.fixture
def rf_headers():
    """Return what makes a request with headers."""

    class Request:
        def __init__(self, headers):
            self.headers = headers

    return Request


def test_the_delivery_page_names_every_figure_and_every_reason_of_a_loss():
    figures = Posthog("k", host="http://127.0.0.1:9").stats()
    table = PAGES["docs/delivery.md"].partition("| key | meaning |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE) == list(figures)
    reasons = next(line for line in table.splitlines() if line.startswith("| `lost` |"))
    assert set(re.findall(r"`(\w+)`", reasons)) - {"lost", "shutdown"} == set(figures["lost"])


def test_the_delivery_page_names_options_that_there_are():
    named = set(re.findall(r"`(\w+)=", PAGES["docs/delivery.md"]))
    assert named - {"POSTHOG_JOURNAL"} <= set(inspect.signature(Posthog).parameters)


def test_the_page_of_variables_shows_what_its_example_sends(module):
    events = []
    module.project_api_key, module.send, module.default_client = "k", False, None
    module.before_send = lambda event: events.append(event) or event
    page = "docs/code-variables.md"
    block = next(block for block in BLOCKS[page] if "def charge" in block)
    exec(compile(block, page, "exec"), {})  # noqa: S102 - the point of the test
    (event,) = events
    frame = event["properties"]["$exception_list"][0]["stacktrace"]["frames"][-1]
    shown = re.sub(r"\s+", " ", PAGES["docs/code-variables.md"])
    assert json.dumps({"code_variables": frame["code_variables"]})[1:-1] in shown


def test_the_page_of_variables_names_every_masked_word_and_every_option():
    page = PAGES["docs/code-variables.md"]
    by_name = page.partition("1. **By its name**")[2].partition("2. **")[0]
    words = {pattern.removeprefix("(?i)") for pattern in DEFAULT_CODE_VARIABLES_MASK_PATTERNS}
    assert set(re.findall(r"`(\w+)`", by_name)) == words - {"[?&]sig="}
    options = {name for name in inspect.signature(Posthog).parameters if "code_variables" in name}
    assert set(re.findall(r"^\| `(\w*code_variables\w*)` \|", page, flags=re.MULTILINE)) == options
