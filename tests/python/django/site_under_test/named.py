"""What settings name by its path."""

from posthog import Posthog

events = []
plan = {"plan": "pro"}


def keep(event):
    events.append(event)
    return event


def add_plan(_request):
    return plan


def hide_agent(tags):
    tags.pop("$user_agent", None)
    return tags


def skip_plain(request):
    return request.path != "/capture/"


def make_client():
    return Posthog("phc_named", send=False, before_send=keep)


client = make_client()
