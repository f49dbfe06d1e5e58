"""Every difference of the plain API between the official package and ours, and why.

Anything else that differs fails the test; so does what stands here and no longer happens.
"""

from . import calls, exceptions, hooks, sending, to_mend, values, variables

#: Those that are meant.
DIFFERENCES = (
    *calls.DIFFERENCES,
    *exceptions.DIFFERENCES,
    *hooks.DIFFERENCES,
    *sending.DIFFERENCES,
    *values.DIFFERENCES,
)

#: Those that are not. When one is mended, the test says that it no longer happens, and its entry goes.
TO_MEND = (*to_mend.DIFFERENCES, *variables.DIFFERENCES)

__all__ = ["DIFFERENCES", "TO_MEND"]
