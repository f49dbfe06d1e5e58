"""Captures events of half a megabyte each while connections are refused."""

import os

from _child import Memory, answer, arguments, capture, make_client, warm_up, with_text


def main() -> None:
    given = arguments()
    client = make_client(given.sink)
    warm_up(client, given.sink)
    memory = Memory()
    given.sink.shut()
    refused = 0
    for _ in range(given.events):
        refused += not capture(client, properties=with_text(os.urandom(250_000).hex()))
    answer(captured=given.events, refused=refused, memory_mib=memory.growth_mib())


main()
