"""Reads requests for the middleware: the methods that subclasses override, and the lazy way round them."""

from collections.abc import Callable
from inspect import getattr_static
from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import sync_to_async

from posthog import contexts
from posthog._native import Answer, RequestContexts, tracing_ids
from posthog.integrations.django import settings
from posthog.integrations.django.callbacks import asked_filter, asked_tags, guarded, told
from posthog.integrations.django.identity import EAGER, LAZY, LOADED, NEVER, Visitor, in_transaction, is_stranger
from posthog.integrations.django.ids import SOURCES
from posthog.integrations.django.privacy import DEFAULT, Privacy
from posthog.integrations.django.record import Reading, RequestRecord, existing_record, record_of
from posthog.integrations.django.request import request_tags
from posthog.integrations.django.threads import NotHereError, in_event_loop, is_at_home
from posthog.integrations.django.user_fields import UserFields

if TYPE_CHECKING:
    from django.http import HttpRequest
    from typing_extensions import Self

    from posthog.contexts import ContextScope

STATUS: Final = "$response_status_code"

#: Who, and which visit.
Sent = tuple[str | None, str | None]

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
    resolve_user: str | bool = LAZY
    user_fields: UserFields = UserFields()
    privacy: Privacy = DEFAULT
    _is_coroutine: Any = False
    #: Whether a subclass overrides a hook, and so wants to be asked about every request.
    _has_hooks: bool = False
    #: Whether every request is read before its view.
    _reads_early: bool = False
    #: What opens the contexts of requests.
    _contexts: RequestContexts

    def __new__(cls, *_arguments: object, **_options: object) -> "Self":
        """Make it able to read: also without `__init__`, as subclasses' tests do."""
        reader = super().__new__(cls)
        reader._contexts = RequestContexts(cls._read_into, cls._is_ready, reader)
        return reader

    def __init__(self) -> None:
        self._has_hooks = any(
            getattr_static(type(self), name) is not getattr_static(RequestReader, name) for name in HOOKS
        )

    def apply_settings(self, changed: str | None = None) -> None:
        """Take over what is in Django's settings now: all of it, or what the setting *changed* decides."""
        options = settings.read_options()._asdict()
        for name in options if changed is None else (settings.OPTION_OF.get(changed),):
            if name is not None:
                setattr(self, name, options[name])

        self._reads_early = self._has_hooks or self.resolve_user == EAGER

    # -- for the middleware ------------------------------------------------------------------------------------------

    @property
    def _asks_site(self) -> bool:
        """Whether reading a request runs functions of the site, which may query."""
        return (
            self.request_filter is not None
            or self.extra_properties is not None
            or self.properties_map is not None
            or self._has_hooks
        )

    def _read_into(self, request: "HttpRequest", scope: "ContextScope") -> Answer:
        """Fill the context of *request*: called when it is read, if it ever is, until the answer is final."""
        record = record_of(request)
        try:
            self._read_what_can_be_known(request, record, scope)
        except NotHereError:
            record.asks_at_home = True
        if record.is_turned_away:
            scope.close()
            return Answer.FINAL
        scope.fill(*(record.reading or self._first_words(request, record, self._sent(request))))
        if scope.has_ended or record.names_user or self._reads_early or self.resolve_user is NEVER:
            return Answer.FINAL
        # As long as nobody is known, somebody may be: a token is checked, a visitor logs in.
        return Answer.PRELIMINARY if record.reading is None else Answer.FOR_NOW

    def _read_what_can_be_known(self, request: "HttpRequest", record: RequestRecord, scope: "ContextScope") -> None:
        """Ask the site's filter, the user and the site's other functions; leave what must wait for another moment."""
        if record.is_turned_away or record.names_user:
            return
        if record.reading is not None:
            if not self._reads_early:
                self._take_over_user(request, record)
            return
        visitor = self._visitor(request, scope)
        # Functions of the site may ask for the user, and query. Where the user is known, asking is harmless anywhere.
        may_ask = visitor.is_at_home or (visitor.is_settled() and not record.asks_at_home)
        if self._asks_site and not may_ask:
            return
        is_last_chance = scope.has_ended and visitor.is_at_home
        if self._asked_filter(request, record, visitor) and (
            visitor.is_available() or self._has_hooks or is_last_chance
        ):
            record.reading = self._reading(request, record, visitor)

    def _is_ready(self, request: "HttpRequest", identified: bool, scope: "ContextScope") -> bool:
        """Return whether *request* may be read for an event that is captured now; if not, the event is parked.

        It waits for the response while nobody has said who it is about: the user may log in meanwhile, or be known by a
        token that the view checks. And it waits where looking the user up, or asking the site, would do harm.
        """
        sent = self._sent(request)
        if not identified and not (self.distinct_id_source[0] == "header" and sent[0]):
            return False
        if not self._asks_site and (self.resolve_user is NEVER or is_stranger(request)):
            # Nobody to look up, and nobody to ask: the request's own words are all there is to say now.
            record = record_of(request)
            record.reading = record.reading or self._first_words(request, record, sent)
            scope.fill(*record.reading, is_answer=True)
            return True
        visitor = self._visitor(request, scope)
        return not (visitor.needs_query() or self._asks_site) or (visitor.is_at_home and not in_transaction())

    def _visitor(self, request: "HttpRequest", scope: "ContextScope") -> Visitor:
        return Visitor(request, self.resolve_user, is_at_home=is_at_home(scope, is_async=self._is_coroutine))

    def _first_words(self, request: "HttpRequest", record: RequestRecord, sent: Sent) -> Reading:
        """Return what *request* says by itself, for whoever asks before the rest can be found out."""
        distinct_id, session_id = self._ids(sent, None)
        # A map may be what keeps private data in, and has not been asked yet.
        tags = self._tags(request, record, None) if self.properties_map is None else {}
        return Reading(distinct_id, session_id, tags)

    def _reading(self, request: "HttpRequest", record: RequestRecord, visitor: Visitor) -> Reading:
        if self._has_hooks:
            tags = guarded("extract_tags", self.extract_tags, request)
            return Reading(None, None, tags if isinstance(tags, dict) else {})
        details = self._details(visitor.known())
        record.names_user = details[0] is not None
        return self._read(request, record, visitor, details)

    async def _aread_into(self, request: "HttpRequest", scope: "ContextScope") -> None:
        """Read *request* before its view, where an event loop must not be blocked."""
        if not self._has_hooks:
            await self._await_user(request)
            await sync_to_async(scope.collect_tags)()
            return
        record = record_of(request)
        if self.request_filter is None or await sync_to_async(self._is_tracked)(request, record):
            tags = None
            with told("aextract_tags"):
                tags = await self.aextract_tags(request)
            record.reading = Reading(None, None, tags if isinstance(tags, dict) else {})
        scope.collect_tags()

    async def _await_user(self, request: "HttpRequest") -> None:
        """Ask `request.auser` where no session is behind it that could be marked as accessed."""
        if "session" in vars(request) or not hasattr(request, "auser") or self.resolve_user not in (LAZY, EAGER):
            return
        try:
            user = await request.auser()
        except Exception:
            user = None
        record_of(request).awaited_user = (user,)

    def _is_tracked(self, request: "HttpRequest", record: RequestRecord) -> bool:
        """Return what the site's filter says about *request*; where it cannot be asked, the request passes."""
        try:
            here = not in_event_loop()
            return self._asked_filter(request, record, Visitor(request, self.resolve_user, is_at_home=here))
        except NotHereError:
            return True

    def _asked_filter(self, request: "HttpRequest", record: RequestRecord, visitor: Visitor) -> bool:
        """Return what the site's filter says; it is asked once. Raises `NotHereError` where it cannot be."""
        if record.tracked is None:
            record.tracked = True  # for events that the filter itself captures
            if self.request_filter is not None:
                try:
                    with visitor.lent():
                        record.tracked = asked_filter(settings.REQUEST_FILTER[0], self.request_filter, request)
                except NotHereError:
                    record.tracked = None
                    raise
        return record.tracked

    def _read(
        self,
        request: "HttpRequest",
        record: RequestRecord,
        visitor: Visitor,
        details: tuple[str | None, str | None],
    ) -> Reading:
        """Return what *request* says, with the site's own tags in it."""
        user_id, email = details
        distinct_id, session_id = self._ids(self._sent(request), user_id)
        tags = self._tags(request, record, email)
        if self._has_hooks or self.extra_properties is not None or self.properties_map is not None:
            with visitor.lent():
                tags = self._transform_properties(request, tags)
        return Reading(distinct_id, session_id, tags)

    def _tags(self, request: "HttpRequest", record: RequestRecord, email: str | None) -> dict[str, Any]:
        """Return the tags that *request* has by itself."""
        tags = request_tags(request, email, self.privacy, with_window=self.capture_tracing_headers)
        if record.status is not None:
            tags[STATUS] = record.status
        return tags

    def _sent(self, request: "HttpRequest") -> Sent:
        """Return who and which visit, by the tracing headers."""
        return tracing_ids(request) if self.capture_tracing_headers else (None, None)

    def _ids(self, sent: Sent, user_id: str | None) -> Sent:
        """Return who and which visit, by the sources of ids in the site's order."""
        sent_id, session_id = sent
        for source in self.distinct_id_source:
            named = sent_id if source == "header" else user_id
            if named:
                return named, session_id
        return None, session_id

    def _details(self, user: Any) -> tuple[str | None, str | None]:
        if user is None and not self._has_hooks:
            return None, None
        details = guarded("user", self._resolve_user_details, user)
        return details if isinstance(details, tuple) else (None, None)

    def reopened(self, request: "HttpRequest", *, is_here: bool) -> "ContextScope":
        """Return the context of *request* for whoever has it beside or after its view, with what the view has said."""
        scope = self._contexts.reopen(request, is_here)
        record = existing_record(request)
        if record is not None and record.said is not None:
            distinct_id, session_id, tags = record.said
            scope.set_distinct_id(distinct_id)
            scope.set_session_id(session_id)
            for name, value in tags.items():
                scope.add_tag(name, value)
        return scope

    def reread_user(self, request: "HttpRequest", scope: "ContextScope") -> None:
        """Put the user that the application has loaded meanwhile into a context that was read before."""
        record = record_of(request)
        if record.reading is not None and self.resolve_user is not NEVER:
            self._replace_user(request, record, self._details(Visitor(request, LOADED).known()))
            scope.fill(*record.reading)

    def forget_user(self, request: "HttpRequest", scope: "ContextScope") -> None:
        """Take the user out of a context that was read before."""
        record = record_of(request)
        if record.reading is not None:
            self._replace_user(request, record, (None, None))
            scope.fill(*record.reading)

    def _take_over_user(self, request: "HttpRequest", record: RequestRecord) -> None:
        """Put the user into the reading if the application has loaded one since; nobody is looked up again."""
        details = self._details(Visitor(request, LOADED if self.resolve_user is not NEVER else NEVER).known())
        if details[0] is not None:
            self._replace_user(request, record, details)

    def add_status(self, request: "HttpRequest", scope: "ContextScope", status: int) -> None:
        """Remember *status*, also in a context that was read before it was known."""
        record = record_of(request)
        record.status = status
        if record.reading is not None and self.properties_map is None:  # a map has had its say about the tags
            record.reading.tags[STATUS] = status
            scope.fill(*record.reading)

    def _replace_user(
        self, request: "HttpRequest", record: RequestRecord, details: tuple[str | None, str | None]
    ) -> None:
        if record.reading is None:
            return
        user_id, email = details
        distinct_id, session_id = self._ids(self._sent(request), user_id)
        tags = {name: value for name, value in record.reading.tags.items() if name != "email"}
        if email and self.properties_map is None:
            # A map has had its say about the tags; what it would make of another address nobody knows.
            tags["email"] = email
        record.reading = Reading(distinct_id, session_id, tags)
        record.names_user = user_id is not None

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
        return self._details(Visitor(request, self.resolve_user).user_or_none())

    async def aextract_tags(self, request: "HttpRequest") -> dict[str, Any]:
        """As `extract_tags`, without blocking the event loop."""
        return await self.aextract_properties(request)

    async def aextract_properties(self, request: "HttpRequest") -> dict[str, Any]:
        """As `extract_properties`, without blocking the event loop."""
        user_id, email = await self.aextract_request_user(request)
        build = sync_to_async(self._build_tags) if self._asks_site else None
        return await build(request, user_id, email) if build else self._build_tags(request, user_id, email)

    async def aextract_request_user(self, request: "HttpRequest") -> tuple[str | None, str | None]:
        """As `extract_request_user`, without blocking the event loop."""
        await self._await_user(request)
        visitor = Visitor(request, self.resolve_user)
        if visitor.needs_query():
            return self._details(await sync_to_async(visitor.user_or_none)())
        return self._details(visitor.user_or_none())

    def _build_tags(self, request: "HttpRequest", user_id: str | None, user_email: str | None) -> dict[str, Any]:
        """Write the ids of *request*, else *user_id*, to the current context, and return the tags."""
        visitor = Visitor(request, self.resolve_user)
        reading = self._read(request, record_of(request), visitor, (user_id, user_email))
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


def reader_of(middleware: object) -> RequestReader:
    """Return *middleware* if it reads requests; else what does so as the settings say, for a site that has none."""
    if isinstance(middleware, RequestReader):
        return middleware
    reader = RequestReader()
    reader.apply_settings()
    return reader
