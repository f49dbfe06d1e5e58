"""Reads requests for the middleware: the methods that subclasses override, and the lazy way round them."""

from collections.abc import Callable
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import sync_to_async

from posthog import contexts
from posthog.integrations.django import identity, settings
from posthog.integrations.django.callbacks import asked_filter, asked_tags, guarded, told
from posthog.integrations.django.ids import SOURCES
from posthog.integrations.django.privacy import DEFAULT, Privacy
from posthog.integrations.django.record import Reading, RequestRecord, record_of
from posthog.integrations.django.request import request_tags, sent_distinct_id, tracing_ids, window_id
from posthog.integrations.django.user_fields import UserFields

if TYPE_CHECKING:
    from django.http import HttpRequest

    from posthog.contexts import ContextScope

#: Methods that subclasses override. Whoever does expects them to be called for every request, before the view.
HOOKS: Final = (
    "extract_tags",
    "extract_properties",
    "extract_request_user",
    "aextract_tags",
    "aextract_properties",
    "aextract_request_user",
    "_build_tags",
    "_transform_properties",
    "_resolve_user_details",
)


class RequestReader:
    """Turns a request into ids and tags, as the settings say."""

    # Defaults of the class, so that an instance made without `__init__` works too.
    capture_tracing_headers: bool = True
    request_filter: Callable[..., Any] | None = None
    extra_properties: Callable[..., Any] | None = None
    properties_map: Callable[..., Any] | None = None
    distinct_id_source: tuple[str, ...] = SOURCES
    user_fields: UserFields = UserFields()
    privacy: Privacy = DEFAULT
    #: Whether a subclass overrides a hook, and so wants to be asked about every request.
    _reads_early: bool = False

    def __init__(self) -> None:
        self._reads_early = any(
            getattr_static(type(self), name) is not getattr_static(RequestReader, name) for name in HOOKS
        )

    # -- for the middleware ------------------------------------------------------------------------------------------

    def _read_into(self, request: "HttpRequest", scope: "ContextScope") -> None:
        """Fill the context of *request*: called when it is read for the first time, if it ever is."""
        record = record_of(request)
        if not self._is_tracked(request, record):
            scope.close()
            return
        if record.reading is None:
            if self._reads_early:
                tags = guarded("extract_tags", self.extract_tags, request)
                record.reading = Reading(None, None, tags if isinstance(tags, dict) else {})
            else:
                visitor = identity.Visitor(request)
                record.reading = self._read(request, visitor, self._details(visitor.user_or_none()))
        scope.fill(*record.reading)

    def _is_ready(self, request: "HttpRequest", identified: bool) -> bool:
        """Return whether *request* may be read for an event that is captured now; if not, the event is parked.

        It waits for the response while nobody has said who it is about: the user may log in meanwhile, or be known by a
        token that the view checks. And it waits where looking the user up would do harm.
        """
        header_decides = self.capture_tracing_headers and self.distinct_id_source[0] == "header"
        if not identified and not (header_decides and sent_distinct_id(request)):
            return False
        return not identity.would_disturb()

    async def _aread_into(self, request: "HttpRequest", scope: "ContextScope") -> None:
        """As `_read_into`, through the asynchronous methods that a subclass has overridden."""
        record = record_of(request)
        if self._is_tracked(request, record):
            tags = None
            with told("aextract_tags"):
                tags = await self.aextract_tags(request)
            record.reading = Reading(None, None, tags if isinstance(tags, dict) else {})
        self._read_into(request, scope)

    async def _await_user(self, request: "HttpRequest") -> None:
        """Ask `request.auser` before the view where no session is behind it that could be marked as accessed."""
        try:
            user = await request.auser()
        except Exception:
            user = None
        record_of(request).awaited_user = (user,)

    def _is_tracked(self, request: "HttpRequest", record: RequestRecord) -> bool:
        """Return what the site's filter says about *request*; it is asked once."""
        if record.tracked is None:
            record.tracked = True  # for events that the filter itself captures
            if self.request_filter is not None:
                with identity.Visitor(request).lent():
                    record.tracked = asked_filter(settings.REQUEST_FILTER[0], self.request_filter, request)
        return record.tracked

    def _read(
        self, request: "HttpRequest", visitor: identity.Visitor, details: tuple[str | None, str | None]
    ) -> Reading:
        """Return what *request* says, with the site's own tags in it."""
        user_id, email = details
        distinct_id, session_id = self._ids(request, user_id)
        tags = request_tags(request, email, self.privacy)
        if self.capture_tracing_headers and (window := window_id(request)):
            tags["$window_id"] = window
        if self._reads_early or self.extra_properties is not None or self.properties_map is not None:
            with visitor.lent():
                tags = self._transform_properties(request, tags)
        return Reading(distinct_id, session_id, tags)

    def _ids(self, request: "HttpRequest", user_id: str | None) -> tuple[str | None, str | None]:
        """Return who and which visit, by the sources of ids in the site's order."""
        sent_id, session_id = tracing_ids(request) if self.capture_tracing_headers else (None, None)
        known = {"header": sent_id, "user": user_id}
        return next((known[source] for source in self.distinct_id_source if known[source]), None), session_id

    def _details(self, user: Any) -> tuple[str | None, str | None]:
        if user is None and not self._reads_early:
            return None, None
        details = guarded("user", self._resolve_user_details, user)
        return details if isinstance(details, tuple) else (None, None)

    def reread_user(self, request: "HttpRequest", scope: "ContextScope") -> None:
        """Put the user that the application has loaded meanwhile into a context that was read before."""
        record = record_of(request)
        if record.reading is None:
            return
        self._replace_user(request, scope, self._details(identity.Visitor(request).user_or_none()))

    def forget_user(self, request: "HttpRequest", scope: "ContextScope") -> None:
        """Take the user out of a context that was read before."""
        self._replace_user(request, scope, (None, None))

    def _replace_user(
        self, request: "HttpRequest", scope: "ContextScope", details: tuple[str | None, str | None]
    ) -> None:
        record = record_of(request)
        if record.reading is None:
            return
        user_id, email = details
        distinct_id, session_id = self._ids(request, user_id)
        tags = {name: value for name, value in record.reading.tags.items() if name != "email"}
        if email and self.properties_map is None:
            # A map has had its say about the tags; what it would make of another address nobody knows.
            tags["email"] = email
        record.reading = Reading(distinct_id, session_id, tags)
        scope.fill(*record.reading)

    # -- for subclasses and callers ----------------------------------------------------------------------------------

    def extract_tags(self, request: "HttpRequest") -> dict[str, Any]:
        """Write the ids of *request* to the current context, and return its tags."""
        return self.extract_properties(request)

    def extract_properties(self, request: "HttpRequest") -> dict[str, Any]:
        """Write the ids of *request* to the current context, and return its tags."""
        user_id, email = self.extract_request_user(request)
        return self._build_tags(request, user_id, email)

    def extract_request_user(self, request: "HttpRequest") -> tuple[str | None, str | None]:
        """Return id and e-mail address of the user of *request*."""
        return self._details(identity.Visitor(request).user_or_none())

    async def aextract_tags(self, request: "HttpRequest") -> dict[str, Any]:
        """As `extract_tags`, without blocking the event loop."""
        return await self.aextract_properties(request)

    async def aextract_properties(self, request: "HttpRequest") -> dict[str, Any]:
        """As `extract_properties`, without blocking the event loop."""
        user_id, email = await self.aextract_request_user(request)
        return self._build_tags(request, user_id, email)

    async def aextract_request_user(self, request: "HttpRequest") -> tuple[str | None, str | None]:
        """As `extract_request_user`, without blocking the event loop."""
        if "session" not in vars(request) and hasattr(request, "auser"):
            await self._await_user(request)
        visitor = identity.Visitor(request)
        if visitor.is_loaded():
            return self._details(visitor.user_or_none())
        return self._details(await sync_to_async(visitor.user_or_none)())

    def _build_tags(self, request: "HttpRequest", user_id: str | None, user_email: str | None) -> dict[str, Any]:
        """Write the ids of *request*, else *user_id*, to the current context, and return the tags."""
        reading = self._read(request, identity.Visitor(request), (user_id, user_email))
        if reading.session_id:
            contexts.set_context_session(reading.session_id)
        if reading.distinct_id:
            contexts.identify_context(reading.distinct_id)
        return reading.tags

    def _transform_properties(self, request: "HttpRequest", tags: dict[str, Any]) -> dict[str, Any]:
        """Return *tags* with those of the site's functions."""
        if self.extra_properties is not None:
            name = settings.name_in_use(settings.EXTRA_PROPERTIES)
            tags.update(asked_tags(name, self.extra_properties, request, optional=True))
        if self.properties_map is not None:
            # Where the map fails, nothing passes it: it may be what keeps private data from leaving.
            tags = asked_tags(settings.name_in_use(settings.PROPERTIES_MAP), self.properties_map, tags, optional=False)
        return tags

    def _resolve_user_details(self, user: Any) -> tuple[str | None, str | None]:
        """Return id and e-mail address of *user*; nothing of one who has not logged in."""
        return self.user_fields.of(user)

    @property
    def extra_tags(self) -> Callable[..., Any] | None:
        """The older name of `extra_properties`."""
        return self.extra_properties

    @extra_tags.setter
    def extra_tags(self, callback: Callable[..., Any] | None) -> None:
        self.extra_properties = callback

    @property
    def tag_map(self) -> Callable[..., Any] | None:
        """The older name of `properties_map`."""
        return self.properties_map

    @tag_map.setter
    def tag_map(self, callback: Callable[..., Any] | None) -> None:
        self.properties_map = callback

    @property
    def trust_tracing_headers(self) -> bool:
        """The older name of `capture_tracing_headers`."""
        return self.capture_tracing_headers

    @trust_tracing_headers.setter
    def trust_tracing_headers(self, trusted: bool) -> None:
        self.capture_tracing_headers = trusted
