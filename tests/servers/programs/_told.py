"""A client made at import, and events that say who captured them."""

import json
import os

from posthog import Posthog

client = Posthog("phc_of_the_tests", host=os.environ["HOST_OF_EVENTS"], **json.loads(os.environ["OPTIONS_OF_CLIENT"]))


def tell(who, count):
    """Capture events numbered from 0."""
    for number in range(count):
        client.capture("told", distinct_id=who, properties={"number": number})
