"""What all tests share: no event of a test is kept where others, or the developer's own programs, would find it."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _own_journal(tmp_path, monkeypatch):
    """Give every test a journal of its own."""
    monkeypatch.setenv("POSTHOG_JOURNAL", str(tmp_path / "journal"))
