"""A site whose client is made at the import, which a pre-forking server does before it forks."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from _child import capture, make_client
from harness.sink import Sink

client = make_client(Sink(os.environ["BENCH_SINK"], control=""))


def application(_environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"taken" if capture(client) else b"refused"]
