"""The contexts of tasks while they run, on whichever thread or greenlet that is."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING

from posthog.contexts import ContextScope, _current, _get_current_context

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from posthog.integrations.celery.headers import Said


class Run:
    """One try of a task, from its beginning to its end.

    Args:
        owner: The integration that observes it.
        task_id: The id that all tries of a task share.
        said: What came with the task.
        tags: What the context says about the task itself.
        inherits: Whether the context inherits from the one outside: the task runs where it was called.

    """

    def __init__(self, owner: object, task_id: object, said: Said, tags: Mapping[str, Any], *, inherits: bool) -> None:
        self.owner = owner
        self.task_id = task_id
        self.is_open = True
        self.around = _innermost.get()
        self.outside = _get_current_context()
        self._began = time.perf_counter()
        scope = ContextScope(self.outside if inherits else None, not inherits)
        if said.distinct_id is not None:
            scope.set_distinct_id(said.distinct_id)
        if said.session_id is not None:
            scope.set_session_id(said.session_id)
        for name, value in {**said.tags, **tags}.items():
            scope.add_tag(name, value)
        _current.set(scope)
        _innermost.set(self)

    @property
    def milliseconds(self) -> float:
        """How long it runs already."""
        return round((time.perf_counter() - self._began) * 1_000, 3)


#: The run inside of which this code runs, the innermost if there are several.
_innermost: ContextVar[Run | None] = ContextVar("posthog_celery_run", default=None)


def running(owner: object, task_id: object) -> Run | None:
    """Return the run of this task that *owner* observes here, if there is one."""
    run = _innermost.get()
    while run is not None and not (run.is_open and run.owner is owner and run.task_id == task_id):
        run = run.around
    return run


def close(run: Run) -> None:
    """Let the context of *run* end, with those that were left open inside of it.

    Integrations that observe the same task hear of its end in the order in which they heard of its beginning, so the
    outer run may be closed first; the context outside is current again when the inner one is closed too.
    """
    inner = _innermost.get()
    while inner is not None and inner is not run:
        if inner.owner is run.owner:
            inner.is_open = False  # nobody will tell of its end any more
        inner = inner.around
    run.is_open = False
    innermost = closed = _innermost.get()
    while innermost is not None and not innermost.is_open:
        closed, innermost = innermost, innermost.around
    if closed is not innermost and closed is not None:
        _innermost.set(innermost)
        _current.set(closed.outside)
