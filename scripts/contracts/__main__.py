"""See the package."""

import sys

from scripts.contracts import RELEASED, all_broken, write


def main(arguments: list[str]) -> int:
    if not set(arguments) <= {"release", "--break"}:
        print("usage: python -m scripts.contracts [release [--break]]", file=sys.stderr)
        return 2
    is_first = not RELEASED.exists()
    told = [] if is_first else [f"{name}: {said}" for name, found in all_broken().items() for said in found]
    for line in told:
        print(line)
    if told and "--break" not in arguments:
        return 1
    if "release" in arguments:
        write()
        print(f"released in {RELEASED.name}/")
    elif not told:
        print("nothing is broken")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
