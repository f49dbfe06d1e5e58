"""Transactions that PostgreSQL has given up, where every further statement fails."""

from __future__ import annotations

import pytest

from .environments import psycopg_packages
from .postgres import serving_postgres


@pytest.fixture
def visit(recorder, run_program):
    """Return a function that visits a view as a logged-in user, and returns status and body of the answer."""

    def visit(view):
        with serving_postgres() as folder:
            ended = run_program(f"transactions.{view}", recorder.url, folder, psycopg_packages())
        assert ended.code == 0, ended.said
        *_logged, answer = ended.said.splitlines()
        return answer

    return visit


def test_an_event_captured_in_an_aborted_transaction_is_the_users(recorder, visit):
    assert visit("capture_when_aborted") == "200 rolled back"
    assert recorder.counted("event", "distinct_id") == {("seen", "1"): 1}


def test_a_failure_in_an_aborted_transaction_is_reported_as_the_users(recorder, visit):
    assert visit("fail_when_aborted") == "500 failed"
    assert recorder.counted("event", "distinct_id") == {("$exception", "1"): 1}


def test_asking_the_context_in_an_aborted_transaction_leaves_the_visitor_anonymous_and_harms_nothing(recorder, visit):
    assert visit("ask_context_when_aborted") == "200 rolled back"
    (event,) = recorder.accepted
    assert event["properties"]["$process_person_profile"] is False


def test_asking_the_context_in_a_transaction_that_goes_on_leaves_it_as_it_is(recorder, visit):
    assert visit("ask_context_then_query") == "200 2"
    assert recorder.counted("event", "distinct_id") == {("seen", "1"): 1}


def test_a_look_up_that_fails_in_a_transaction_does_not_break_it(recorder, visit):
    assert visit("ask_context_then_query_without_sessions") == "200 2"
    (event,) = recorder.accepted
    assert event["properties"]["$process_person_profile"] is False
