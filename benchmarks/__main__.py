"""Runs the benchmarks and prints a table, or JSON lines with --json; a name runs one."""

import json
import sys
from importlib import import_module

from monitor import fittings

BENCHES = {
    "intake": "benchmarks.intake",
    "mediacrawler": "benchmarks.mediacrawler",
    "replay": "benchmarks.replay",
    "rules": "benchmarks.rules",
    "looks": "benchmarks.looks",
    "ceiling": "benchmarks.ceiling",
    "judge-100k": "benchmarks.judging",
    "lanes": "benchmarks.lanes",
    "scoring": "benchmarks.scoring",
    "sentiment": "benchmarks.sentiment",
    "surges": "benchmarks.surges",
    "fortnight": "benchmarks.fortnight",
    "faults": "benchmarks.faults",
    "feed": "benchmarks.feed",
    "freshness": "benchmarks.freshness",
    "parse": "benchmarks.parse",
    "refit": "benchmarks.refit",
    "demo": "benchmarks.demo",
    "latency": "benchmarks.latency",
    "kills": "benchmarks.kills",
    "soak": "benchmarks.soak",
    "reload": "benchmarks.reload",
    "metrics": "benchmarks.metrics",
    "delivery": "benchmarks.delivery",
    "intake-slack": "benchmarks.presses",
    "newcomer": "benchmarks.newcomer",
}


def main(arguments: list[str]) -> int:
    as_json = "--json" in arguments
    names = [name for name in arguments if not name.startswith("-")] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"no benchmark called {', '.join(unknown)}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    fittings.log_to("console", at_least="warning")
    for name in names:
        for figure in import_module(BENCHES[name]).run():
            if as_json:
                print(json.dumps(figure.as_json(), ensure_ascii=False), flush=True)
            else:
                beside = f"  beside {figure.beside}: {figure.beside_value:,.6g}" if figure.beside else ""
                ratio = f" ({figure.ratio}x)" if figure.ratio else ""
                wanted = f"  [wanted {figure.wanted}]" if figure.wanted else ""
                print(f"{figure.name:<46} {figure.value:>12,.6g} {figure.unit:<14}{beside}{ratio}{wanted}", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
