"""What every scenario shares: its arguments, its answer, and the count of what the sink has received."""

import argparse
import json
import urllib.request
from collections.abc import Sequence
from typing import Any


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sink", required=True, help="address of the sink")
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--journal", action="store_true", help="keep events on disk, where the package can")
    return parser.parse_args()


def answer(*, captured: int, **measured: float) -> None:
    """Print the one line that the runner reads; *captured* is what the sink must have received by now."""
    print(json.dumps({"captured": captured, **measured}))


def delivered(sink: str) -> int:
    """Return how many events the sink has received."""
    with urllib.request.urlopen(f"{sink}/stats", timeout=10) as response:  # noqa: S310 (always our own http sink)
        stats: dict[str, Any] = json.load(response)
    return int(stats["events"])


def percentile(sorted_values: Sequence[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]
