"""`python -m tests.simulation --seeds 0:2000` runs those seeds on all cores; `--seed 17` replays one and prints it."""

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.promises import PROMISES
from tests.simulation.world import run


def main() -> int:
    """1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seeds", metavar="FIRST:END", help="run these, without the last")
    which.add_argument("--seed", type=int, help="run this one, and print its history")
    parser.add_argument("--until-broken", action="store_true", help="end with the first seed that broke a promise")
    parser.add_argument("--processes", type=int, help="instead of one for each core")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        return _replay(arguments.seed)
    first, _, end = arguments.seeds.partition(":")
    return _run(range(int(first), int(end)), arguments.processes, until_broken=arguments.until_broken)


def _replay(seed: int) -> int:
    history = run(seed)
    print(*history.lines, sep="\n")
    for said in history.violations:
        print(f"seed {seed}: {said}", file=sys.stderr)
    return 1 if history.violations else 0


def _run(seeds: range, processes: int | None, *, until_broken: bool) -> int:
    began, broken = time.monotonic(), 0
    with ProcessPoolExecutor(processes) as pool:
        for count, (seed, violations) in enumerate(pool.map(_violations, seeds, chunksize=1), 1):
            if violations:
                broken += 1
                print(f"seed {seed}, the {count}. of them: {violations[0]} ({PROMISES[violations[0][:2]]})", flush=True)
            if violations and until_broken:
                pool.shutdown(wait=False, cancel_futures=True)
                return 1
    print(f"{len(seeds)} seeds in {time.monotonic() - began:.1f} s, {broken} broke a promise")
    return 1 if broken else 0


def _violations(seed: int) -> tuple[int, list[str]]:
    return seed, run(seed).violations


if __name__ == "__main__":
    sys.exit(main())
