"""Contexts of functions, coroutines, tasks and threads."""

import asyncio
import threading

from .case import scenario


@scenario()
def a_decorated_function(case):
    client = case.client()

    @client.scoped()
    def work(name, *, plan):
        """Do the work."""
        client.tag("plan", plan)
        client.capture(name, distinct_id="user")
        return client.get_tags()

    return work("seen", plan="pro"), client.get_tags(), work.__name__, work.__doc__


@scenario()
def a_decorated_coroutine(case):
    client = case.client()

    @client.scoped()
    async def work():
        client.tag("plan", "pro")
        await asyncio.sleep(0)
        client.capture("seen", distinct_id="user")
        return client.get_tags()

    return asyncio.run(work()), client.get_tags(), asyncio.iscoroutinefunction(work)


@scenario()
def a_decorated_fresh_function(case):
    client = case.client()

    @client.scoped(fresh=True)
    def work():
        client.capture("seen", distinct_id="user")

    with client.new_context():
        client.tag("outer", 1)
        work()


@scenario()
def a_decorated_function_that_fails(case):
    client = case.client()

    @client.scoped(capture_exceptions=True)
    def work():
        client.tag("plan", "pro")
        raise ValueError("in the function")

    work()


@scenario()
def a_decorated_coroutine_that_fails(case):
    client = case.client()

    @client.scoped(capture_exceptions=True)
    async def work():
        client.tag("plan", "pro")
        raise ValueError("in the coroutine")

    asyncio.run(work())


@scenario()
def a_decorated_generator(case):
    client = case.client()

    @client.scoped()
    def work():
        client.tag("plan", "pro")
        yield client.get_tags()

    return list(work())


@scenario()
def as_a_decorator(case):
    client = case.client()

    @client.new_context()
    def work():
        client.tag("plan", "pro")
        return client.get_tags()

    return work(), work()


@scenario()
def a_thread_starts_without(case):
    client, seen = case.client(), []
    with client.new_context():
        client.tag("plan", "pro")
        thread = threading.Thread(target=lambda: seen.append(client.get_tags()))
        thread.start()
        thread.join()
    return seen


@scenario()
def a_function_on_a_thread_of_asyncio_inherits(case):
    client = case.client()

    async def work():
        with client.new_context():
            client.tag("plan", "pro")
            await asyncio.to_thread(client.tag, "thread", value=True)
            await asyncio.to_thread(client.capture, "seen", distinct_id="user")
            return client.get_tags()

    return asyncio.run(work())


@scenario()
def a_task_shares_its_parents(case):
    client = case.client()

    async def child():
        client.tag("child", value=True)

    async def parent():
        with client.new_context():
            await asyncio.create_task(child())
            return client.get_tags()

    return asyncio.run(parent())


@scenario()
def tasks_with_contexts_of_their_own(case):
    client = case.client()

    async def child(number, both):
        with client.new_context():
            client.tag("number", number)
            await both.wait()
            return client.get_tags()

    async def parent():
        with client.new_context():
            client.tag("parent", value=True)
            both = asyncio.Barrier(2)
            children = await asyncio.gather(child(1, both), child(2, both))
            return children, client.get_tags()

    return asyncio.run(parent())


@scenario()
def a_decorated_function_of_the_module(case):
    module = case.module()

    @module.scoped()
    def work():
        module.tag("plan", "pro")
        module.capture("seen", distinct_id="user")

    work()
