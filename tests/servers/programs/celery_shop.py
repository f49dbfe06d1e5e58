"""Tasks of a shop: the module that a Celery worker loads, and a program that sends them."""

import os
import signal
import sys

import posthog
from _told import client
from celery import Celery
from posthog.integrations.celery import PosthogCeleryIntegration

posthog.default_client = client
PosthogCeleryIntegration().instrument()

app = Celery("shop", broker=f"redis+socket://{os.environ['BROKER']}", backend=f"redis+socket://{os.environ['BROKER']}")
app.conf.broker_connection_retry_on_startup = True


@app.task(name="shop.order")
def order(number):
    """Capture who ordered, and have a receipt sent."""
    posthog.capture("ordered", properties={"number": number, "pid": os.getpid()})
    posthog.tag("ordered", number)
    receipt.delay(number)


@app.task(name="shop.receipt")
def receipt(number):
    """Capture to whom the receipt was sent."""
    posthog.capture("receipt sent", properties={"number": number})


@app.task(name="shop.pay", bind=True, max_retries=2, default_retry_delay=0)
def pay(self):
    """Fail, try and fail."""
    raise self.retry(exc=ConnectionError("the bank does not answer"))


@app.task(name="shop.tell", bind=True, max_retries=1, default_retry_delay=0)
def tell(self):
    """Tell which headers of the sender's own it got, and do so again."""
    posthog.capture(
        "told", properties={"nested": (self.request.headers or {}).get("mine"), "mine": self.request.get("mine")}
    )
    if not self.request.retries:
        raise self.retry()


@app.task(name="shop.crash")
def crash():
    """Take the process with it."""
    posthog.capture("crashing")
    os.kill(os.getpid(), signal.SIGKILL)


def send(name, count):
    """Send so many tasks, each for a visitor of its own."""
    for number in range(int(count)):
        with posthog.new_context():
            posthog.identify_context(f"visitor {number}")
            posthog.set_context_session(f"session {number}")
            posthog.tag("plan", f"plan {number}")
            posthog.tag("$ip", "203.0.113.7")
            options = {"headers": {"mine": number}} if name == "tell" else {}
            app.tasks[f"shop.{name}"].apply_async(args=[number] if name == "order" else [], **options)


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
