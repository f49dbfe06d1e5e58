"""What the commands have in common."""

import math
from argparse import ArgumentParser, ArgumentTypeError


def add_timeout(parser: ArgumentParser) -> None:
    """Let the caller say how long to wait."""
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="how long to wait; 10 seconds unless given",
    )


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds
