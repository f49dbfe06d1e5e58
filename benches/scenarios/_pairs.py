"""Times two WSGI applications: turn by turn, so that what slows the machine slows both, or one after the other."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from _site import Environ, serve
from django.core.handlers.wsgi import WSGIHandler


@dataclass(frozen=True)
class Side:
    """One application, the request it gets, and the status it must answer."""

    app: WSGIHandler
    environ: Environ
    status: str = "200"


@dataclass(frozen=True)
class Pairs:
    """Nanoseconds of each call; equal positions were called one right after the other."""

    bare: list[int]
    measured: list[int]

    def bare_us(self) -> float:
        return statistics.median(self.bare) / 1000

    def added_us(self) -> float:
        """Return the median of the pairs' differences."""
        return statistics.median(b - a for a, b in zip(self.bare, self.measured, strict=True)) / 1000


def time_pairs(bare: Side, measured: Side, calls: int, *, rest_every: int, rest: Callable[[], object]) -> Pairs:
    """Call both sides *calls* times, taking turns in who is first; *rest* runs outside the time."""
    pairs = Pairs([], [])
    for call in range(calls):
        if call % 2:
            pairs.measured.append(serve(measured.app, measured.environ, measured.status))
            pairs.bare.append(serve(bare.app, bare.environ, bare.status))
        else:
            pairs.bare.append(serve(bare.app, bare.environ, bare.status))
            pairs.measured.append(serve(measured.app, measured.environ, measured.status))
        if call % rest_every == rest_every - 1:
            rest()
    return pairs


def time_one(side: Side, calls: int, *, rest_every: int, rest: Callable[[], object]) -> float:
    """Call one side *calls* times and return the median in microseconds; *rest* runs outside the time."""
    took = []
    for call in range(calls):
        took.append(serve(side.app, side.environ, side.status))
        if call % rest_every == rest_every - 1:
            rest()
    rest()
    return statistics.median(took) / 1000
