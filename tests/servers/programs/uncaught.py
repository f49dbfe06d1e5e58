"""Programs that end, or go on, after an exception that nobody catches; each function is one."""

import asyncio
import gc
import sys
import threading

from _told import make_client

client = make_client(enable_exception_autocapture=True)


def at_the_end():
    raise ValueError("the end")


def in_a_thread():
    def fail():
        raise ValueError("a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


def in_a_loop(packages):
    """Fail in a task and in a callback of uvloop, which the client was not made to know."""
    sys.path.append(packages)
    import uvloop  # noqa: PLC0415 - from the packages

    # As a server does: the loop is chosen before the application is loaded.
    second = make_client(enable_exception_autocapture=True)

    async def main():
        async def fail():
            raise ValueError("a task")

        def fail_at_once():
            raise ValueError("a callback")

        task = asyncio.ensure_future(fail())
        asyncio.get_running_loop().call_soon(fail_at_once)
        await asyncio.wait([task])
        del task
        gc.collect()

    uvloop.install()
    asyncio.run(main())
    client.shutdown()
    second.shutdown()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
