"""What is hidden of local variables, and who says so: the client, or the context that an exception is captured in."""

from __future__ import annotations

import json
import re
import signal
import threading
from typing import Any

import posthog
import pytest
from posthog import contexts
from posthog.contexts import ContextScope

from .test_code_variables import REDACTED, Shop, caught, holding

NAMES = (
    "capture_exception_code_variables",
    "code_variables_mask_patterns",
    "code_variables_ignore_patterns",
    "code_variables_mask_url_credentials",
    "code_variables_detect_secrets",
)
KEY = "AKIA" + "IOSFODNN7EXAMPLE"


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.client.shutdown()


def named(**variables: Any) -> BaseException:
    """Return an exception of a frame that has these variables."""
    code = f"def frame({', '.join(variables)}):\n    raise ValueError\n"
    names: dict[str, Any] = {"__name__": "shop.named"}
    exec(compile(code, __file__, "exec"), names)  # noqa: S102 - names that a test chooses
    return caught(lambda: names["frame"](**variables))


def test_a_variable_whose_name_holds_a_masked_word_is_masked(shop):
    shown = shop.variables(named(db_password=1, apiKey=[1], n_tokens=2, total=3))
    assert shown == {"db_password": REDACTED, "apiKey": REDACTED, "n_tokens": REDACTED, "total": 3}


def test_masked_words_are_masked_in_texts_and_under_keys(shop):
    held = {"user": "u", "credentials": {"a": 1}, "note": "my password", "rows": [("secret", 1)]}
    shown = json.loads(shop.shown(held))
    assert shown == {"user": "u", "credentials": REDACTED, "note": REDACTED, "rows": [[REDACTED, REDACTED]]}


def test_a_key_that_is_a_secret_is_hidden_with_a_number(shop):
    shown = json.loads(shop.shown({KEY: 1, f"{KEY} ": 2, "plain": 3}))
    assert shown == {"$$_posthog_redacted_key_0_$$": 1, "$$_posthog_redacted_key_1_$$": 2, "plain": 3}


def test_patterns_of_the_client_are_used_in_place_of_the_default_ones(shop):
    shop.client.code_variables_mask_patterns = ["(?i)customer"]
    assert shop.variables(named(password=1, Customer=2)) == {"password": 1, "Customer": REDACTED}
    shop.client.code_variables_ignore_patterns = ["^tmp", "_$"]
    assert shop.variables(named(tmp=1, a_=2, my_tmp=3, __own=4)) == {"my_tmp": 3, "__own": 4}
    shop.client.code_variables_mask_patterns = shop.client.code_variables_ignore_patterns = None
    assert shop.variables(named(password=1, tmp=1, __own=4)) == {"password": REDACTED, "tmp": 1}


def test_a_list_that_was_changed_in_place_counts(shop):
    patterns = shop.client.code_variables_mask_patterns = ["one"]
    assert shop.variables(named(one=1, two=2)) == {"one": REDACTED, "two": 2}
    patterns.append("two")
    assert shop.variables(named(one=1, two=2)) == {"one": REDACTED, "two": REDACTED}


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?<=card_)number$",
        r"(?x) card _ number",
        r"(c)ard_num\w+(?!\1)",
        re.compile("CARD_NUMBER", re.IGNORECASE),
    ],
)
def test_whatever_pythons_re_understands_is_a_pattern(shop, pattern):
    shop.client.code_variables_mask_patterns = [pattern, "total"]
    shown = shop.variables(named(card_number=1, total=2, text="a card_number\n", name="n"))
    assert shown == {"card_number": REDACTED, "total": REDACTED, "text": REDACTED, "name": "n"}


@pytest.mark.parametrize("broken", ["(", "*password*", re.compile(b"x"), 7, None])
def test_a_broken_pattern_is_named_and_the_default_ones_are_used_beside_the_rest(shop, broken, caplog):
    shop.client.code_variables_mask_patterns = [broken, "total"]
    shown = shop.variables(named(password=1, total=2, n=3))
    assert shown == {"password": REDACTED, "total": REDACTED, "n": 3}
    (line,) = [record.message for record in caplog.records if "left out" in record.message]
    assert repr(broken) in line


def test_a_broken_pattern_is_named_once(shop, caplog):
    shop.client.code_variables_mask_patterns = ["(once"]
    shop.client.code_variables_ignore_patterns = [8]
    for _ in range(3):
        assert shop.variables(named(a=1, __own=2)) == {"a": 1}
    assert len([record for record in caplog.records if "left out" in record.message]) == 2


def test_a_text_in_place_of_a_list_is_one_pattern(shop):
    shop.client.code_variables_mask_patterns = "total"
    assert shop.variables(named(total=1, a=2)) == {"total": REDACTED, "a": 2}


def test_what_is_no_list_of_patterns_shows_nothing_and_costs_no_event(shop, caplog):
    shop.client.code_variables_mask_patterns = 7
    assert shop.variables(named(a=1)) == {}
    assert "code variables" in caplog.text


def test_credentials_of_addresses_are_hidden_and_the_address_is_not(shop):
    text = "postgres://shop:pw1@db.example/shop"
    assert shop.shown(text) == f"postgres://{REDACTED}@db.example/shop"
    assert shop.shown("postgres://shop@db.example/shop") == "postgres://shop@db.example/shop"
    shop.client.code_variables_mask_url_credentials = False
    assert shop.shown(text) == text


def test_values_of_headers_are_hidden(shop):
    assert shop.shown("Bearer aB3xY9zQ") == f"Bearer {REDACTED}"
    assert shop.shown("basic dTpw") == f"basic {REDACTED}"
    assert shop.shown("a basic introduction") == "a basic introduction"


def test_what_looks_like_a_secret_is_hidden_under_any_name(shop):
    assert shop.shown(KEY) == REDACTED
    assert json.loads(shop.shown({"vendor": ["acme", f"id {KEY}"]})) == {"vendor": ["acme", REDACTED]}
    shop.client.code_variables_detect_secrets = False
    assert shop.shown(KEY) == KEY


def test_without_any_protection_values_are_shown_as_they_are(shop):
    shop.client.code_variables_mask_patterns = []
    shop.client.code_variables_mask_url_credentials = False
    shop.client.code_variables_detect_secrets = False
    held = {"password": "x", "url": "postgres://u:p@h", "header": "Bearer aB3xY9zQ", KEY: KEY}
    assert json.loads(shop.shown(held)) == held
    assert shop.shown("x" * 5000) == "x" * 1021 + "..."


def test_messages_are_the_programs_and_are_not_masked(shop):
    (entry,) = shop.entries(caught(int, "password"))
    assert "password" in entry["value"]


def test_a_context_says_it_for_its_own_exceptions(shop):
    off = Shop(capture_exception_code_variables=False)
    with contexts.new_context(), contexts.new_context():
        contexts.set_capture_exception_code_variables_context(True)
        contexts.set_code_variables_mask_patterns_context(["total"])
        contexts.set_code_variables_ignore_patterns_context(["^a$"])
        contexts.set_code_variables_mask_url_credentials_context(False)
        contexts.set_code_variables_detect_secrets_context(False)
        shown = off.variables(named(a=1, total=2, password=3, key=KEY, url="http://a:b@c"))
    assert shown == {"total": REDACTED, "password": 3, "key": KEY, "url": "http://a:b@c"}
    assert off.variables(named(a=1)) == {}
    with contexts.new_context():
        contexts.set_capture_exception_code_variables_context(False)
        assert shop.variables(named(a=1)) == {}


def test_an_inner_context_inherits_until_it_says_otherwise_and_a_fresh_one_does_not(shop):
    with contexts.new_context():
        contexts.set_code_variables_mask_patterns_context(["one"])
        contexts.set_code_variables_detect_secrets_context(False)
        with contexts.new_context():
            assert contexts.get_code_variables_mask_patterns_context() == ["one"]
            contexts.set_code_variables_mask_patterns_context(["two"])
            assert contexts.get_code_variables_mask_patterns_context() == ["two"]
            assert contexts.get_code_variables_detect_secrets_context() is False
            assert shop.variables(named(one=1, two=KEY)) == {"one": 1, "two": REDACTED}
        assert contexts.get_code_variables_mask_patterns_context() == ["one"]
        with contexts.new_context(fresh=True):
            assert contexts.get_code_variables_mask_patterns_context() is None
            assert shop.variables(named(one=1, key=KEY)) == {"one": 1, "key": REDACTED}


def test_outside_of_any_context_nothing_is_said():
    for name in NAMES:
        getattr(contexts, f"set_{name}_context")(True)
        assert getattr(contexts, f"get_{name}_context")() is None


def test_a_scope_keeps_what_it_was_told():
    scope = ContextScope()
    for name in NAMES:
        value = ["x"]
        assert getattr(scope, f"get_{name}")() is None
        getattr(scope, f"set_{name}")(value)
        assert getattr(scope, f"get_{name}")() is value
        assert getattr(ContextScope(scope), f"get_{name}")() is value
        assert getattr(ContextScope(scope, fresh=True), f"get_{name}")() is None
        getattr(scope, f"set_{name}")(None)
        assert getattr(scope, f"get_{name}")() is None


def test_a_scope_in_its_own_list_of_patterns_is_garbage_one_day():
    import gc  # noqa: PLC0415 - here alone
    import weakref  # noqa: PLC0415 - same

    scope = ContextScope()
    scope.set_code_variables_mask_patterns([scope])  # type: ignore[list-item]
    seen = weakref.ref(scope)
    del scope
    gc.collect()
    assert seen() is None


def test_an_exception_that_leaves_a_context_is_captured_by_its_rules(module):
    shop = Shop(capture_exception_code_variables=False)
    module.default_client = shop.client
    with pytest.raises(ValueError, match="x"), posthog.new_context(capture_exceptions=True):
        contexts.set_capture_exception_code_variables_context(True)
        holding(5)
    frames = shop.events[-1]["properties"]["$exception_list"][0]["stacktrace"]["frames"]
    assert frames[-1]["code_variables"] == {"held": 5}


def test_ctrl_c_while_a_pattern_searches_gets_through_and_the_event_is_sent(shop):
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals arrive on the main thread")

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    shop.client.code_variables_mask_patterns = [r"^(?=(a+)+b)(a+)+$"]
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            shop.client.capture_exception(named(n="a" * 40))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    (event,) = shop.events
    frames = event["properties"]["$exception_list"][0]["stacktrace"]["frames"]
    assert frames[-1]["code_variables"] == {"n": REDACTED}


def test_a_broken_list_that_was_used_for_names_to_leave_out_still_masks_by_default(shop):
    shop.client.code_variables_ignore_patterns = shop.client.code_variables_mask_patterns = ["(both"]
    assert shop.variables(named(password=1, __own=2, n=3)) == {"password": REDACTED, "n": 3}
