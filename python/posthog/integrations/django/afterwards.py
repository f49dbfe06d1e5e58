"""Keeps a request's context for receivers of `request_finished`, who do not get the request.

Django sends the signal while it closes the response, maybe in another task. Hardly any site has receivers of its own:
until there is one, Django is left alone.
"""

import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from django.core.signals import request_finished
from django.http import HttpResponseBase

from posthog._patch import Patch
from posthog.contexts import _inside

if TYPE_CHECKING:
    from posthog.contexts import ContextScope

#: How many receivers there were when none of them was anybody's but Django's.
receivers_of_django = -1

#: Responses that are not closed yet, and the contexts of their requests.
_answered: "weakref.WeakKeyDictionary[HttpResponseBase, ContextScope]" = weakref.WeakKeyDictionary()


def keep_context(response: HttpResponseBase, scope: "ContextScope") -> None:
    """Have *scope* current while *response* is closed, if anybody but Django wants to know when that happens."""
    global receivers_of_django  # noqa: PLW0603 - what was found out about the one signal
    receivers = request_finished.receivers
    if all(_is_djangos(entry[1]) for entry in receivers):
        receivers_of_django = len(receivers)
    elif isinstance(response, HttpResponseBase):
        _patch.turn(on=True)
        with suppress(TypeError):  # a class of responses that cannot be hashed goes without
            _answered[response] = scope


def _is_djangos(receiver: Any) -> bool:
    function = receiver() if isinstance(receiver, weakref.ReferenceType) else receiver
    return function is None or str(getattr(function, "__module__", "")).startswith("django.")


def _close(original: Any, response: HttpResponseBase, /) -> None:
    """Stand in for `HttpResponseBase.close`."""
    scope = None
    with suppress(TypeError):
        scope = _answered.pop(response, None)
    if scope is None:
        original(response)
        return
    with _inside(scope):
        original(response)


_patch: Final = Patch(HttpResponseBase, "close", _close)
