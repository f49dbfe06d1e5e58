"""What the documents tell people to write works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from posthog import Posthog

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)


def ran(block, module):
    names = {}
    module.default_client = Posthog("k", send=False, before_send=module.before_send)
    exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - the point of the test
    return names


@pytest.mark.parametrize("block", BLOCKS, ids=[block.split("\n", 1)[0] for block in BLOCKS])
def test_the_readmes_python_runs(block, module):
    ran(block, module)


def test_the_readmes_context_example_sends_what_it_says(module):
    seen = []
    module.before_send = lambda event: seen.append(event) or event
    ran(next(block for block in BLOCKS if "new_context" in block), module)
    assert seen[0]["distinct_id"] == "user-7"
    assert seen[0]["properties"]["job"] == "nightly"


def test_the_readmes_settings_name_the_middleware_and_a_callback(rf_headers, module):
    names = ran(next(block for block in BLOCKS if "MIDDLEWARE" in block), module)
    assert names["POSTHOG_MW_EXTRA_TAGS"](rf_headers({"X-Plan": "pro"})) == {"plan": "pro"}


@pytest.fixture
def rf_headers():
    """Return what makes a request with headers."""

    class Request:
        def __init__(self, headers):
            self.headers = headers

    return Request
