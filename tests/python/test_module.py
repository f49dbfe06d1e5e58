"""The module's functions work on a client made of its settings."""

from __future__ import annotations

import pytest
from posthog import Posthog


def test_the_first_call_makes_a_client_of_the_settings(module):
    module.default_client = None
    module.project_api_key, module.host, module.send = " phc_key ", "https://eu.posthog.com", False
    assert module.capture("e", distinct_id="u")
    assert module.default_client.api_key == "phc_key"
    assert module.default_client.host == "https://eu.i.posthog.com"


def test_the_old_name_of_the_key_works_and_the_new_one_wins(module):
    module.default_client, module.project_api_key, module.api_key = None, None, "old"
    assert module.setup().api_key == "old"
    module.default_client, module.project_api_key = None, "new"
    assert module.setup().api_key == "new"


def test_a_setting_that_was_never_assigned_overwrites_nothing(module):
    kept = []
    module.default_client = Posthog("k", send=False, before_send=lambda event: kept.append(event) or event)
    assert module.capture("e", distinct_id="u")
    assert len(kept) == 1
    module.default_client.disabled = True
    assert module.capture("e", distinct_id="u") is None


def test_an_assigned_setting_is_applied_at_every_call(module):
    module.default_client = Posthog("k", send=False)
    module.disabled = True
    assert module.capture("e", distinct_id="u") is None
    module.disabled = False
    assert module.capture("e", distinct_id="u")
    module.before_send = lambda _event: None
    assert module.capture("e", distinct_id="u") is None


def test_a_wrong_call_of_the_module_function_raises(module):
    module.default_client = Posthog("k", send=False)
    with pytest.raises(TypeError):
        module.capture("user", "event")


def test_any_attribute_may_be_assigned(module, monkeypatch):
    monkeypatch.setattr(module, "timeout", 30, raising=False)
    assert module.timeout == 30
    monkeypatch.setattr(module, "capture", lambda *_args, **_kwargs: "patched")
    assert module.capture("e") == "patched"


def test_every_function_reaches_the_client(module):
    seen = []
    module.default_client = Posthog("k", send=False, before_send=lambda event: seen.append(event["event"]) or event)
    module.set(distinct_id="u", properties={"a": 1})
    module.set_once(distinct_id="u", properties={"a": 1})
    module.group_identify("company", "acme")
    module.alias("old", "new")
    module.capture_exception(ValueError("x"), distinct_id="u")
    module.flush()
    assert seen == ["$set", "$set_once", "$groupidentify", "$create_alias", "$exception"]
