"""Measures what is lost in failures, and what it costs, with the official `posthog` package and with ours.

Run it as `.venv/bin/python benches/run_reliability.py`; `README.md` beside it says how to read the table.
"""

import argparse
import sys
import time

from harness import environments, report, sink
from harness.environments import SetupError
from reliability import report as table
from reliability import runs, uwsgi
from reliability.place import Peer
from reliability.processes import BrokenError
from reliability.report import Measured
from reliability.rows import SCENARIOS, Scenario

NAMES = [scenario.name for scenario in SCENARIOS]
RESULT = environments.BENCH / "reliability.json"


def main() -> int:
    given = arguments()
    wanted = [scenario for scenario in SCENARIOS if scenario.name in (given.only or NAMES)]
    try:
        official, hogback = environments.peers(given.ours)
        if any(scenario.program == "wsgi" for scenario in wanted):
            uwsgi.environment()
        keeps_journal = given.ours != environments.OFFICIAL
        peers = Peer(official, keeps_journal=False), Peer(hogback, keeps_journal=keeps_journal)
        start = time.monotonic()
        with sink.running(environments.build_sink()) as running:
            results = [measure(scenario, peers, running, quick=given.quick) for scenario in wanted]
    except (SetupError, BrokenError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    seconds = round(time.monotonic() - start)
    print()
    table.print_table(results)
    notes = [remark for result in results for remark in table.remarks(result)]
    where = RESULT.relative_to(environments.ROOT)
    print("\n".join(["", *notes, report.machine_load(), f"measured in {seconds} s; every run is in {where}"]))
    facts = {
        "official": environments.OFFICIAL,
        "ours": given.ours or "this tree",
        "quick": given.quick,
        "seconds": seconds,
        "runs": {result.scenario.name: result.runs for result in results},
    }
    report.write_json(RESULT, [row for result in results for row in result.as_json()], facts)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="shorter failures and fewer runs: a first look")
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME", help=f"one of {', '.join(NAMES)}")
    parser.add_argument("--ours", metavar="REQUIREMENT", help="measure this wheel or pip requirement in our place")
    return parser.parse_args()


def measure(scenario: Scenario, peers: tuple[Peer, Peer], running: sink.Sink, *, quick: bool) -> Measured:
    """Run the scenario for both peers, one after the other."""
    size = scenario.quick if quick else scenario.full
    times = scenario.quick_runs if quick else scenario.runs
    print(f"measuring {scenario.name} ...", flush=True)
    (official, all_official), (ours, all_ours) = (runs.run_all(scenario, size, times, peer, running) for peer in peers)
    return Measured(scenario, size, official, ours, {"official": all_official, "ours": all_ours})


if __name__ == "__main__":
    sys.exit(main())
