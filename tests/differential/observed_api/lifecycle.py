"""`flush`, `join`, `shutdown`, and what comes after."""

import asyncio
import subprocess
import sys
import textwrap
import threading

import posthog

from .case import scenario


@scenario()
def flush_with_nothing(case):
    return case.client().flush()


@scenario()
def flush(case):
    client = case.client()
    client.capture("seen", distinct_id="user")
    return client.flush()


@scenario()
def flush_with_a_limit(case):
    client = case.client()
    client.capture("seen", distinct_id="user")
    return client.flush(timeout_seconds=5), client.flush(None), client.flush(0)


@scenario()
def flush_with_a_limit_that_is_none(case):
    client = case.client()
    client.capture("seen", distinct_id="user")
    return client.flush("soon")


@scenario()
def flush_twice(case):
    client = case.client()
    client.capture("first", distinct_id="user")
    client.flush()
    client.capture("second", distinct_id="user")
    client.flush()


@scenario()
def flush_on_many_threads(case):
    client = case.client()
    client.capture("seen", distinct_id="user")
    threads = [threading.Thread(target=client.flush) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "not stuck"


@scenario()
def flush_in_an_event_loop(case):
    client = case.client()

    async def work():
        client.capture("seen", distinct_id="user")
        client.flush()

    return asyncio.run(work())


@scenario()
def shutdown(case):
    client = case.client()
    client.capture("seen", distinct_id="user")
    return client.shutdown(), client.shutdown()


@scenario()
def shutdown_of_a_client_that_was_never_used(case):
    return case.client().shutdown()


@scenario()
def join(case):
    client = case.client()
    client.capture("seen", distinct_id="user")
    return client.join(), client.join(), client.shutdown()


@scenario()
def after_shutdown(case):
    client = case.client()
    client.shutdown()
    return [
        client.capture("seen", distinct_id="user"),
        client.set(distinct_id="user", properties={"plan": "pro"}),
        client.group_identify("company", "acme"),
        client.alias("before", "after"),
        client.capture_exception(ValueError("never raised")),
        client.flush(),
    ]


@scenario()
def after_join(case):
    client = case.client()
    client.join()
    return client.capture("seen", distinct_id="user")


@scenario()
def after_shutdown_in_synchronous_mode(case):
    client = case.client(sync_mode=True)
    client.shutdown()
    return client.capture("seen", distinct_id="user")


@scenario()
def after_shutdown_while_nothing_is_sent(case):
    client = case.client(send=False)
    client.shutdown()
    return client.capture("seen", distinct_id="user")


@scenario()
def flush_in_synchronous_mode(case):
    client = case.client(sync_mode=True)
    client.capture("seen", distinct_id="user")
    return client.flush(), client.join(), client.shutdown()


@scenario()
def flush_while_disabled(case):
    client = case.client(disabled=True)
    return client.flush(), client.join(), client.shutdown()


@scenario()
def many_events_in_requests_of_ten(case):
    client = case.client(flush_at=10, before_send=lambda event: {**event, "properties": {}})
    for number in range(30):
        client.capture(f"event {number}", distinct_id="user")
    client.flush()


@scenario()
def from_many_threads(case):
    client = case.client(before_send=lambda event: {**event, "event": "seen", "properties": {}})

    def work():
        for _ in range(10):
            client.capture("seen", distinct_id="user")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@scenario()
def shutdown_of_the_module_before_anything_else(case):
    module = case.module()
    return module.shutdown(), module.capture("seen", distinct_id="user")


@scenario()
def flush_of_the_module(case):
    module = case.module()
    module.capture("seen", distinct_id="user")
    return module.flush(), module.flush(timeout_seconds=1), module.join(), module.shutdown()


@scenario()
def a_new_client_of_the_module_after_shutdown(case):
    module = case.module()
    module.capture("first", distinct_id="user")
    module.shutdown()
    module.default_client = None
    return module.capture("second", distinct_id="user") is not None


@scenario(waits=True)
def the_end_of_a_process(case):
    program = """
        import sys
        import posthog
        client = posthog.Posthog(sys.argv[1], host=sys.argv[2])
        client.capture("at the end", distinct_id="user")
    """
    return _run(program, case)


@scenario(waits=True)
def a_child_of_a_fork(case):
    program = """
        import os, sys
        import posthog
        client = posthog.Posthog(sys.argv[1], host=sys.argv[2])
        client.capture("of the parent", distinct_id="user")
        client.flush()
        child = os.fork()
        if child == 0:
            client.capture("of the child", distinct_id="user")
            client.shutdown()
            os._exit(0)
        os.waitpid(child, 0)
        client.shutdown()
    """
    return _run(program, case)


@scenario(waits=True)
def a_context_and_a_fork(case):
    program = """
        import os, sys
        import posthog
        client = posthog.Posthog(sys.argv[1], host=sys.argv[2], flush_at=1)
        with client.new_context():
            client.tag("plan", "pro")
            child = os.fork()
            if child:
                os.waitpid(child, 0)
            client.capture("of the parent" if child else "of the child", distinct_id="user")
            client.flush()
            if not child:
                os._exit(0)
    """
    return _run(program, case)


@scenario(waits=True)
def an_uncaught_exception_that_ends_a_process(case):
    program = """
        import sys
        import posthog
        posthog.project_api_key, posthog.host = sys.argv[1:]
        posthog.enable_exception_autocapture = True
        posthog.setup()
        raise SystemError("the end")
    """
    return _run(program, case)


def _run(program, case):
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program), case.key, case.host]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stderr.splitlines()[-1:]


@scenario()
def the_module_has_no_client_before_it_is_used(case):
    module = case.module()
    before = module.default_client
    return before, module.setup() is module.default_client, isinstance(module.default_client, posthog.client.Client)
