"""Every difference of the plain API between the official package and ours, and why.

Anything else that differs fails the test; so does what stands here and no longer happens.
"""

from . import calls, exceptions, hooks, sending, values, variables

DIFFERENCES = (
    *calls.DIFFERENCES,
    *exceptions.DIFFERENCES,
    *hooks.DIFFERENCES,
    *sending.DIFFERENCES,
    *values.DIFFERENCES,
    *variables.DIFFERENCES,
)

__all__ = ["DIFFERENCES"]
