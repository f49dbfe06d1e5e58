"""Captures for a server that asks to be left alone for a while, and stays until that is over."""

from _child import CAPTURED, answer, arguments, burst, make_client

given = arguments()
given.sink.script(then={"busy": given.seconds})
client = make_client(given.sink)
refused = burst(client, given.events)
given.sink.settled(CAPTURED, given.events, quiet=15, patience=given.seconds + 90)
answer(captured=given.events, refused=refused)
