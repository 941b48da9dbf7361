"""How long the gap lab's grids take, from an empty start: python benchmarks/memory.py [quick | default] [--workers 2].

The import of TensorFlow and all compilation are counted. With several workers, each is a process of its own that takes every
n-th point, as many workers on one queue would; on a machine with few cores they share them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

BEGUN = time.monotonic()


def main() -> None:
    """Runs the grid and prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("grid", choices=("quick", "default"), nargs="?", default="quick")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--part", type=int, help="run only this worker's points (0 is the first)")
    options = parser.parse_args()
    if options.part is None and options.workers > 1:
        own = [sys.executable, __file__, options.grid, "--workers", str(options.workers)]
        parts = [subprocess.Popen([*own, "--part", str(part)], stdout=subprocess.PIPE) for part in range(options.workers)]
        scores = {key: value for part in parts for key, value in json.loads(part.communicate()[0])["scores"].items()}
    else:
        scores = train(options.grid, options.part or 0, options.workers if options.part is not None else 1)
    seconds = round(time.monotonic() - BEGUN, 1)
    print(json.dumps({"grid": options.grid, "workers": options.workers, "seconds": seconds, "scores": scores}, indent=1))


def train(name: str, part: int, workers: int) -> dict[str, list[float]]:
    """Trains every n-th point of a grid: "kind gap" -> scores of its seeds."""
    from rnn_core.experiments.gap_points import GAP_KINDS
    from rnn_core.experiments.memory import DEFAULT_GAPS, QUICK_GAPS, QUICK_KINDS, GapSettings, grid, run_point

    kinds, gaps, seeds = (QUICK_KINDS, QUICK_GAPS, 3) if name == "quick" else (GAP_KINDS, DEFAULT_GAPS, 5)
    points = grid(GapSettings(), kinds, gaps, range(seeds))[part::workers]
    return {f"{point.kind} {point.gap}": [round(result.score, 4) for result in run_point(point)] for point in points}


if __name__ == "__main__":
    main()
