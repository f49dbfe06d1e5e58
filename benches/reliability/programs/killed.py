"""Captures events one after the other, and is killed as soon as the last call has returned."""

import os
import signal

from _child import answer, arguments, burst, make_client

given = arguments()
client = make_client(given.sink)
refused = burst(client, given.events)
answer(captured=given.events, refused=refused)
os.kill(os.getpid(), signal.SIGKILL)
