"""One seed, closely: `python -m benchmarks.fortnight SEED [DOOR]`."""

import sys

from benchmarks.fortnight import world
from benchmarks.fortnight.doors import DOORS, watch
from benchmarks.fortnight.reckoning import lines, reckon
from monitor import fittings


def main(arguments: list[str]) -> int:
    fittings.log_to("console", at_least="warning")
    seed, wanted = int(arguments[0]), " ".join(arguments[1:])
    made = world(seed)
    for door in DOORS:
        if wanted in door.name:
            seen = watch(made, door, seed=seed)
            print("\n".join(lines(seen, reckon(seen))), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
