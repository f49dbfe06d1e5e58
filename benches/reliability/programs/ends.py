"""Captures a burst for a server that fails in one way or another, and ends at once, as any program does."""

from _child import answer, arguments, burst, make_client

given = arguments()
match given.server:
    case "slow":
        given.sink.script(delay_ms=200)
    case "hung":
        given.sink.script(then="hang")
    case "down":
        given.sink.shut()
client = make_client(given.sink)
refused = burst(client, given.events)
answer(captured=given.events, refused=refused)
