"""Programs with several interpreters in one process, as mod_wsgi has them; each function is one."""

import sys

from _told import client, tell

if sys.version_info >= (3, 13):
    import _interpreters as interpreters
else:
    import _xxsubinterpreters as interpreters

TELLS = f"""
import sys
sys.path[:] = {sys.path!r}
import posthog
from _told import client, tell
with posthog.new_context():
    posthog.tag("interpreter", "NAME")
    tell("NAME", 5)
    client.flush()
"""
TRIES = f"""
import sys
sys.path[:] = {sys.path!r}
try:
    import posthog
except ImportError as error:
    print(error)
"""


def make_shared():
    """Return an interpreter of the kind that mod_wsgi makes: one lock for all."""
    if sys.version_info >= (3, 13):
        return interpreters.create("legacy")
    return interpreters.create(isolated=False) if sys.version_info >= (3, 12) else interpreters.create()


def run(interpreter, code):
    failure = interpreters.run_string(interpreter, code)
    if failure is not None:
        sys.exit(str(failure))


def side_by_side():
    tell("main, before", 5)
    names = ("one", "two")
    made = {name: make_shared() for name in names}
    for _ in range(2):
        for name in names:
            run(made[name], TELLS.replace("NAME", name))
            tell("main, between", 5)
    client.flush()


def outlived():
    """Capture before and after another interpreter has come to its end."""
    tell("main, before", 5)
    interpreter = make_shared()
    run(interpreter, TELLS.replace("NAME", "other"))
    interpreters.destroy(interpreter)
    tell("main, after", 5)


def isolated():
    interpreter = interpreters.create()
    run(interpreter, TRIES)
    tell("main", 5)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
