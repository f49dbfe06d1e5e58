"""A context reaches other threads where it is handed on, and nowhere else."""

from __future__ import annotations

import asyncio
import functools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import posthog
import pytest
from posthog.contexts import ContextExecutor, get_context_distinct_id, get_tags, propagate


def run_in_thread(function):
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def test_a_thread_started_with_propagate_captures_in_the_context_of_its_starter(client, events):
    with posthog.new_context():
        posthog.identify_context("user-7")
        posthog.tag("plan", "pro")
        run_in_thread(propagate(lambda: client.capture("e")))
    assert events[0]["distinct_id"] == "user-7"
    assert events[0]["properties"]["plan"] == "pro"


def test_the_context_is_the_same_one_so_what_the_thread_sets_is_seen_by_its_starter():
    with posthog.new_context():
        run_in_thread(propagate(functools.partial(posthog.tag, "rows", 3)))
        assert get_tags() == {"rows": 3}


def test_a_pools_thread_is_left_without_the_context_even_if_the_work_fails():
    def fail():
        raise ValueError("x")

    with ThreadPoolExecutor(max_workers=1) as pool:
        with posthog.new_context():
            posthog.tag("plan", "pro")
            failed = pool.submit(propagate(fail))
        with pytest.raises(ValueError, match="x"):
            failed.result()
        assert pool.submit(get_tags).result() == {}


def test_an_exception_that_takes_no_attributes_passes_as_it_is():
    @dataclass(frozen=True)
    class Frozen(Exception):  # noqa: N818
        number: int

    def fail():
        raise Frozen(7)

    with pytest.raises(Frozen):
        propagate(fail)()


def test_the_context_is_that_of_propagate_not_that_of_the_call():
    with posthog.new_context():
        posthog.tag("where", "propagated")
        work = propagate(get_tags)
    with posthog.new_context():
        posthog.tag("where", "called")
        assert work() == {"where": "propagated"}
        assert get_tags() == {"where": "called"}


def test_without_a_context_the_work_has_none_either():
    work = propagate(get_tags)
    with posthog.new_context():
        posthog.tag("where", "called")
        assert work() == {}


def test_arguments_results_and_names_pass_through():
    def add(first, second=0):
        """Add."""
        return first + second

    assert propagate(add)(1, second=2) == 3
    assert propagate(add).__doc__ == "Add."


def test_a_coroutine_function_keeps_the_context_over_its_awaits():
    async def work():
        await asyncio.sleep(0)
        return get_context_distinct_id()

    with posthog.new_context():
        posthog.identify_context("user-7")
        kept = propagate(work)
    results = []
    run_in_thread(lambda: results.append(asyncio.run(kept())))
    assert results == ["user-7"]


def test_work_of_a_context_executor_has_the_context_of_its_own_submitter():
    with ContextExecutor(max_workers=4) as executor:

        def submit(number):
            with posthog.new_context():
                posthog.identify_context(f"user-{number}")
                return executor.submit(get_context_distinct_id), executor.map(lambda _: get_context_distinct_id(), "ab")

        submitted = [submit(number) for number in range(50)]
        for number, (single, mapped) in enumerate(submitted):
            assert single.result() == f"user-{number}"
            assert list(mapped) == [f"user-{number}"] * 2
        assert executor.submit(get_context_distinct_id).result() is None


def test_an_event_loop_may_use_a_context_executor():
    async def main():
        loop = asyncio.get_running_loop()
        with posthog.new_context(), ContextExecutor(max_workers=1) as executor:
            posthog.identify_context("user-7")
            return await loop.run_in_executor(executor, get_context_distinct_id)

    assert asyncio.run(main()) == "user-7"


def test_run_in_executor_keeps_a_propagated_context_in_the_loops_own_executor():
    async def main():
        with posthog.new_context():
            posthog.identify_context("user-7")
            return await asyncio.get_running_loop().run_in_executor(None, propagate(get_context_distinct_id))

    assert asyncio.run(main()) == "user-7"


def test_a_thread_may_open_a_context_below_the_propagated_one():
    def work():
        with posthog.new_context():
            posthog.tag("part", 2)
            return get_tags()

    with posthog.new_context(), ContextExecutor(max_workers=1) as executor:
        posthog.tag("plan", "pro")
        assert executor.submit(work).result() == {"plan": "pro", "part": 2}
        assert get_tags() == {"plan": "pro"}
