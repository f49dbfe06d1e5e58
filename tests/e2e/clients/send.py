"""Sends a few events with the Python package, and prints what the inspector ought to show.

Run by the tests with an interpreter that has the official package, or ours: ``send.py HOST VISITOR JSON-OPTIONS``.
"""

from __future__ import annotations

import json
import sys
import uuid

import posthog

REPEATS = 3


def main() -> None:
    host, visitor, options = sys.argv[1:]
    client = posthog.Posthog("phc_e2e", host=host, **json.loads(options))
    sent = []

    def expect(name: str, distinct_id: str, event: str | None, **properties: object) -> None:
        sent.append({"event": name, "distinct_id": distinct_id, "uuid": event, "properties": properties})

    order = {"total": 12.5, "lines": [{"name": "Zoë's mug ☕", "quantity": 2}], "paid": True, "voucher": None}
    expect("ordered", visitor, client.capture("ordered", distinct_id=visitor, properties=order), **order)

    with posthog.new_context(client=client):
        posthog.identify_context(visitor)
        posthog.set_context_session(f"session-of-{visitor}")
        posthog.tag("plan", "pro")
        event = client.capture("in_a_context")
    expect("in_a_context", visitor, event, plan="pro", **{"$session_id": f"session-of-{visitor}"})

    event = client.set(distinct_id=visitor, properties={"shoe": 43})
    expect("$set", visitor, event, **{"$set": {"shoe": 43}})

    try:
        raise LookupError("no such shoe")
    except LookupError as error:
        expect("$exception", visitor, client.capture_exception(error, distinct_id=visitor))

    same = str(uuid.uuid4())
    for _ in range(REPEATS):
        client.capture("repeated", distinct_id=visitor, uuid=same, timestamp="2026-11-23T10:00:00Z")
    expect("repeated", visitor, same)

    client.shutdown()
    print(json.dumps(sent))


main()
