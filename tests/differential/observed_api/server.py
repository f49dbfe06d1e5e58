"""What the server answers, and what is done about it."""

from __future__ import annotations

import json
import socket

from .case import Reply, add_scenario, failing, scenario

UUID = "00000000-0000-0000-0000-0000000000b{}"

TAKEN_IN = Reply(200, {"Content-Type": "application/json"}, json.dumps({"results": {UUID.format(0): {"result": "ok"}}}))


def _one_event(case, **options):
    lost = []
    client = case.client(on_error=lambda error, batch: lost.append((error, batch)), **options)
    captured = client.capture("seen", distinct_id="user", uuid=UUID.format(0), timestamp="2020-01-02T03:04:05Z")
    client.flush()
    client.shutdown()
    return {
        "captured": captured,
        "lost": [[type(error).__name__, getattr(error, "status", None), batch] for error, batch in lost],
    }


def _answered(**options):
    return lambda case: _one_event(case, **options)


for _name, _replies in {
    "200": (),
    "503, then 200": (Reply(503),),
    "503 twice, then 200": (Reply(503), Reply(503)),
    "500, then 200": (Reply(500),),
    "502, then 200": (Reply(502),),
    "504, then 200": (Reply(504),),
    "408, then 200": (Reply(408),),
    "429, then 200": (Reply(429),),
    "429 with a pause, then 200": (Reply(429, {"Retry-After": "1"}),),
    "503 with a pause, then 200": (Reply(503, {"Retry-After": "1"}),),
    "429 with a pause that is none, then 200": (Reply(429, {"Retry-After": "soon"}),),
    "201": (Reply(201),),
    "204": (Reply(204),),
    "302, then 200": (Reply(302, {"Location": "/elsewhere/"}),),
    "307, then 200": (Reply(307, {"Location": "/elsewhere/"}),),
}.items():
    add_scenario(f"server: {_name}", _answered(), _replies, waits=True)

for _status in (400, 401, 402, 403, 404, 405, 413, 415, 422):
    add_scenario(f"server: {_status}", _answered(), then=Reply(_status), waits=True)

add_scenario("server: 400 that says why", _answered(), then=Reply(400, {}, '{"detail": "not like that"}'), waits=True)
add_scenario("server: 503 always", _answered(max_retries=1), then=Reply(503), waits=True)
add_scenario("server: 503 always, no retries", _answered(max_retries=0), then=Reply(503), waits=True)
add_scenario("server: 503 always, synchronous", _answered(sync_mode=True), then=Reply(503), waits=True)
add_scenario("server: 400, synchronous", _answered(sync_mode=True), then=Reply(400), waits=True)
add_scenario("server: 503, then 200, synchronous", _answered(sync_mode=True), (Reply(503),), waits=True)
for _status in (404, 408, 429, 500, 503):
    add_scenario(
        f"server: {_status}, then 200, in v1", _answered(capture_mode="v1"), (Reply(_status),), TAKEN_IN, waits=True
    )
add_scenario("server: 400 in v1", _answered(capture_mode="v1"), then=Reply(400), waits=True)
add_scenario("server: 401 in v1", _answered(capture_mode="v1"), then=Reply(401), waits=True)
add_scenario("server: 413 in v1", _answered(capture_mode="v1"), then=Reply(413), waits=True)


@scenario(then=Reply(400), waits=True)
def the_text_of_the_error(case):
    told = []
    client = case.client(on_error=lambda error, _batch: told.append(str(error)))
    client.capture("seen", distinct_id="user")
    client.shutdown()
    return [text.startswith("[PostHog]") and text.endswith("(400)") for text in told]


@scenario(then=Reply(400), waits=True)
def a_handler_that_fails(case):
    client = case.client(on_error=failing)
    client.capture("seen", distinct_id="user")
    client.flush()
    return client.capture("after", distinct_id="user") is not None


@scenario(Reply(400), waits=True)
def a_client_goes_on_after_a_loss(case):
    client = case.client()
    client.capture("lost", distinct_id="user")
    client.flush()
    client.capture("seen", distinct_id="user")


@scenario(then=Reply(400), waits=True)
def lifecycle_calls_in_the_handler(case):
    client = case.client(on_error=lambda *_: (client.flush(1), client.join()))
    client.capture("seen", distinct_id="user")
    client.flush()
    return "not stuck"


@scenario(Reply(503), waits=True)
def three_events_are_repeated_as_they_were(case):
    client = case.client()
    for number in range(3):
        client.capture("seen", distinct_id="user", properties={"number": number})
    client.flush()


@scenario(waits=True)
def nobody_listens(case):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{free.getsockname()[1]}"
        return _one_event(case, host=host, max_retries=0)


@scenario(waits=True)
def a_host_that_is_none(case):
    return _one_event(case, host="http://nowhere.invalid", max_retries=0)


@scenario(waits=True)
def a_host_without_a_scheme(case):
    return _one_event(case, host="nowhere.invalid", max_retries=0)


def _each(*results, **details):
    said = {UUID.format(number): {"result": result, **details} for number, result in enumerate(results)}
    return Reply(200, {"Content-Type": "application/json"}, json.dumps({"results": said}))


def _v1_results(case):
    lost = []

    def note(error, batch):
        lost.append(
            [
                type(error).__name__,
                getattr(error, "status", None),
                ", ".join(event["event"] for event in batch),
                [list(drop) for drop in getattr(error, "drops", [])],
                list(getattr(error, "retry_exhausted", [])),
            ]
        )

    client = case.client(capture_mode="v1", on_error=note, max_retries=1)
    for number in range(3):
        client.capture(f"event {number}", distinct_id="user", uuid=UUID.format(number))
    client.flush()
    client.shutdown()
    return lost


for _name, _replies in {
    "all are fine": (_each("ok", "ok", "ok"),),
    "a warning": (_each("ok", "warning", "ok"),),
    "one is dropped": (_each("ok", "drop", "ok", details="invalid_event"),),
    "one is wanted again": (_each("ok", "retry", "ok"), _each("-", "ok")),
    "all are wanted again": (_each("retry", "retry", "retry"), _each("ok", "ok", "ok")),
    "one is wanted again in vain": (_each("ok", "retry", "ok"), _each("-", "retry")),
    "one is limited": (_each("ok", "limited", "ok"),),
    "a word that nobody knows": (_each("ok", "perhaps", "ok"),),
    "no word": (_each("ok", None, "ok"),),
    "one is not mentioned": (_each("ok", "ok"),),
    "an answer that is no json": (Reply(200, {}, "fine"),),
    "an answer without results": (Reply(200, {}, "{}"),),
    "an empty answer": (Reply(200, {}, ""),),
}.items():
    add_scenario(f"server: v1, {_name}", _v1_results, _replies, waits=True)
