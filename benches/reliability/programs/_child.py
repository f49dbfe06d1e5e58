"""What every program shares: its arguments, the event it captures, its memory, and its answer."""

import argparse
import sys
import time
from pathlib import Path

import posthog
from harness.sink import Sink
from scenarios import _child
from scenarios._event import PROPERTIES

# The events that count; what a program sends besides has another name.
CAPTURED = "captured"
BESIDE = "beside"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sink", required=True, help="where events go")
    parser.add_argument("--control", required=True, help="where the sink is told what to do")
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--rate", type=int, help="events per second")
    parser.add_argument("--seconds", type=int, help="how long the server fails")
    parser.add_argument("--works", type=int, default=0, help="1: work between two events, instead of sleeping")
    parser.add_argument("--server", choices=["slow", "hung", "down"], help="how the server fails")
    parser.add_argument("--children", type=int)
    given = parser.parse_args()
    given.sink = Sink(given.sink, given.control)
    return given


def make_client(sink: Sink) -> posthog.Posthog:
    """Return a client with the options that a program has that gives none."""
    return posthog.Posthog("phc_bench", host=sink.address)


def capture(client: posthog.Posthog, name: str = CAPTURED, properties: dict[str, object] = PROPERTIES) -> bool:
    """Capture one event and return whether it was taken."""
    return client.capture(name, distinct_id="user-4711", properties=properties) is not None


def with_text(text: str) -> dict[str, object]:
    """Return properties as those of other events, and a text."""
    return {**PROPERTIES, "text": text}


def burst(client: posthog.Posthog, events: int) -> int:
    """Capture so many events at once, and return how many were refused."""
    return sum(not capture(client) for _ in range(events))


def warm_up(client: posthog.Posthog, sink: Sink) -> None:
    """Have events delivered, as a program that has run for a while: threads, connections and buffers are there."""
    for _ in range(100):
        capture(client, BESIDE)
    client.flush()
    if sink.settled(BESIDE, 100, quiet=10, patience=30) != 100:
        raise RuntimeError("the healthy server has not received the events before the failure")


def answer(*, captured: int, **measured: float | None) -> None:
    """Print the one line that the runner reads: the calls that returned, and when the program was done."""
    _child.answer(captured=captured, **measured, done_at=time.monotonic())
    sys.stdout.flush()


class Memory:
    """Watches how much more resident memory this process takes than now."""

    def __init__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # the peak so far counts no more
        self._before = _kilobytes("VmRSS")

    def growth_mib(self) -> float:
        """Return by how much the peak since then is above."""
        return (_kilobytes("VmHWM") - self._before) / 1024


def _kilobytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1])
