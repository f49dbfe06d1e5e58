"""Lets through so many of a kind in so much time."""

from __future__ import annotations

import os
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from posthog._log import log

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    Number = float

ONE_DAY_IN_SECONDS = 86400.0
_LARGEST_BUCKET = 100
_MOST_KINDS = 1000
"""Kinds that are remembered: a program that makes up classes must not fill the memory."""


class BucketedRateLimiter:
    """A bucket of tokens for each kind: what comes takes one, and is limited when none is left.

    Args:
        bucket_size: Tokens in a full bucket, 0 to 100.
        refill_rate: Tokens that come back after each interval, 0 to *bucket_size*.
        refill_interval_seconds: Seconds, 0 to a day; only whole intervals count.
        on_bucket_rate_limited: Called with the kind whose last token is taken.
        clock: Returns seconds; the system's monotonic clock unless given.
        exact: Let through who takes the last token. Officially they are limited: a full bucket of 50 lets 49 through.

    A number out of its range counts as the nearest one in it, anything else as the highest; both are logged.

    Example:
        >>> from posthog.bucketed_rate_limiter import BucketedRateLimiter
        >>> limiter = BucketedRateLimiter(bucket_size=3, refill_rate=1, refill_interval_seconds=10)
        >>> [limiter.consume_rate_limit("ValueError") for _ in range(3)]
        [False, False, True]

    """

    def __init__(
        self,
        bucket_size: Number,
        refill_rate: Number,
        refill_interval_seconds: Number,
        on_bucket_rate_limited: Callable[[Hashable], Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
        *,
        exact: bool = False,
    ) -> None:
        self._size = _clamped(bucket_size, _LARGEST_BUCKET, "bucket_size")
        most = self._size if _is_number(refill_rate) else _LARGEST_BUCKET
        self._rate = _clamped(refill_rate, most, "refill_rate")
        self._interval = _clamped(refill_interval_seconds, ONE_DAY_IN_SECONDS, "refill_interval_seconds")
        self._on_limited = on_bucket_rate_limited
        self._clock = clock
        self._exact = exact
        #: Tokens, and the time up to which they were refilled.
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        # The garbage collector may run while it is held, and find an exception of a task that nobody awaits.
        self._lock = threading.RLock()
        _every.add(self)

    def consume_rate_limit(self, key: Hashable) -> bool:
        """Take a token of the kind *key*, and return whether it is limited."""
        with self._lock:
            limited, has_emptied = self._take(key)
        if has_emptied and self._on_limited is not None:
            self._on_limited(key)
        return limited

    def stop(self) -> None:
        """Forget all buckets."""
        with self._lock:
            self._buckets.clear()

    def _take(self, key: Hashable) -> tuple[bool, bool]:
        now = self._clock()
        tokens, since = self._refilled(*self._buckets.pop(key, (self._size, now)), now)
        if len(self._buckets) >= _MOST_KINDS:
            del self._buckets[next(iter(self._buckets))]  # the one that was not asked for longest
        left = tokens - 1
        self._buckets[key] = (max(left, 0), since)
        is_limited = left < 0 if self._exact else left <= 0
        return is_limited, tokens > 0 >= left

    def _refilled(self, tokens: float, since: float, now: float) -> tuple[float, float]:
        if self._interval <= 0:
            return self._size, now
        intervals = (now - since) // self._interval
        if intervals <= 0:
            return tokens, since
        # The rest of an interval counts for the next time.
        return min(self._size, tokens + intervals * self._rate), since + intervals * self._interval


_every: weakref.WeakSet[BucketedRateLimiter] = weakref.WeakSet()


def _renew_locks() -> None:
    """Give a forked child locks that no thread of its parent holds."""
    for limiter in list(_every):
        limiter._lock = threading.RLock()  # noqa: SLF001 - of this module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and value == value  # noqa: PLR0124 - not a number is not itself


def _clamped(value: Any, most: float, name: str) -> float:
    if not _is_number(value):
        log.warning("%s must be a number, not %r: it is %s", name, value, most)
        return most
    clamped = min(max(value, 0), most)
    if clamped != value:
        log.warning("%s must lie between 0 and %s, not at %s: it is %s", name, most, value, clamped)
    return float(clamped)
