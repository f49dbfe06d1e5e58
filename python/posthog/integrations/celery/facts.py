"""What events say about a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import celery

VERSION: Final = getattr(celery, "__version__", None)


def of_run(task: Any, request: Any, task_id: object, state: str) -> dict[str, Any]:
    """Return what is known of a task where it runs.

    Args:
        task: The task.
        request: Its request; none where the worker speaks for a process that is gone.
        task_id: Its id.
        state: ``started``, ``success``, ``failure`` or ``retry``.

    """
    delivery = getattr(request, "delivery_info", None)
    delivery = delivery if isinstance(delivery, Mapping) else {}
    return {
        "celery_task_id": task_id,
        "celery_task_name": getattr(task, "name", None),
        "celery_state": state,
        "celery_hostname": getattr(request, "hostname", None),
        "celery_exchange": delivery.get("exchange"),
        "celery_routing_key": delivery.get("routing_key"),
        "celery_queue": delivery.get("queue"),
        "celery_retry_count": getattr(request, "retries", None) or 0,
        "celery_version": VERSION,
    }


def of_message(name: object, headers: Mapping[str, Any], exchange: object, routing_key: object) -> dict[str, Any]:
    """Return what is known of a task where it is sent.

    Args:
        name: The task's.
        headers: Those of the message.
        exchange: Where it was sent.
        routing_key: By which it finds its queue.

    """
    return {
        "celery_task_id": headers.get("id"),
        "celery_task_name": name,
        "celery_state": "published",
        "celery_hostname": None,
        "celery_exchange": exchange,
        "celery_routing_key": routing_key,
        "celery_retry_count": headers.get("retries") or 0,
        "celery_version": VERSION,
    }


def of_error(error: object) -> dict[str, Any]:
    """Return what a failure says of itself."""
    return {"error_type": type(error).__name__, "error_message": said_by(error)}


def said_by(error: object) -> str | None:
    """Return *error* as text, if it has one."""
    try:
        return str(error)
    except Exception:
        return None
