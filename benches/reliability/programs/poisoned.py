"""Captures events of which one holds text that cannot be encoded, for a server that refuses what it cannot parse."""

from _child import answer, arguments, capture, make_client, with_text

given = arguments()
client = make_client(given.sink)
for number in range(given.events):
    capture(client, properties=with_text("\ud800" if number == given.events // 2 else "text"))
# Unbounded in both packages.
client.shutdown()
answer(captured=given.events)
