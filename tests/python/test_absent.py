"""What this version does not do: the names exist, answer as officially when it cannot be done, and say so once."""

import asyncio
import inspect
from unittest import mock

import posthog
import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, use_span
from posthog import Posthog
from posthog.emails import EmailError

pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated")


@pytest.fixture(autouse=True)
def _nothing_said_yet():
    with mock.patch("posthog._later._said", set()):
        yield


@pytest.fixture
def client():
    return Posthog("phc_test", send=False)


@pytest.fixture
def of_the_module(client):
    with mock.patch.object(posthog, "default_client", client):
        yield posthog


NOT_KNOWN = {
    "feature_enabled": None,
    "get_feature_flag": None,
    "get_feature_flag_result": None,
    "get_feature_flag_payload": None,
}
OF_A_PERSON = {
    "get_all_flags": {},
    "get_all_flags_and_payloads": {"featureFlags": {}, "featureFlagPayloads": {}},
    "get_feature_variants": {},
    "get_feature_payloads": {},
    "get_feature_flags_and_payloads": {"featureFlags": {}, "featureFlagPayloads": {}},
    "get_flags_decision": {"requestId": None, "flags": {}},
}
WHEN_DISABLED = {
    "get_all_flags": None,
    "get_all_flags_and_payloads": {"featureFlags": None, "featureFlagPayloads": None},
}


@pytest.mark.parametrize(("name", "answer"), NOT_KNOWN.items())
def test_no_flag_is_known(client, of_the_module, name, answer):
    assert getattr(client, name)("beta", "user-7", groups={"company": "acme"}) is answer
    assert getattr(of_the_module, name)("beta", "user-7") is answer


@pytest.mark.parametrize(("name", "answer"), OF_A_PERSON.items())
def test_a_person_has_no_flags(client, name, answer):
    assert getattr(client, name)("user-7") == answer
    disabled = Posthog("", disabled=True)
    assert getattr(disabled, name)("user-7") == WHEN_DISABLED.get(name, answer)


def test_flags_that_were_evaluated_together_are_none(client, of_the_module, caplog):
    for flags in (client.evaluate_flags("user-7"), of_the_module.evaluate_flags()):
        assert (flags.keys, dict(flags.unresolved_flags)) == ([], {})
        assert (flags.is_enabled("beta"), flags.is_enabled("beta", default_value=True)) == (False, True)
        assert (flags.get_flag("beta"), flags.get_flag_payload("beta")) == (None, None)
        assert flags.only_accessed().keys == []
        assert client.capture("order placed", distinct_id="user-7", flags=flags) is not None
    flags.only(["beta"])
    assert "beta" in caplog.text


def test_definitions_and_configuration_are_none(client, of_the_module):
    assert client.feature_flags is None
    assert of_the_module.feature_flag_definitions() is None
    of_the_module.load_feature_flags()
    assert client.feature_flags == []
    assert of_the_module.get_remote_config_payload("beta") is None
    assert of_the_module.get_feature_flag_evaluation_runtime("beta") is None
    assert of_the_module.get_feature_flag_keys_by_evaluation_runtime("server") == []
    with pytest.raises(ValueError, match="nowhere"):
        of_the_module.get_feature_flag_keys_by_evaluation_runtime("nowhere")


@pytest.mark.filterwarnings("default")
def test_what_is_deprecated_officially_is_deprecated_here(client):
    for name in ("feature_enabled", "get_feature_flag", "get_feature_flag_payload"):
        with pytest.warns(DeprecationWarning, match=name):
            getattr(client, name)("beta", "user-7")
    with pytest.warns(DeprecationWarning, match="send_feature_flags"):
        client.capture("e", distinct_id="u", send_feature_flags=True)


def test_it_is_said_once(client, caplog):
    for _ in range(3):
        client.get_feature_flag("beta", "user-7")
        client.feature_enabled("beta", "user-7")
        client.capture("e", distinct_id="user-7", send_feature_flags=True)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 2
    assert "the evaluation of feature flags is not part of this version" in lines[0]
    assert "send_feature_flags is not part of this version" in lines[1]


def test_an_event_that_asks_for_flags_arrives_without_them():
    events = []
    client = Posthog("phc_test", send=False, before_send=lambda event: events.append(event) or event)
    for asked in (True, False, {"only_evaluate_locally": True}):
        assert client.capture("e", distinct_id="u", send_feature_flags=asked) is not None
    assert not any(name.startswith("$feature") for event in events for name in event["properties"])


def test_what_could_never_say_how_to_evaluate_flags_is_refused(client, caplog):
    assert client.capture("e", distinct_id="u", send_feature_flags="yes") is None
    assert "send_feature_flags must be a bool or a dict, not str" in caplog.text
    client.debug = True
    with pytest.raises(TypeError, match="send_feature_flags"):
        client.capture("e", distinct_id="u", send_feature_flags="yes")


def test_a_span_records_nothing_and_may_be_used_as_one(client, of_the_module):
    for span in (client.start_span("query"), of_the_module.start_span("query", kind="client", attributes={"a": 1})):
        with span as entered:
            assert entered is span
            assert span.set_attribute("rows", 3).set_attributes({}).add_event("x").update_name("y") is span
            assert span.set_status("ok").record_exception(ValueError()) is span
        assert (span.traceparent(), span.tracestate()) == (None, None)
        assert isinstance(span, posthog.Span)
    assert client.get_active_span() is None
    assert of_the_module.get_active_span() is None


def test_metrics_go_nowhere(client):
    client.metrics.count("orders", 3, unit="1", attributes={"a": 1})
    client.metrics.gauge("load", 0.5)
    client.metrics.histogram("latency", 12)
    client.metrics.flush()
    client.metrics.reset()


def test_an_email_that_is_not_sent_is_an_error(client):
    with pytest.raises(EmailError, match="sends no e-mails") as failure:
        client.emails.send(template_key="welcome", to="a@example.com")
    assert failure.value.code == "emails_not_supported"
    assert failure.value.fix
    client.emails.close()


def test_events_of_ai_wrappers_travel_with_the_others(of_the_module):
    events = []
    of_the_module.default_client.before_send = lambda event: events.append(event) or event
    assert (
        of_the_module.capture_ai("$ai_generation", distinct_id="u", properties={"$ai_model": "m"}) == events[0]["uuid"]
    )
    assert events[0]["event"] == "$ai_generation"


def test_the_async_client_captures_nothing_and_says_so(caplog):
    async def use():
        async with posthog.AsyncPosthog("phc_test", host="http://localhost:9", flush_at=1) as client:
            assert client.capture("e", distinct_id="u") is None
            assert client.set(distinct_id="u", properties={"a": 1}) is None
            assert client.set_once(distinct_id="u", properties={"a": 1}) is None
            assert client.alias("a", "b") is None
            assert client.group_identify("company", "acme") is None
            assert client.capture_exception(ValueError()) is None
            assert await client.capture_immediate("e") is None
            assert (await client.evaluate_flags("u")).keys == []
            assert await client.get_remote_config_payload("k") is None
            with pytest.raises(EmailError):
                await client.emails.send(template_key="welcome")
            with pytest.raises(EmailError):
                await client.emails.get("1")
            await client.emails.aclose()
            await client.flush()
            await client.join()

    asyncio.run(use())
    assert "AsyncPosthog is not part of this version" in caplog.text
    assert issubclass(posthog.AsyncPosthog, posthog.AsyncClient)


def test_connections_keep_their_options(caplog):
    posthog.set_socket_options(None)
    assert not caplog.records
    posthog.set_socket_options([(6, 1, 1)])
    posthog.enable_keep_alive()
    posthog.disable_connection_reuse()
    assert len(caplog.records) == 3


def test_every_name_that_the_package_lists_is_there():
    assert [name for name in posthog.__all__ if not hasattr(posthog, name)] == []


def test_a_name_that_nobody_has_is_an_attribute_error():
    with pytest.raises(AttributeError, match="identify"):
        posthog.identify  # noqa: B018 - the official package has removed it


def test_functions_of_the_package_have_signatures_to_specify_mocks_with():
    with mock.patch("posthog.get_feature_flag", autospec=True, return_value="blue") as patched:
        assert posthog.get_feature_flag("beta", "user-7", {"company": "acme"}) == "blue"
        with pytest.raises(TypeError):
            posthog.get_feature_flag()
    patched.assert_called_once_with("beta", "user-7", groups={"company": "acme"})
    assert "send_feature_flag_events" in inspect.signature(posthog.feature_enabled).parameters


def span(trace_id, span_id):
    return use_span(NonRecordingSpan(SpanContext(trace_id, span_id, is_remote=False)))


def test_exceptions_carry_the_current_span_and_other_events_do_when_asked():
    ids = {"$trace_id": f"{0xABC:032x}", "$span_id": f"{0xDEF:016x}"}
    events = []
    client = Posthog("phc_test", send=False, before_send=lambda event: events.append(event["properties"]) or event)
    with span(0xABC, 0xDEF):
        client.capture("e", distinct_id="u")
        client.capture_exception(ValueError())
        client.capture_trace_context = True
        client.capture("e", distinct_id="u")
        client.capture("e", distinct_id="u", properties={"$trace_id": "mine"})
        with posthog.new_context():
            posthog.tag("$span_id", "a tag")
            client.capture("e", distinct_id="u")
    client.capture("e", distinct_id="u")
    found = [{name: event[name] for name in ids if name in event} for event in events]
    assert found == [{}, ids, ids, {**ids, "$trace_id": "mine"}, ids, {}]


def test_a_span_that_is_not_valid_is_left_away():
    events = []
    client = Posthog("phc_test", send=False, before_send=lambda event: events.append(event["properties"]) or event)
    with span(0, 0):
        client.capture_exception(ValueError())
    assert "$trace_id" not in events[0]


def test_a_tracer_that_fails_costs_no_event(monkeypatch, caplog):
    def fail():
        raise RuntimeError("no tracer")

    monkeypatch.setattr("opentelemetry.trace.get_current_span", fail)
    client = Posthog("phc_test", send=False, capture_trace_context=True)
    assert client.capture("e", distinct_id="u") is not None
    assert "asking for the current span failed" in caplog.text
