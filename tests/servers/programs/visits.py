"""Programs that answer requests of Django in their own process; each function is one."""

import os
import sys
import threading

import posthog
from _told import client
from django.conf import settings

settings.configure(
    SECRET_KEY="the tests' own key",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["posthog.integrations.django.PosthogContextMiddleware"],
)

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import RequestFactory  # noqa: E402
from django.urls import path  # noqa: E402

posthog.default_client = client


def capture(who):
    posthog.capture("told", properties={"by": who})


def forking(end):
    """Return a view that forks between two events, and whose child ends by *end*."""

    def view(request):
        capture("parent, before")
        child = os.fork()
        if child == 0:
            capture("child")
            end()
        _, status = os.waitpid(child, 0)
        capture("parent, after")
        return HttpResponse(str(os.waitstatus_to_exitcode(status)))

    return view


def flush_and_exit():
    posthog.flush()
    os._exit(0)


def handing_on(request):
    """Return while a thread that was handed the context goes on."""
    answered = threading.Event()

    def late():
        answered.wait()
        capture("late")

    thread = threading.Thread(target=posthog.contexts.propagate(late))
    thread.start()
    request.META["late"] = answered, thread
    capture("view")
    return HttpResponse("answered")


urlpatterns = [
    path("fork-and-exit/", forking(sys.exit)),
    path("fork-and-leave/", forking(flush_and_exit)),
    path("hand-on/", handing_on),
]


def visit(target, who=None):
    """Print the answer to a visit of *who*."""
    ids = {} if who is None else {"HTTP_X_POSTHOG_DISTINCT_ID": who}
    environ = RequestFactory().get(target, **ids).environ
    body = WSGIHandler()(environ, lambda *_started: None)
    print(b"".join(body).decode())
    body.close()
    return environ


def fork_known(end):
    visit(f"/fork-and-{end}/", "ann")


def fork_unknown(end):
    """Fork while an event of the request waits until it is known whose it is."""
    visit(f"/fork-and-{end}/")


def thread_goes_on():
    answered, thread = visit("/hand-on/", "ann")["late"]
    answered.set()
    thread.join()


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
