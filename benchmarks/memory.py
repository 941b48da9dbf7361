"""How long the gap lab's grids take, from an empty start: python benchmarks/memory.py [quick | default] [--workers 2].

Real workers on a fresh installation in a temporary folder. Counted is the time from the order to the last point: all
compilation, but not the start of the workers, which are ready before. With several workers each point goes to one that is
free; to tell what that saves, the machine needs cores for all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import gap_job
from lab.heartbeats import workers
from lab.lab import Lab, open_lab
from lab.settings import Settings
from rnn_core.experiments.gap_grid import default_grid, quick_grid
from rnn_core.experiments.gap_points import GapSettings
from rnn_core.experiments.tasks import TASKS

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 7_200.0  # seconds


def main() -> None:
    """Runs the grid and prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("grid", choices=("quick", "default"), nargs="?", default="quick")
    parser.add_argument("--task", choices=TASKS, default="recall")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    settings = GapSettings(task=options.task)
    grid = quick_grid(settings) if options.grid == "quick" else default_grid(settings)
    with tempfile.TemporaryDirectory() as home:
        lab = open_lab(Settings.from_environment({"LAB_HOME": home}))
        environment = os.environ | lab.settings.to_environment()
        command = [sys.executable, "-m", "lab.worker"]
        crew = [subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) for _ in range(options.workers)]
        try:
            _wait(lambda: workers(lab.database).ready == options.workers)
            load, begun = os.getloadavg()[0], time.monotonic()
            run = gap_job.submit(lab, "benchmark", grid)
            _wait(lambda: not lab.store.run("benchmark", run.id).is_active)
            seconds = time.monotonic() - begun
            print(json.dumps(_report(lab, run.id, options.workers, seconds, load), indent=1))
        finally:
            for worker in crew:
                worker.terminate()
                worker.wait()


def _report(lab: Lab, run_id: str, workers_: int, seconds: float, load: float) -> dict[str, object]:
    run = lab.store.run("benchmark", run_id)
    grid = gap_job.grid_of(run)
    curve = gap_job.curve(lab, "benchmark", grid)
    scores = {f"{kind} {gap}": [round(one.score, 4) for one in curve.at(kind, gap)] for kind in grid.kinds for gap in grid.gaps}
    return {
        "state": run.state,
        "points": len(grid.points),
        "trainings": len(curve.results),
        "workers": workers_,
        "cores": os.cpu_count(),
        "load before": round(load, 2),
        "seconds": round(seconds, 1),
        "scores": scores,
    }


def _wait(condition) -> None:  # type: ignore[no-untyped-def]  # a call without arguments that gives back whether it holds
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > PATIENCE:
            raise TimeoutError
        time.sleep(0.1)


if __name__ == "__main__":
    main()
