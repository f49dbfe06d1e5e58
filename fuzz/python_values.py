"""Any Python value anywhere in an event: it arrives as JSON that every parser reads, and costs no other event.

python fuzz/python_values.py [EXAMPLES]

Each example sends an event with odd values as its name, its person, its tags and its properties, between two plain
ones, to a server in this process. Beforehand each is handed to `before_send` and taken back, so that the package has
to read again what it has written. `make fuzz` runs it; a value that fails belongs among AWKWARD.
"""

import datetime as dt
import decimal
import math
import sys
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from posthog import Posthog, new_context, tag

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "python"))
from test_values import KEYS, VALUES, Colour, Modelled, Order, OwnIter, Sink, Text, strict

EXAMPLES = 1_000


class Fails:
    """What raises whatever it is asked."""

    def __str__(self) -> str:
        raise ValueError("no text")

    __repr__ = object.__repr__  # for the report of a failure

    def model_dump(self) -> Any:
        raise RuntimeError("no model")


def endless() -> list[Any]:
    """Return a list that holds itself."""
    inner: list[Any] = []
    inner.append({"again": inner})
    return inner


AWKWARD: list[Any] = [
    "half a character \ud800",
    "\udfff\ud800",
    "a\x00b\u2028\ufffe\U0010ffff",
    "\\u0000",
    math.nan,
    -math.inf,
    -0.0,
    5e-324,
    2**64,
    -(2**63) - 1,
    10**5000,
    decimal.Decimal("1E+400"),
    decimal.Decimal("sNaN"),
    b"\xff\x00",
    dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-23, minutes=-59))),
    {None: 1, "None": 2, 1: 3, "1": 4, 1.5: 5},
    {"$lib": 1, "$lib_version": [], "$set": 1, "distinct_id": {}, "uuid": "not one", "timestamp": "never"},
    endless(),
    Text("content"),
    Colour.RED,
    OwnIter([1]),
    Modelled(Fails()),
    Order(math.nan, Fails(), [object()]),
    Fails(),
    Fails,
    type,
    lambda: None,
    (each for each in [1]),
    memoryview(b"abc"),
    range(10**12),
    1j,
    ...,
    "x" * 1_200_000,
]


class Around:
    """A client, the server that gets its events, and what `before_send` was given."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.shown: list[dict[str, Any]] = []
        self.client = Posthog("phc_test", host=self.sink.url, gzip=False, journal_dir="off", before_send=self._show)

    def _show(self, event: dict[str, Any]) -> dict[str, Any]:
        self.shown.append(event)
        return event

    def check(self, name: Any, person: Any, tags: dict[Any, Any], properties: Any) -> None:
        """Send an event with these values between two others."""
        self.shown.clear()
        self.sink.bodies.clear()
        before = self.client.capture("before", distinct_id="u")
        with new_context(client=self.client):
            for key, value in tags.items():
                tag(key, value)
            odd = self.client.capture(name, distinct_id=person, properties=properties)
        after = self.client.capture("after", distinct_id="u")
        self.client.flush()
        events = [event for body in self.sink.bodies for event in strict(body)["batch"]]
        arrived = {event["uuid"]: event for event in events}
        assert arrived[before]["event"] == "before"
        assert arrived[after]["event"] == "after"
        # A name or a person without a text may cost the event, and that one alone.
        assert set(arrived) == {before, after} | ({odd} - {None})
        if odd is not None:
            assert len(self.shown) == 3
            assert isinstance(arrived[odd]["event"], str)
            assert isinstance(arrived[odd]["distinct_id"], str)
            assert isinstance(arrived[odd]["properties"], dict)

    def close(self) -> None:
        """End both."""
        self.client.shutdown()
        self.sink.close()


def fuzz(examples: int) -> None:
    """Try all that is awkward, and so many examples beside."""
    around = Around()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        name=st.text() | VALUES,
        person=st.text() | VALUES,
        tags=st.dictionaries(st.text() | KEYS, VALUES, max_size=3),
        properties=st.dictionaries(KEYS, VALUES, max_size=4) | VALUES,
    )
    def any_values(name: Any, person: Any, tags: dict[Any, Any], properties: Any) -> None:
        around.check(name, person, tags, properties)

    for value in AWKWARD:
        any_values = example(name="plain", person="u", tags={}, properties={"value": value})(any_values)
        any_values = example(name="plain", person="u", tags={"value": value}, properties=value)(any_values)
        any_values = example(name=value, person=value, tags={}, properties={})(any_values)
    try:
        any_values()
    finally:
        around.close()


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES
    fuzz(count)
    print(f"python_values: {3 * len(AWKWARD)} awkward examples and {count} others, all well")
