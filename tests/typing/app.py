"""A program that uses everything that captures. It is type-checked by mypy and pyright, and run."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from uuid import UUID, uuid4

import posthog
from posthog import (
    BeforeSendCallback,
    CaptureCompression,
    CaptureMode,
    Client,
    ExceptionArg,
    ExceptionCapture,
    OptionalCaptureArgs,
    OptionalSetArgs,
    Posthog,
    contexts,
)
from posthog.contexts import ContextExecutor, ContextScope, propagate
from posthog.request import APIError, QuotaLimitError

KEY = "phc_typed"

log = logging.getLogger(__name__)


def redact(event: dict[str, Any]) -> dict[str, Any] | None:
    return None if event["event"] == "secret" else event


def on_error(error: Exception, events: list[dict[str, Any]]) -> None:
    if isinstance(error, APIError):
        status: int | str = error.status
        log.warning("%s lost at %s, again in %s", len(events), status, error.retry_after)
    if isinstance(error, QuotaLimitError):
        log.warning(error.message)


hook: BeforeSendCallback = redact


@dataclass
class Order:
    id: UUID
    total: float


def settings() -> None:
    posthog.project_api_key = KEY
    posthog.host = "http://localhost:9"
    posthog.debug = False
    posthog.send = False
    posthog.disabled = False
    posthog.sync_mode = False
    posthog.on_error = on_error
    posthog.before_send = hook
    posthog.super_properties = {"release": "7"}
    posthog.disable_geoip = True
    posthog.is_server = True
    posthog.in_app_modules = ["shop"]
    posthog.project_root = "/srv/shop"
    posthog.capture_mode = "v0"
    posthog.enable_exception_autocapture = False
    posthog.log_captured_exceptions = False
    posthog.capture_exception_code_variables = False
    posthog.code_variables_mask_patterns = [*posthog.DEFAULT_CODE_VARIABLES_MASK_PATTERNS, "(?i)iban"]
    client: Client = posthog.setup()
    assert client is posthog.default_client


def module() -> list[str | None]:
    order = Order(uuid4(), 12.5)
    more: OptionalCaptureArgs = {"properties": {"order": order}, "groups": {"company": "acme"}}
    person: OptionalSetArgs = {"distinct_id": "user-7", "properties": {"plan": "pro"}}
    return [
        posthog.capture("order placed", distinct_id="user-7", timestamp=datetime.now(timezone.utc), uuid=order.id),
        posthog.capture("order placed", **more),
        posthog.set(**person),
        posthog.set_once(distinct_id=7, properties={"first": "today"}),
        posthog.group_identify("company", "acme", {"seats": 12}, uuid=str(uuid4())),
        posthog.alias("cookie-3", "user-7"),
        posthog.capture_exception(ValueError("a value")),
        handled(),
    ]


def handled() -> str | None:
    try:
        raise KeyError("total")
    except KeyError:
        return posthog.capture_exception()


def of_a_client() -> dict[str, Any]:
    client = Posthog(
        KEY,
        host="http://localhost:9",
        max_queue_size=1000,
        send=False,
        on_error=on_error,
        flush_at=10,
        flush_interval=0.5,
        gzip=True,
        max_retries=2,
        timeout=5,
        before_send=hook,
        super_properties={"release": "7"},
        capture_mode=CaptureMode.V1,
        capture_compression=CaptureCompression.GZIP,
        journal_dir="off",
    )
    client.capture("order placed", distinct_id="user-7", properties={"total": 12.5})
    client.set(distinct_id="user-7", properties={"plan": "pro"})
    client.set_once(distinct_id="user-7", properties={"plan": "pro"})
    client.group_identify("company", "acme")
    client.alias("cookie-3", "user-7")
    raised: ExceptionArg = ValueError("a value")
    client.capture_exception(raised, distinct_id="user-7")
    with client.new_context(fresh=True, capture_exceptions=False):
        client.identify_context("user-7")
        client.set_context_session("visit-3")
        client.set_context_device_id("device-1")
        client.tag("plan", "pro")
        tags: dict[str, Any] = client.get_tags()
        assert tags == {"plan": "pro"}
    hooks: ExceptionCapture | None = client.exception_capture
    assert hooks is None
    client.disabled = True
    client.disabled = False
    client.flush(timeout_seconds=1)
    stats = client.stats()
    client.shutdown()
    client.join()
    return stats


@posthog.scoped(fresh=True)
def job(name: str) -> dict[str, Any]:
    posthog.tag("job", name)
    return posthog.get_tags()


@posthog.scoped()
async def asynchronous_job(name: str) -> str:
    posthog.tag("job", name)
    return name


def in_contexts() -> None:
    with posthog.new_context(capture_exceptions=True):
        posthog.identify_context("user-7")
        posthog.set_context_session("visit-3")
        posthog.set_context_device_id("device-1")
        posthog.set_capture_exception_code_variables_context(True)
        posthog.set_code_variables_mask_patterns_context(["(?i)iban"])
        posthog.set_code_variables_ignore_patterns_context(["^_"])
        posthog.set_code_variables_mask_url_credentials_context(True)
        posthog.set_code_variables_detect_secrets_context(True)
        who: str | None = contexts.get_context_distinct_id()
        visit: str | None = contexts.get_context_session_id()
        device: str | None = contexts.get_context_device_id()
        assert (who, visit, device) == ("user-7", "visit-3", "device-1")
        told = propagate(job)
        assert told("nightly") == {"job": "nightly"}
        with ContextExecutor(max_workers=1) as executor:
            assert executor.submit(contexts.get_context_distinct_id).result() == "user-7"
    scope = ContextScope(None, fresh=False, capture_exceptions=True)
    scope.add_tag("plan", "pro")
    assert scope.collect_tags() == {"plan": "pro"}


class Shop(Posthog):
    def capture(self, event: str, **kwargs: Any) -> str | None:
        return super().capture(f"shop: {event}", **kwargs)


def main() -> None:
    settings()
    assert all(module())
    assert of_a_client()["captured"] == 0
    in_contexts()
    assert job("nightly") == {"job": "nightly"}
    shop = Shop(KEY, send=False)
    assert shop.capture("opened", distinct_id="user-7")
    posthog.flush()
    posthog.shutdown()


if __name__ == "__main__":
    main()
