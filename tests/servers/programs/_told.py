"""A client made at import, and events that say who captured them."""

import json
import os

from posthog import Posthog


def make_client(**options):
    """Return a client as the test wants it."""
    asked = json.loads(os.environ["OPTIONS_OF_CLIENT"])
    return Posthog("phc_of_the_tests", host=os.environ["HOST_OF_EVENTS"], **asked, **options)


client = make_client()


def tell(who, count, teller=client):
    """Capture events numbered from 0."""
    for number in range(count):
        teller.capture("told", distinct_id=who, properties={"number": number})
