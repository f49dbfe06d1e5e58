"""The client answers as the official one does, and never harms its host."""

from __future__ import annotations

import datetime as dt
import inspect
import json
import logging
import socket
import sys
import threading
import time
import uuid
from abc import ABC, abstractmethod
from enum import Enum
from pathlib import Path
from types import ModuleType
from unittest import mock

import posthog
import pytest
from posthog import Client, Posthog

UTC = dt.timezone.utc
CAPTURE_FAMILY = {
    "capture": "(event, **kwargs)",
    "set": "(**kwargs)",
    "set_once": "(**kwargs)",
    "capture_exception": "(exception, **kwargs)",
}


def test_capture_returns_the_id_that_is_on_the_wire(client, events):
    returned = client.capture("order placed", distinct_id="u")
    assert events[0]["uuid"] == returned
    assert uuid.UUID(returned).version == 7


def test_an_event_says_what_sent_it(client, events):
    client.capture("e", distinct_id="u")
    properties = events[0]["properties"]
    assert properties["$lib"] == "posthog-python"
    assert properties["$lib_version"] == posthog.VERSION
    assert properties["$is_server"] is True
    assert properties["$geoip_disable"] is True
    assert properties["$python_runtime"]
    assert properties["$os"]


def test_without_an_id_the_event_is_personless_with_an_id_of_its_own(client, events):
    client.capture("e")
    client.capture("e", distinct_id="")
    for event in events:
        assert event["properties"]["$process_person_profile"] is False
    assert len({event["distinct_id"] for event in events}) == 2


@pytest.mark.parametrize(
    ("given", "expected"), [(5, "5"), (0, "0"), (False, "False"), (uuid.UUID(int=1), str(uuid.UUID(int=1)))]
)
def test_a_distinct_id_of_any_type_becomes_text(client, events, given, expected):
    client.capture("e", distinct_id=given)
    assert events[0]["distinct_id"] == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (dt.datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC), "2031-05-06T07:08:09+00:00"),
        (
            dt.datetime(2031, 5, 6, 12, 8, 9, 120000, tzinfo=dt.timezone(dt.timedelta(hours=5))),
            "2031-05-06T07:08:09.120000+00:00",
        ),
        (dt.datetime(2031, 5, 6, 7, 8, 9), "2031-05-06T07:08:09+00:00"),  # noqa: DTZ001 - the point of the test
        ("2031-05-06T12:08:09+0500", "2031-05-06T07:08:09+00:00"),
        ("2031-05-06 07:08Z", "2031-05-06T07:08:00+00:00"),
    ],
)
def test_timestamps_are_sent_in_utc(client, events, given, expected):
    client.capture("e", distinct_id="u", timestamp=given)
    assert events[0]["timestamp"] == expected


@pytest.mark.parametrize("given", ["2031-05-06", "yesterday", "1935738489"])
def test_a_timestamp_that_cannot_be_read_becomes_now_with_a_warning(client, events, caplog, given):
    assert client.capture("e", distinct_id="u", timestamp=given)
    assert given in caplog.text
    assert abs(dt.datetime.fromisoformat(events[0]["timestamp"]) - dt.datetime.now(UTC)) < dt.timedelta(minutes=5)


def test_a_uuid_is_kept_as_written_and_a_bad_one_replaced(client, events, caplog):
    mine = "5F0D6F3E-8F2B-4C55-9F0E-3A4F7C1B2D10"
    assert client.capture("e", distinct_id="u", uuid=mine) == mine
    assert client.capture("e", distinct_id="u", uuid=uuid.UUID(mine)) == mine.lower()
    assert uuid.UUID(client.capture("e", distinct_id="u", uuid="no uuid"))
    assert "no uuid" in caplog.text
    assert len(events) == 3


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.capture(),
        lambda client: client.capture("user", "event"),
        lambda client: client.capture("e", properties="abc"),
        lambda client: client.capture("e", properties=[1]),
        lambda client: client.capture("e", timestamp=5),
    ],
)
def test_a_wrong_argument_is_logged_and_raises_in_debug_only(client, events, caplog, call):
    assert call(client) is None
    assert caplog.records
    client.debug = True
    with pytest.raises(TypeError):
        call(client)
    assert events == []


def test_unknown_keywords_are_ignored(client, events):
    assert client.capture("e", distinct_id="u", no_such_thing=1)
    assert events[0]["event"] == "e"


def test_set_and_set_once_carry_properties_beside_the_event(client, events):
    client.set(distinct_id="u", properties={"name": "Ada"})
    client.set_once(distinct_id="u", properties={"first": 1})
    assert (events[0]["event"], events[0]["$set"]) == ("$set", {"name": "Ada"})
    assert (events[1]["event"], events[1]["$set_once"]) == ("$set_once", {"first": 1})
    assert "name" not in events[0]["properties"]


def test_set_needs_a_person_and_properties(client, events):
    assert client.set(properties={"name": "Ada"}) is None
    assert client.set(distinct_id="u") is None
    assert events == []


def test_group_identify_and_alias_have_their_fixed_properties(client, events):
    assert client.group_identify("company", "acme", {"seats": 12})
    assert client.alias("old", "new")
    assert events[0]["properties"]["$group_set"] == {"seats": 12}
    assert events[0]["properties"]["$group_key"] == "acme"
    assert events[1]["event"] == "$create_alias"
    assert events[1]["distinct_id"] == "old"
    assert (events[1]["properties"]["distinct_id"], events[1]["properties"]["alias"]) == ("old", "new")


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.group_identify("", "acme"),
        lambda client: client.group_identify("company", None),
        lambda client: client.alias(None, "new"),
        lambda client: client.alias("old", None),
    ],
)
def test_group_identify_and_alias_refuse_empty_ids_with_a_warning(client, events, caplog, call):
    assert call(client) is None
    assert caplog.records
    assert events == []


def test_super_properties_win_over_the_callers(client, events):
    client.super_properties = {"plan": "super", "$lib": "mine"}
    client.capture("e", distinct_id="u", properties={"plan": "own"})
    assert events[0]["properties"]["plan"] == "super"
    assert events[0]["properties"]["$lib"] == "mine"


def test_groups_and_geoip_are_the_callers(client, events):
    client.capture("e", distinct_id="u", groups={"company": "acme"}, disable_geoip=False)
    assert events[0]["properties"]["$groups"] == {"company": "acme"}
    assert "$geoip_disable" not in events[0]["properties"]


def test_before_send_may_change_drop_and_rename():
    client = Posthog("k", send=False)
    client.before_send = lambda event: {**event, "uuid": "5f0d6f3e-8f2b-4c55-9f0e-3a4f7c1b2d10"}
    assert client.capture("e", distinct_id="u") == "5f0d6f3e-8f2b-4c55-9f0e-3a4f7c1b2d10"
    client.before_send = lambda event: {key: value for key, value in event.items() if key != "uuid"}
    assert uuid.UUID(client.capture("e", distinct_id="u"))
    client.before_send = lambda _event: None
    assert client.capture("e", distinct_id="u") is None


@pytest.mark.parametrize("hook", [lambda event: 1 / 0, lambda event: "nonsense", lambda event: [event]])
def test_a_before_send_that_fails_drops_the_event_and_is_logged(caplog, hook):
    client = Posthog("k", send=False, before_send=hook)
    assert client.capture("e", distinct_id="u") is None
    assert "before_send" in caplog.text


def test_a_before_send_that_cannot_be_called_is_ignored_with_a_warning(caplog):
    client = Posthog("k", send=False, before_send="hook")
    assert client.capture("e", distinct_id="u")
    assert "before_send" in caplog.text


def test_before_send_may_capture_and_change_the_client_itself():
    client = Posthog("k", send=False)
    seen = []

    def hook(event):
        seen.append(event["event"])
        if event["event"] == "outer":
            client.capture("inner", distinct_id="u")
            client.super_properties = {"a": 1}
        return event

    client.before_send = hook
    assert client.capture("outer", distinct_id="u")
    assert seen == ["outer", "inner"]


def test_a_disabled_client_captures_nothing(events):
    client = Posthog("k", send=False, disabled=True, before_send=events.append)
    assert client.capture("e", distinct_id="u") is None
    assert client.capture_exception(ValueError("x")) is None
    client.disabled = False
    client.before_send = None
    assert client.capture("e", distinct_id="u")


@pytest.mark.parametrize("key", ["", "  ", None])
def test_an_empty_key_disables_the_client_and_is_logged(key, caplog):
    client = Posthog(key)
    assert client.disabled is True
    assert client.capture("e", distinct_id="u") is None
    assert "API key" in caplog.text


def test_an_exception_object_is_reported_once(client, events):
    try:
        raise ValueError("boom")
    except ValueError as error:
        first = client.capture_exception(error, distinct_id="u", properties={"order": 7})
        assert client.capture_exception(error) is None
    assert [event["uuid"] for event in events] == [first]
    assert events[0]["properties"]["order"] == 7
    assert events[0]["properties"]["$exception_list"][0]["value"] == "boom"
    assert events[0]["properties"]["$exception_level"] == "error"


def test_capture_exception_never_raises(client, caplog):
    client.debug = True
    assert client.capture_exception("boom") is None
    assert client.capture_exception(None) is None
    assert len(caplog.records) == 2


def test_one_bad_value_never_harms_its_event(client, events):
    class Broken:
        def __str__(self):
            raise RuntimeError

        __repr__ = __str__

    client.capture("e", distinct_id="u", properties={"bad": Broken(), "lone": "\ud800", "good": 1, "nan": float("nan")})
    properties = events[0]["properties"]
    assert (properties["bad"], properties["lone"], properties["good"], properties["nan"]) == (None, "\ufffd", 1, None)


def test_every_official_constructor_option_is_accepted_by_name_and_position():
    given = inspect.signature(Client).parameters.values()
    parameters = [parameter for parameter in given if parameter.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert len(parameters) == 53
    defaults = {parameter.name: parameter.default for parameter in parameters[1:]}
    Client("k", **{**defaults, "disabled": True})
    Client("k", *[True if name == "disabled" else value for name, value in defaults.items()])


def test_an_option_without_effect_is_named_once(caplog):
    with mock.patch("posthog._options._named", set()):
        Posthog("k", disabled=True, thread=4)
        Posthog("k", disabled=True, thread=4)
    assert [record.message for record in caplog.records if "thread" in record.message] == [
        "[PostHog] the option thread has no effect in this version of hogback"
    ]


@pytest.mark.parametrize(("name", "signature"), CAPTURE_FAMILY.items())
def test_methods_can_be_patched_and_specified(name, signature):
    client = Posthog("k", send=False)
    with mock.patch.object(Client, name, return_value="patched") as patched:
        assert getattr(client, name)("e") == "patched"
    assert patched.called
    assert getattr(client, name) != "patched"
    parameters = inspect.signature(getattr(client, name)).parameters.values()
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    assert str(inspect.Signature(bare)) == signature
    arguments = [] if name in {"set", "set_once"} else ["e"]
    with mock.patch.object(Client, name, autospec=True) as patched:
        getattr(client, name)(*arguments, distinct_id="u")
    patched.assert_called_once_with(client, *arguments, distinct_id="u")


@pytest.mark.parametrize("groups", ["acme", ["acme"], 7])
def test_groups_that_are_none_cost_the_groups_and_not_the_event(client, events, caplog, groups):
    assert client.capture("e", distinct_id="u", groups=groups) is not None
    assert "$groups" not in events[-1]["properties"]
    assert "groups must be a dict" in caplog.text


def test_a_name_is_what_a_text_holds(client, events):
    class Names(str, Enum):
        PLACED = "order placed"

    client.capture(Names.PLACED, distinct_id=Names.PLACED)
    client.capture(b"order placed", distinct_id="u")
    assert [event["event"] for event in events] == ["order placed", "order placed"]
    assert events[0]["distinct_id"] == "order placed"


def test_an_id_of_an_event_that_has_no_text_is_replaced(client, events, caplog):
    class NoText:
        def __str__(self):
            raise ValueError("no text")

    assert client.capture("e", distinct_id="u", uuid=NoText()) == events[0]["uuid"]
    assert "gets one of its own" in caplog.text


def test_a_hook_sees_dates_as_they_were_given(events):
    day, moment = dt.date(2031, 5, 6), dt.datetime(2031, 5, 6, 7, 8, tzinfo=dt.timezone.utc)
    seen = []

    def look(event):
        properties = event["properties"]
        seen.append([properties["day"], properties["list"], properties["nested"]["at"], properties["tagged"]])
        seen.append([properties["text"], properties["over"]])
        return event

    client = Posthog("k", send=False, before_send=look, super_properties={"over": day})
    with client.new_context():
        client.tag("tagged", moment)
        given = {"day": day, "list": [1, moment], "nested": {"at": moment}, "text": day.isoformat()}
        assert client.capture("e", distinct_id="u", properties=given) is not None
    assert seen == [[day, [1, moment], moment, moment], [day.isoformat(), day]]


def test_a_client_that_was_shut_down_takes_nothing_also_where_nothing_is_sent(caplog):
    for options in ({"send": False}, {"sync_mode": True, "host": "http://127.0.0.1:9"}):
        client = Posthog("k", **options)
        client.shutdown()
        caplog.clear()
        assert client.capture("e", distinct_id="u") is None
        assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_local_time_of_a_moment_ago_follows_a_zone_that_the_program_has_set(client, events, monkeypatch):
    for zone in ("Asia/Kolkata", "America/New_York"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        now = dt.datetime.now(dt.timezone.utc)
        client.capture("e", distinct_id="u", timestamp=dt.datetime.now() - dt.timedelta(seconds=2))  # noqa: DTZ005
        then = dt.datetime.fromisoformat(events[-1]["timestamp"])
        assert abs(now - then) < dt.timedelta(seconds=60)
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python reads weeks since 3.11")
def test_a_week_and_a_day_are_a_time(client, events):
    client.capture("e", distinct_id="u", timestamp="2020-W01-4T03:04:05")
    assert events[-1]["timestamp"] == "2020-01-02T03:04:05+00:00"


def test_a_time_before_the_first_year_is_no_time(client, events, caplog):
    zone = dt.timezone(dt.timedelta(hours=5, minutes=30))
    assert client.capture("e", distinct_id="u", timestamp=dt.datetime(1, 1, 1, tzinfo=zone)) is not None
    assert events[-1]["timestamp"].startswith("20")
    assert "the event gets the time of now" in caplog.text


def test_a_client_may_be_made_by_any_metaclass():
    class Reporting(ABC):
        @abstractmethod
        def report(self): ...

    class Reporter(Posthog, Reporting):
        def report(self):
            return self.capture("reported", distinct_id="u")

    class Single(type):
        only = None

        def __call__(cls, *args, **kwargs):
            cls.only = cls.only or super().__call__(*args, **kwargs)
            return cls.only

    class Only(Posthog, metaclass=Single):
        pass

    assert Reporter("k", send=False).report() is not None
    assert Only("k", send=False) is Only("k", send=False)


def test_a_wrong_call_by_way_of_the_class_is_logged_too(client, caplog):
    assert Posthog.capture(client, "e", "x") is None
    assert "capture failed" in caplog.text


def test_log_lines_carry_the_prefix_once(client, caplog):
    client.log.warning("[PostHog] mine")
    client.log.warning("ours")
    assert [record.message for record in caplog.records] == ["[PostHog] mine", "[PostHog] ours"]


def test_a_subclass_may_add_a_constructor_and_override_capture():
    class Mine(Posthog):
        def __init__(self, key):
            super().__init__(key, send=False)
            self.names = []

        def capture(self, event, **kwargs):
            self.names.append(event)
            return super().capture(event, **kwargs)

    client = Mine("k")
    assert client.capture("e", distinct_id="u")
    assert client.names == ["e"]


def test_debug_sets_the_level_of_the_logger():
    logger = logging.getLogger("posthog")
    Posthog("k", disabled=True, debug=True)
    assert logger.level == logging.DEBUG
    Posthog("k", disabled=True)
    assert logger.level == logging.WARNING


def test_events_are_json_for_a_strict_reader(client, events):
    client.capture('e\u2028"\\', distinct_id="\x00", properties={"a\n": [float("inf"), 10**400, b"\xff"]})
    assert json.loads(json.dumps(events[0], allow_nan=False)) == events[0]


def test_a_lone_surrogate_in_a_name_id_or_tag_becomes_one_replacement_character(client, events):
    with posthog.new_context():
        posthog.identify_context("user\ud800")
        posthog.tag("tag\ud800", "value\ud800")
        client.capture("event\ud800")
    event = events[0]
    assert (event["event"], event["distinct_id"]) == ("event\ufffd", "user\ufffd")
    assert event["properties"]["tag\ufffd"] == "value\ufffd"


def test_what_was_cut_is_still_named_after_a_before_send():
    lost = []
    client = in_memory("http://127.0.0.1:9", on_error=lambda _error, events: lost.extend(events))
    client.before_send = lambda event: event
    client.capture("e", distinct_id="u", properties={"many": list(range(20000)), "plan": "pro"})
    client.flush()
    assert lost[0]["properties"]["plan"] == "pro"
    assert lost[0]["properties"]["$truncated"] == ["many"]
    assert "$truncated" not in lost[0]


def test_a_client_may_be_changed_while_another_thread_flushes_it():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = in_memory(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=1)
        client.capture("e", distinct_id="u")
        flushing = threading.Thread(target=client.flush)
        flushing.start()
        connection, _ = silent.accept()  # from here on the worker waits for an answer, and the flush for the worker
        client.disabled = True
        client.super_properties = {"a": 1}
        assert client.stats()["waiting"] == 1
        connection.close()
        flushing.join()
    assert client.stats()["lost"]["undelivered"] == 1


def test_captured_exceptions_are_logged_when_asked(client, caplog):
    client.capture_exception(ValueError("quiet"), distinct_id="u")
    assert caplog.records == []
    client.log_captured_exceptions = True
    client.capture_exception(ValueError("loud"), distinct_id="u")
    assert "loud" in caplog.text
    assert caplog.records[0].exc_info[0] is ValueError


def test_an_event_that_is_too_large_by_its_names_arrives_without_some(client, events):
    many = {f"{number:0200}": number for number in range(9_000)}
    assert client.capture("e", distinct_id="u", properties={"total": 12, "n" * 2_000_000: 1, **many})
    properties = events[0]["properties"]
    assert (properties["total"], properties["$lib"]) == (12, "posthog-python")
    assert len(json.dumps(properties, separators=(",", ":"))) <= 900 * 1024
    assert properties["$truncated"]


def test_a_hook_that_captures_when_it_is_freed_may_be_replaced(client):
    class Hook:
        def __call__(self, event):
            return event

        def __del__(self):
            freed.append(client.capture("freed", distinct_id="u"))

    freed = []
    client.before_send = Hook()
    client.before_send = None
    client.super_properties = {"hook": Hook()}
    client.super_properties = None
    assert len(freed) == 2
    assert all(freed)


def test_a_flush_does_not_wait_for_what_other_threads_capture_meanwhile():
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = Posthog("k", host=f"http://127.0.0.1:{server.getsockname()[1]}", flush_interval=60, max_retries=0)
        client.capture("before", distinct_id="u")
        flushing = threading.Thread(target=client.flush, args=(60,))
        flushing.start()
        first, _ = server.accept()
        client.capture("after", distinct_id="u")
        flushing.join(0.3)  # it waits in slices, and "after" must not slip into the next one
        first.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        flushing.join(30)
        assert not flushing.is_alive()
        assert (client.stats()["delivered"], client.stats()["waiting"]) == (1, 1)
        first.close()
    client.flush()


@pytest.mark.parametrize("with_journal", [False, True])
def test_nobody_waits_for_what_was_given_up_though_its_request_succeeds_after_all(tmp_path, with_journal):
    with socket.create_server(("127.0.0.1", 0)) as server:
        journal = str(tmp_path / "journal") if with_journal else "off"
        client = Posthog("k", host=f"http://127.0.0.1:{server.getsockname()[1]}", flush_at=1, journal_dir=journal)
        client.capture("late", distinct_id="u")
        connection, _ = server.accept()
        client._shutdown(0, None)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        while connection.recv(65536):
            pass  # the worker reads the answer, and closes
        connection.close()
    for wait in (client.shutdown, lambda: client.flush(None)):
        waiting = threading.Thread(target=wait, daemon=True)
        waiting.start()
        waiting.join(30)
        assert not waiting.is_alive()
    stats = client.stats()
    assert (stats["journalled"], stats["lost"]["unsent"]) == ((1, 0) if with_journal else (0, 1))


@pytest.mark.parametrize("left", [{"distinct_id": None}, {"distinct_id": ""}])
def test_an_event_whose_id_before_send_takes_away_is_nobodys(left):
    lost = []
    client = in_memory("http://127.0.0.1:9", on_error=lambda _error, events: lost.extend(events))
    client.before_send = lambda event: {**event, **left}
    client.capture("e", distinct_id="u")
    client.flush()
    assert uuid.UUID(lost[0]["distinct_id"])


def in_memory(host, **options):
    """Return a client that loses what it cannot deliver at once."""
    return Posthog("k", host=host, max_retries=0, journal_dir="off", **options)


class TestCaptureMode:
    @pytest.mark.parametrize(
        ("given", "mode"), [("v0", "v0"), (" Legacy ", "v0"), ("V1", "v1"), ("analytics_v1", "v1")]
    )
    def test_it_has_two_names_in_any_case(self, given, mode):
        assert posthog.Posthog("phc_test", send=False, capture_mode=given).capture_mode == mode

    def test_one_that_is_given_and_not_known_is_refused_by_name(self):
        with pytest.raises(ValueError, match="capture_mode must be one of v0, legacy, v1, analytics_v1, not 'v2'"):
            posthog.Posthog("phc_test", send=False, capture_mode="v2")
        with pytest.raises(ValueError, match="capture_compression must be one of"):
            posthog.Posthog("phc_test", send=False, capture_compression="brotli")

    def test_the_environment_speaks_unless_the_program_does(self, monkeypatch):
        monkeypatch.setenv("POSTHOG_CAPTURE_MODE", "v1")
        monkeypatch.setenv("POSTHOG_CAPTURE_COMPRESSION", "zstd")
        client = posthog.Posthog("phc_test", send=False)
        assert (client.capture_mode, client.capture_compression) == ("v1", "zstd")
        client = posthog.Posthog("phc_test", send=False, capture_mode="v0", gzip=True)
        assert (client.capture_mode, client.capture_compression) == ("v0", "gzip")

    def test_one_in_the_environment_that_is_not_known_is_logged_and_ignored(self, monkeypatch, caplog):
        monkeypatch.setenv("POSTHOG_CAPTURE_MODE", "v9")
        monkeypatch.setenv("POSTHOG_CAPTURE_COMPRESSION", "rar")
        client = posthog.Posthog("phc_test", send=False)
        assert (client.capture_mode, client.capture_compression) == ("v0", "none")
        assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
        assert "POSTHOG_CAPTURE_MODE" in caplog.records[0].message


def test_modules_may_be_called_the_projects_own_after_the_client_was_made():
    events = []
    client = Posthog("k", send=False, project_root="/nowhere", before_send=lambda event: events.append(event) or event)

    def decided():
        try:
            raise ValueError
        except ValueError as error:
            client.capture_exception(error)
        return events[-1]["properties"]["$exception_list"][0]["stacktrace"]["frames"][-1].get("in_app")

    assert decided() is None
    client.in_app_modules = [__name__]
    assert decided() is True
    assert client.in_app_modules == [__name__]
    client.in_app_modules = None
    assert decided() is None


def test_the_projects_folder_may_be_a_path_and_may_be_said_later(tmp_path):
    events = []
    client = Posthog("k", send=False, project_root=tmp_path, before_send=lambda event: events.append(event) or event)
    assert client.project_root == str(tmp_path)
    client.project_root = Path(__file__).parent
    client.in_app_modules = [None]
    try:
        raise ValueError
    except ValueError as error:
        client.capture_exception(error)
    assert events[0]["properties"]["$exception_list"][0]["stacktrace"]["frames"][-1]["in_app"] is True


@pytest.mark.parametrize("module", ["gevent.monkey", "opentelemetry.trace"])
def test_a_module_that_is_half_imported_changes_nothing(client, events, monkeypatch, caplog, module):
    monkeypatch.setitem(sys.modules, module, ModuleType(module))
    client.capture_exception(ValueError())
    client.flush()
    client.shutdown()
    assert (len(events), caplog.records) == (1, [])


def test_options_of_the_constructor_can_be_read():
    client = Posthog(
        "k", "http://localhost:9/", max_queue_size=7, flush_at=3, gzip=True, timeout=4, max_retries=-1, poll_interval=9
    )
    assert (client.raw_host, client.max_retries, client.poll_interval) == ("http://localhost:9/", 0, 9)
    assert (client.gzip, client.timeout, client.flush_at, client.flush_interval) == (True, 4, 3, 5.0)
    assert (client.capture_mode.value, client.capture_compression.value) == ("v0", "gzip")
    assert (client.poller, client.flag_cache, client.feature_flags_by_key, client.exception_capture) == (None,) * 4
    assert client.queue.maxsize == 7
    assert (client.queue.qsize(), client.queue.empty(), client.queue.full()) == (0, True, False)
    assert client.consumers == []
    assert Posthog("k", sync_mode=True).consumers is None


def test_both_names_of_the_secret_key_are_one(caplog):
    with pytest.warns(DeprecationWarning, match="say secret_key"):
        assert Posthog("k", personal_api_key=" phx_a ", disabled=True).secret_key == "phx_a"
    both = Posthog("k", personal_api_key="phx_a", secret_key="phs_b", disabled=True)
    assert (both.secret_key, both.personal_api_key) == ("phs_b", "phs_b")
    assert "secret_key is used" in caplog.text
