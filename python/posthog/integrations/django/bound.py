"""Makes the context of a request current for code that has the request, and runs outside of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from posthog.contexts import _inside
from posthog.integrations.django.exceptions import latest_reporter
from posthog.integrations.django.reader import reader_of

if TYPE_CHECKING:
    from django.http import HttpRequest


@contextmanager
def bind_request(request: "HttpRequest") -> Iterator[None]:
    """Make the context of *request* current for the block, as it is in its view.

    For code that holds a request and runs beside or after its view: a thread of your own, a handler of a message, a
    receiver of a signal. What the view has said there (`tag`, `identify_context`) counts once the request is answered.
    The user is not looked up in the block, since that would open a database connection which Django does not close:
    whoever is not known yet stays anonymous.

    Example:
        >>> import posthog
        >>> from posthog.integrations.django import bind_request
        >>> def on_message(request, message):
        ...     with bind_request(request):
        ...         posthog.capture("message received", properties={"bytes": len(message)})

    """
    with _inside(reader_of(latest_reporter()).reopened(request, is_here=False)):
        yield
