"""A token bucket for each kind, with the official counts."""

import pytest
from posthog.bucketed_rate_limiter import BucketedRateLimiter


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def taken(limiter, count, key="k"):
    """Return how many of *count* are let through, and that they are the first."""
    limited = [limiter.consume_rate_limit(key) for _ in range(count)]
    assert limited == sorted(limited)
    return limited.count(False)


def test_a_full_bucket_lets_one_less_through_than_it_holds(clock):
    assert taken(BucketedRateLimiter(50, 10, 10, clock=clock), 60) == 49
    assert taken(BucketedRateLimiter(1, 1, 10, clock=clock), 5) == 0


def test_an_exact_bucket_lets_through_what_it_holds(clock):
    limiter = BucketedRateLimiter(50, 10, 10, clock=clock, exact=True)
    assert taken(limiter, 60) == 50
    clock.now = 10
    assert taken(limiter, 60) == 10


def test_tokens_come_back_after_whole_intervals_and_the_rest_counts_for_the_next(clock):
    limiter = BucketedRateLimiter(5, 2, 10, clock=clock)
    assert taken(limiter, 10) == 4
    clock.now = 9.9
    assert taken(limiter, 10) == 0
    clock.now = 15
    assert taken(limiter, 10) == 1
    clock.now = 20
    assert taken(limiter, 10) == 1
    clock.now = 1000
    assert taken(limiter, 10) == 4


def test_kinds_do_not_share_a_bucket(clock):
    limiter = BucketedRateLimiter(3, 1, 10, clock=clock)
    assert (taken(limiter, 5, "a"), taken(limiter, 5, "b")) == (2, 2)


def test_it_is_said_once_that_a_bucket_is_empty(clock):
    said = []
    limiter = BucketedRateLimiter(3, 2, 10, on_bucket_rate_limited=said.append, clock=clock)
    taken(limiter, 5)
    assert said == ["k"]
    clock.now = 10
    taken(limiter, 5)
    assert said == ["k", "k"]


def test_an_interval_of_nothing_limits_nothing(clock):
    assert taken(BucketedRateLimiter(3, 1, 0, clock=clock), 50) == 50


@pytest.mark.parametrize(
    ("given", "lets_through"),
    [((200, 1, 1), 99), ((-1, 1, 1), 0), (("x", 1, 1), 99), ((float("nan"), 1, 1), 99), ((None, None, None), 99)],
)
def test_a_number_out_of_range_is_the_nearest_in_it_and_no_number_the_highest(clock, given, lets_through, caplog):
    assert taken(BucketedRateLimiter(*given, clock=clock), 300) == lets_through
    assert "bucket_size must" in caplog.text


def test_a_program_that_makes_up_kinds_does_not_fill_the_memory(clock):
    limiter = BucketedRateLimiter(3, 1, 10, clock=clock)
    for number in range(5000):
        limiter.consume_rate_limit(f"kind {number}")
    assert len(limiter._buckets) <= 1000
    limiter.stop()
    assert not limiter._buckets
