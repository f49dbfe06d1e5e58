"""The program that runs after another: captures one event, and stays until what was left behind has arrived."""

from _child import BESIDE, CAPTURED, answer, arguments, capture, make_client

given = arguments()
client = make_client(given.sink)
capture(client, BESIDE)
# Twice as long as a process may take to look for what others have left.
given.sink.settled(CAPTURED, given.events, quiet=10, patience=60)
client.shutdown()
answer(captured=0)
