"""Tells how long a fresh interpreter takes from `import posthog` to its first accepted event.

An import can be made cheap by putting work off; this row shows what was only put off.
"""

import time

start = time.perf_counter()
import posthog  # noqa: E402

imported = time.perf_counter()
from _child import answer, arguments  # noqa: E402

given = arguments()
resumed = time.perf_counter()
client = posthog.Posthog("phc_bench", host=given.sink)
accepted = client.capture("first", distinct_id="user-4711")
end = time.perf_counter()

if accepted is None:
    raise RuntimeError("the first event was refused")
client.shutdown()
answer(captured=1, ms=((imported - start) + (end - resumed)) * 1e3)
