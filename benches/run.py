"""Measures the official `posthog` package and ours side by side, and prints one table.

Run it as `.venv/bin/python benches/run.py`; `README.md` beside it says how to read the table.
"""

import argparse
import sys
import time

from harness import environments, report, rounds, sink
from harness.environments import Environment, SetupError
from harness.rounds import NotDeliveredError, Program, Result
from harness.rows import SCENARIOS, WHEEL, WHEEL_NAME, Scenario

NAMES = [*(scenario.name for scenario in SCENARIOS), WHEEL_NAME]


def main() -> int:
    given = arguments()
    wanted = given.only or NAMES
    try:
        peers = (*environments.peers(given.ours), environments.sentry())
        start = time.monotonic()
        with sink.running(environments.build_sink()) as running:
            results, notes = measure(wanted, peers, running, quick=given.quick)
        if WHEEL_NAME in wanted and given.ours is None:
            results.append(wheel_sizes())
    except (SetupError, NotDeliveredError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - start
    notes.append(report.machine_load())
    print()
    report.print_table(results)
    print("\n".join(["", *notes, f"measured in {seconds:.0f} s; every round is in .bench/result.json"]))
    facts = {
        "official": environments.OFFICIAL,
        "ours": given.ours or "this tree",
        "quick": given.quick,
        "seconds": round(seconds),
    }
    report.write_json(environments.BENCH / "result.json", report.rounds(results), facts)
    return 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer calls and rounds: a first look, in about a minute")
    parser.add_argument("--only", action="append", choices=NAMES, metavar="NAME", help=f"one of {', '.join(NAMES)}")
    parser.add_argument(
        "--ours",
        metavar="REQUIREMENT",
        help=f"measure this wheel or pip requirement in our place; {environments.OFFICIAL} shows the noise",
    )
    return parser.parse_args()


def measure(
    wanted: list[str], peers: tuple[Environment, Environment, Environment], running: sink.Sink, *, quick: bool
) -> tuple[list[Result], list[str]]:
    """Run the wanted scenarios; return their rows and what is worth saying below the table."""
    official, hogback, sentry = peers
    results: list[Result] = []
    notes: list[str] = []
    for scenario in (scenario for scenario in SCENARIOS if scenario.name in wanted):
        print(f"measuring {scenario.name} ...", flush=True)
        peer = Program(sentry if scenario.beside else official, scenario.program, sized(scenario, quick=quick))
        ours = Program(hogback, scenario.beside or scenario.program, peer.arguments)
        answers = rounds.take_turns(peer, ours, running, scenario.quick_rounds if quick else scenario.rounds)
        results.extend(rounds.result(row, answers) for row in scenario.rows)
        notes.extend(remarks(scenario, answers))
    return results, notes


def sized(scenario: Scenario, *, quick: bool) -> tuple[str, ...]:
    return scenario.quick if quick else scenario.full


def remarks(scenario: Scenario, answers: list[tuple[rounds.Answer, rounds.Answer]]) -> list[str]:
    """Say what bare Django itself took, and how far two equal bare sites are apart: the noise of the row."""
    everything = [answer for pair in answers for answer in pair]
    said = []
    if "bare_us" in everything[0]:
        bare = sorted(answer["bare_us"] for answer in everything)
        said.append(f"{scenario.name}: the bare request took {bare[0]:.0f}..{bare[-1]:.0f} us")
    if "control_us" in everything[0]:
        control = max(abs(answer["control_us"]) for answer in everything)
        said.append(f"{scenario.name}: bare over bare, which should be 0, was at most {control:.2f} us off")
    return said


def wheel_sizes() -> Result:
    """Compare the two wheels as they are downloaded, without what they depend on."""
    official = environments.official_wheel().stat().st_size
    ours = next((environments.BENCH / "wheels" / "hogback").glob("*.whl")).stat().st_size
    return Result(WHEEL, [official / 1e6], [ours / 1e6])


if __name__ == "__main__":
    sys.exit(main())
