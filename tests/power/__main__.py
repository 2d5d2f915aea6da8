"""`python -m tests.power`: cut the power of a service under load again and again, and count what happened."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.durability.test_kill import table

from .cuts import Cuts
from .shim import compiled


def main() -> int:
    """Run, print the counts, and return 1 at the first cut that something was lost by."""
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="otel-cert-power-") as folder:
        shim = compiled(Path(__file__).with_name("shim.c"), Path(folder))
        cuts = Cuts(Path(folder) / "cuts", shim, options.seed)
        for number in range(1, options.cuts + 1):
            if found := cuts.cut(options.variants):
                sys.stdout.write(f"cut {number} of seed {options.seed}: {found}\n")
                return 1
            sys.stderr.write(f"cut {number}: {len(cuts.acknowledged)} lines acknowledged\n")
    sys.stdout.write(
        f"{table(cuts.hits)}\n\n{len(cuts.acknowledged)} lines acknowledged, none lost and none stored twice\n"
    )
    for what, count in sorted(cuts.fates.items()):
        sys.stdout.write(f"{what:<20}{count:>8}\n")
    return 0


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.power", description=__doc__)
    parser.add_argument("--cuts", type=int, default=100, help="how often the power is cut; default 100")
    parser.add_argument(
        "--variants", type=int, default=4, help="disks per cut: one that kept nothing unsynced, the others by chance"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the moments and of what stays on the disk")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
