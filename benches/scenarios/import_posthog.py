"""Tells the wall time and the resident memory that `import posthog` costs a fresh interpreter."""

import os
import time

# Nothing else is imported before the measurement: what the package shares with us would look free.


def resident_bytes() -> int:
    with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123 (pathlib is part of what is measured)
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


before = resident_bytes()
start = time.perf_counter()
import posthog  # noqa: E402, F401

seconds = time.perf_counter() - start
after = resident_bytes()

from _child import answer  # noqa: E402

answer(captured=0, ms=seconds * 1e3, mb=(after - before) / 1e6)
