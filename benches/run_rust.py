"""Measures the Rust crates beside their peers: sentry with sentry-tower, and posthog-rs.

Run it as `.venv/bin/python benches/run_rust.py`; `README.md` beside it says how to read the table.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from crates.rows import ROWS, Numbers, Row
from harness import environments, report, sink
from harness.environments import SetupError

from crates import weight

RESULT = environments.BENCH / "rust.json"
HEADER = ("row", "peer", "ours", "ratio", "goal", "verdict")
#: Rounds of bursts; a layer is asked a hundred times as many.
ROUNDS, QUICK_ROUNDS = 20, 3


def main() -> int:
    given = arguments()
    start = time.monotonic()
    try:
        program = build()
        with sink.running(environments.build_sink()) as running:
            numbers = measured(program, running, QUICK_ROUNDS if given.quick else ROUNDS)
        numbers.update(weight.dependencies())
        if not given.quick:
            numbers.update(weight.build_seconds())
    except SetupError as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    rows = [row for row in ROWS if row.ours in numbers]
    print()
    report.print_lines(HEADER, [cells(row, numbers) for row in rows])
    bare, head = numbers["layer_bare_ns"], numbers["layer_ours_with_head_ns"]
    print(f"\nthe bare service takes {bare:.0f} ns; with `extra_tags` the layer adds {head:.0f} ns")
    print(f"{report.machine_load()}; measured in {time.monotonic() - start:.0f} s")
    facts = {"quick": given.quick, "numbers": numbers}
    report.write_json(RESULT, [dict(zip(HEADER, cells(row, numbers), strict=True)) for row in rows], facts)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds, and no builds: a first look")
    return parser.parse_args()


def build() -> Path:
    """Build the program that measures, and return it."""
    print("building the Rust crates and their peers (minutes the first time)", flush=True)
    target = environments.BENCH / "tower"
    manifest = environments.ROOT / "benches" / "tower" / "Cargo.toml"
    command = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", str(manifest)]
    environments.run([*command, "--target-dir", str(target)])
    return target / "release" / "bench-tower"


def measured(program: Path, running: sink.Sink, rounds: int) -> Numbers:
    """Run the program, and check that what it has captured is what has arrived."""
    running.reset()
    print("measuring ...", flush=True)
    # A journal is on a disk; a temporary directory may be in memory.
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="hogback-bench-") as journal:
        command = [str(program), running.address, journal, str(rounds)]
        done = subprocess.run(command, env=environments.variables(), text=True, capture_output=True, check=False)
    if done.returncode:
        raise SetupError(f"{program.name} failed:\n{done.stderr}")
    numbers: Numbers = json.loads(done.stdout.splitlines()[-1])
    arrived = running.stats()["events"]
    if arrived != numbers["captured"]:
        raise SetupError(f"{numbers['captured']:.0f} events were captured and {arrived} arrived")
    return numbers


def cells(row: Row, numbers: Numbers) -> tuple[str, ...]:
    ours, peer = numbers[row.ours], numbers[row.theirs]
    times = peer / max(ours, 0.01)
    return (
        row.title,
        f"{row.peer} {amount(peer, row)}",
        amount(ours, row),
        f"{report.figure(times)}x",
        row.goal.text(),
        row.goal.verdict(ours, times),
    )


def amount(number: float, row: Row) -> str:
    return f"{report.figure(number)} {row.unit}" if row.unit else f"{number:.0f}"


if __name__ == "__main__":
    sys.exit(main())
