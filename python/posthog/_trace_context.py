"""The OpenTelemetry span that is current, if the program uses OpenTelemetry."""

from __future__ import annotations

import sys


def trace_ids() -> dict[str, str]:
    """Return ``$trace_id`` (32 hexadecimal digits) and ``$span_id`` (16) of the current span; nothing without one."""
    # A program that has spans has imported it, and not only begun to.
    current = getattr(sys.modules.get("opentelemetry.trace"), "get_current_span", None)
    if current is None:
        return {}
    span = current().get_span_context()
    if not span.is_valid:
        return {}
    return {"$trace_id": format(span.trace_id, "032x"), "$span_id": format(span.span_id, "016x")}
