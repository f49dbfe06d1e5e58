"""Exceptions that nobody catches."""

import sys
import threading

from .case import scenario
from .frames import _fail


@scenario()
def uncaught(case):
    client, seen = None, []
    before, sys.excepthook = sys.excepthook, lambda *details: seen.append(details[0].__name__)
    try:
        own = sys.excepthook
        client = case.client(enable_exception_autocapture=True)
        try:
            _fail()
        except ValueError:
            sys.excepthook(*sys.exc_info())
        client.shutdown()
        return seen, sys.excepthook is own
    finally:
        sys.excepthook = before


@scenario()
def an_uncaught_interrupt(case):
    before, sys.excepthook = sys.excepthook, lambda *_: None
    try:
        client = case.client(enable_exception_autocapture=True)
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            sys.excepthook(*sys.exc_info())
        client.shutdown()
    finally:
        sys.excepthook = before


@scenario()
def uncaught_without_autocapture(case):
    before = sys.excepthook
    case.client()
    return sys.excepthook is before


@scenario()
def uncaught_on_a_thread(case):
    seen = []
    before, threading.excepthook = threading.excepthook, lambda details: seen.append(details.exc_type.__name__)
    try:
        own = threading.excepthook
        client = case.client(enable_exception_autocapture=True)
        thread = threading.Thread(target=_fail)
        thread.start()
        thread.join()
        client.shutdown()
        return seen, threading.excepthook is own
    finally:
        threading.excepthook = before


@scenario()
def uncaught_sixty_times_with_a_limit(case):
    seen = []
    before, sys.excepthook = sys.excepthook, lambda *_: None
    try:
        client = case.client(
            enable_exception_autocapture=True,
            enable_exception_autocapture_rate_limiting=True,
            before_send=lambda event: seen.append(event["event"]),
        )
        for _ in range(60):
            try:
                _fail()
            except ValueError:  # noqa: PERF203 - each is an exception of its own
                sys.excepthook(*sys.exc_info())
        client.shutdown()
        return len(seen)
    finally:
        sys.excepthook = before


@scenario()
def uncaught_with_two_clients(case):
    before, sys.excepthook = sys.excepthook, lambda *_: None
    try:
        own = sys.excepthook
        first = case.client(enable_exception_autocapture=True, super_properties={"client": "first"})
        second = case.client(enable_exception_autocapture=True, super_properties={"client": "second"})
        first.shutdown()
        try:
            _fail()
        except ValueError:
            sys.excepthook(*sys.exc_info())
        second.shutdown()
        return sys.excepthook is own
    finally:
        sys.excepthook = before
