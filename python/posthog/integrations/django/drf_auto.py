"""`POSTHOG_DRF_AUTO`: views of Django REST framework report what they answer themselves, whatever their handler."""

import importlib
import sys
from typing import Any, Final

from django.core.signals import request_started

from posthog._patch import Patch
from posthog.integrations import drf
from posthog.integrations.django.answered import answered
from posthog.integrations.django.callbacks import tell_once

AUTO: Final = "POSTHOG_DRF_AUTO"

_VIEWS: Final = "rest_framework.views"
_UID: Final = "posthog.integrations.django.drf_auto"

_patches: dict[str, Patch] = {}


def turn(value: object) -> None:
    """Wrap what the framework answers exceptions with if *value*, that of the setting, is on, else unwrap it.

    The framework is not imported for it before the first request: it reads its settings meanwhile, and the classes that
    those name may need what is not ready before.
    """
    if value is not True:
        request_started.disconnect(dispatch_uid=_UID)
        if _VIEWS in _patches:
            _patches[_VIEWS].turn(on=False)
    elif _VIEWS in _patches or hasattr(sys.modules.get(_VIEWS), "APIView"):
        _wrap()
    else:
        request_started.connect(_on_request, dispatch_uid=_UID)


def _on_request(**_signal: object) -> None:
    try:
        _wrap()
    except ModuleNotFoundError as error:
        tell_once(AUTO, "%s is on, and Django REST framework cannot be imported: %s", AUTO, error)
    except Exception:
        # The URLconf will run into it too, and is who should say so; the next request may find it mended.
        tell_once(AUTO, "%s could not import Django REST framework", AUTO, with_traceback=True)
        return
    request_started.disconnect(dispatch_uid=_UID)


def _wrap() -> None:
    if _VIEWS not in _patches:
        views: Any = importlib.import_module(_VIEWS)
        _patches.setdefault(_VIEWS, Patch(views.APIView, "handle_exception", _handle_exception))
    _patches[_VIEWS].turn(on=True)


def _handle_exception(original: Any, view: Any, exc: Exception) -> Any:
    """Stand in for `APIView.handle_exception`, which asks the view for its handler and raises what that leaves."""
    context = {
        "view": view,
        "request": getattr(view, "request", None),
        "args": getattr(view, "args", ()),
        "kwargs": getattr(view, "kwargs", {}),
    }
    return answered(drf.RULES, lambda: original(view, exc), exc, drf.django_request(context), context)
