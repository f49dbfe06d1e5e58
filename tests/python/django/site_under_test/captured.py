"""The events of a test."""

from posthog import Posthog


class Captured(list):
    """Events as `before_send` sees them, with the questions that tests ask."""

    def take(self, event):
        self.append(event)
        return event

    def named(self, name):
        return [event for event in self if event["event"] == name]

    def one(self, name="seen"):
        (event,) = self.named(name)
        return event

    def properties(self, name="seen"):
        return self.one(name)["properties"]

    @property
    def exceptions(self):
        """Type and message of each reported exception, the outermost first."""
        return [
            (entry["type"], entry["value"])
            for event in self.named("$exception")
            for entry in event["properties"]["$exception_list"][:1]
        ]

    @property
    def mechanisms(self):
        return [event["properties"]["$exception_list"][0]["mechanism"] for event in self.named("$exception")]


def own_client(**options):
    """Return a client other than the global one, and what it would send."""
    captured = Captured()
    return Posthog("phc_of_its_own", send=False, before_send=captured.take, **options), captured
