"""Ids of events: given, made, and changed at last."""

import uuid

from .case import Broken, add_scenario, scenario

CANONICAL = "00000000-0000-0000-0000-0000000000aa"

GIVEN = {
    "text": CANONICAL,
    "object": uuid.UUID(CANONICAL),
    "upper case": CANONICAL.upper(),
    "braces": f"{{{CANONICAL}}}",
    "urn": f"urn:uuid:{CANONICAL}",
    "without hyphens": CANONICAL.replace("-", ""),
    "blanks around": f" {CANONICAL} ",
    "nonsense": "nonsense",
    "too short": CANONICAL[:-1],
    "empty": "",
    "none": None,
    "number": 5,
    "bytes": b"0" * 16,
    "list": [CANONICAL],
    "no text": Broken(),
}


def _capture(given):
    def act(case):
        return case.client().capture("seen", distinct_id="user", uuid=given)

    return act


for _name, _given in GIVEN.items():
    add_scenario(f"uuids: {_name}", _capture(_given))


@scenario()
def made(case):
    client = case.client()
    made = [uuid.UUID(client.capture("seen", distinct_id="user")) for _ in range(3)]
    return [len(set(made)), {each.variant for each in made} == {uuid.RFC_4122}]


@scenario()
def nonsense_in_debug(case):
    return case.client(debug=True).capture("seen", distinct_id="user", uuid="nonsense")


@scenario()
def of_every_kind_of_event(case):
    client = case.client()
    ids = [f"00000000-0000-0000-0000-00000000000{number}" for number in range(1, 6)]
    return ids == [
        client.set(distinct_id="user", properties={"plan": "pro"}, uuid=ids[0]),
        client.set_once(distinct_id="user", properties={"plan": "pro"}, uuid=uuid.UUID(ids[1])),
        client.group_identify("company", "acme", uuid=ids[2]),
        client.alias("before", "after", uuid=ids[3]),
        client.capture_exception(ValueError("never raised"), distinct_id="user", uuid=ids[4]),
    ]


def _replaced(by):
    def act(case):
        def replace(event):
            if by is None:
                del event["uuid"]
            else:
                event["uuid"] = by
            return event

        return case.client(before_send=replace).capture("seen", distinct_id="user")

    return act


add_scenario("uuids: replaced by before_send", _replaced(CANONICAL))
add_scenario("uuids: replaced by before_send with an object", _replaced(uuid.UUID(CANONICAL)))
add_scenario("uuids: replaced by before_send with nonsense", _replaced("nonsense"))
add_scenario("uuids: replaced by before_send with a number", _replaced(5))
add_scenario("uuids: removed by before_send", _replaced(None))


@scenario()
def the_hook_sees_the_one_that_was_given(case):
    seen = []
    client = case.client(before_send=lambda event: seen.append(event["uuid"]) or event)
    return [client.capture("seen", distinct_id="user", uuid=CANONICAL), seen]
