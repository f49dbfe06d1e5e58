"""Captures ten requests' worth of events for a server that takes them in, but loses three of its answers."""

from _child import CAPTURED, answer, arguments, burst, make_client

given = arguments()
given.sink.script(*["accept", "lose_ack", "accept"] * 3, "accept")
client = make_client(given.sink)
refused = burst(client, given.events)
given.sink.settled(CAPTURED, given.events, quiet=15, patience=90)
# Unbounded in both packages.
client.shutdown()
answer(captured=given.events, refused=refused)
