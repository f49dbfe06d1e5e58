"""How many secrets are recognised by their look alone, and how much else is taken for one."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from .secrets import issued, lookalikes
from .test_code_variables import Shop

CASES = issued.cases()
TEXTS = lookalikes.texts()

LEAST_RECALL = 0.94
LEAST_PRECISION = 0.98
WITHOUT_A_LOOK = {"hex 32", "hex 64", "typed by a person", "words"}
"""Nothing tells them from what they look like: ids, and what people write."""


@pytest.fixture(scope="module")
def shown():
    """Return what shows a variable with an innocent name."""
    shop = Shop()
    yield shop.shown
    shop.client.shutdown()


def hidden(case, shown):
    """Return whether nothing is left of a secret, in whatever way it is written."""
    return not any(form in str(shown(case.value)) for form in (case.secret, json.dumps(case.secret)[1:-1]))


def test_the_corpora_are_large_and_have_nothing_twice():
    assert len(CASES) >= 300
    assert len({case.secret for case in CASES if case.kind not in WITHOUT_A_LOOK}) >= 300
    assert len(set(TEXTS)) == len(TEXTS) >= 300


def test_recall_and_precision_are_what_they_were(shown):
    missed = Counter(case.kind for case in CASES if not hidden(case, shown))
    mistaken = [text for text in TEXTS if shown(text) != text]
    found = len(CASES) - missed.total()
    recall, precision = found / len(CASES), found / (found + len(mistaken))
    print(f"\nrecall {recall:.4f}: {missed.total()} of {len(CASES)} secrets missed, {dict(missed)}")
    print(f"precision {precision:.4f}: {len(mistaken)} of {len(TEXTS)} other texts hidden, {mistaken}")
    assert recall >= LEAST_RECALL
    assert precision >= LEAST_PRECISION


def test_every_secret_of_a_published_form_is_hidden_wherever_it_stands(shown):
    kinds = set(issued._formats(issued.Maker(0)))
    missed = [case for case in CASES if case.kind in kinds and not hidden(case, shown)]
    assert missed == []


def test_every_password_of_an_address_and_of_a_header_is_hidden(shown):
    cases = [case for case in CASES if case.kind in {"address", "header"}]
    assert len(cases) >= 40
    assert [case for case in cases if not hidden(case, shown)] == []
