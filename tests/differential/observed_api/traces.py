"""The ids of an active span of OpenTelemetry, and the layers above and below them."""

from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from .case import scenario

SPAN = NonRecordingSpan(SpanContext(trace_id=0xABC, span_id=0xDEF, is_remote=False, trace_flags=TraceFlags(1)))
ON = {"capture_trace_context": True}


@scenario()
def an_event(case):
    with use_span(SPAN):
        case.client(**ON).capture("seen", distinct_id="user")


@scenario()
def an_event_of_a_client_that_was_not_asked_for_them(case):
    with use_span(SPAN):
        case.client().capture("seen", distinct_id="user")


@scenario()
def an_event_outside_of_any_span(case):
    case.client(**ON).capture("seen", distinct_id="user")


@scenario()
def an_exception(case):
    with use_span(SPAN):
        case.client().capture_exception(ValueError("never raised"), distinct_id="user")


@scenario()
def an_exception_outside_of_any_span(case):
    case.client(**ON).capture_exception(ValueError("never raised"), distinct_id="user")


@scenario()
def properties_over_them(case):
    with use_span(SPAN):
        properties = {"$trace_id": "property", "$span_id": "property"}
        case.client(**ON).capture("seen", distinct_id="user", properties=properties)


@scenario()
def they_over_tags(case):
    client = case.client(**ON)
    with use_span(SPAN), client.new_context():
        client.tag("$trace_id", "tag")
        client.capture("seen", distinct_id="user")


@scenario()
def super_properties_over_them(case):
    with use_span(SPAN):
        case.client(**ON, super_properties={"$trace_id": "super"}).capture("seen", distinct_id="user")


@scenario()
def properties_of_an_exception_over_them(case):
    with use_span(SPAN):
        case.client().capture_exception(
            ValueError("never raised"), distinct_id="user", properties={"$trace_id": "property"}
        )


@scenario()
def tags_beside_an_exceptions(case):
    client = case.client()
    with use_span(SPAN), client.new_context():
        client.tag("$trace_id", "tag")
        client.capture_exception(ValueError("never raised"), distinct_id="user")


@scenario()
def a_person(case):
    client = case.client(**ON)
    with use_span(SPAN):
        client.set(distinct_id="user", properties={"plan": "pro"})
        client.group_identify("company", "acme", distinct_id="user")


@scenario()
def a_span_that_is_not_valid(case):
    with use_span(NonRecordingSpan(SpanContext(0, 0, is_remote=False))):
        case.client(**ON).capture("seen", distinct_id="user")


@scenario()
def a_module_setting(case):
    module = case.module(capture_trace_context=True)
    with use_span(SPAN):
        module.capture("seen", distinct_id="user")
