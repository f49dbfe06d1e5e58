"""Keeps a request's context for receivers of `request_finished`, who do not get the request.

Hardly any site has some of its own. So Django is left alone until there are.
"""

import weakref
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.core.signals import request_finished

from posthog.contexts import _current

if TYPE_CHECKING:
    from posthog.contexts import ContextScope

#: How many receivers there were when none of them was anybody's but Django's.
receivers_of_django = -1

#: The context of the request that was answered last on this thread or task, until its response is closed.
_answered: "ContextVar[ContextScope | None]" = ContextVar("posthog_answered_request", default=None)

_send = request_finished.send


def keep_context(scope: "ContextScope") -> None:
    """Have *scope* current when the request has finished, if anybody but Django wants to know."""
    global receivers_of_django  # noqa: PLW0603 - what was found out about the one signal
    receivers = request_finished.receivers
    if all(_is_djangos(entry[1]) for entry in receivers):
        receivers_of_django = len(receivers)
        return
    request_finished.send = _send_in_context  # type: ignore[method-assign]
    _answered.set(scope)


def _is_djangos(receiver: Any) -> bool:
    function = receiver() if isinstance(receiver, weakref.ReferenceType) else receiver
    return function is None or str(getattr(function, "__module__", "")).startswith("django.")


def _send_in_context(*arguments: Any, **options: Any) -> Any:
    scope = _answered.get()
    _answered.set(None)
    token = _current.set(scope)
    try:
        return _send(*arguments, **options)
    finally:
        _current.reset(token)
