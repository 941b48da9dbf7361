"""Makes what comes with the project: `python -m rnn_core.experiments.record tune TASK` and `… record grid TASK`.

Both write after every point and go on from what is written, so they can be stopped at any time.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from rnn_core.experiments.gap_points import GAP_KINDS, GapSettings, Point, grid
from rnn_core.experiments.gap_results import GapCurve, SeedResult
from rnn_core.experiments.memory import DEFAULT_GAPS, run_point
from rnn_core.experiments.recorded import Recording, recording_from_dict, recording_to_dict
from rnn_core.experiments.tasks import TASK, TASKS, TaskName
from rnn_core.experiments.tuning import FOLDER, Tuning, choices
from rnn_core.spec import Kind

TUNING_GAPS: dict[TaskName, tuple[int, ...]] = {
    "recall": (20, 50),
    "adding": (50,),
    "copy": (20, 50),
    "first_word": (20, 50),
}
TUNING_SEEDS = (1_000, 1_001)  # no seeds of a recorded curve
_log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("what", choices=("tune", "grid"))
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--gaps", type=int, nargs="+", default=list(DEFAULT_GAPS))
    parser.add_argument("--kinds", nargs="+", choices=GAP_KINDS, default=list(GAP_KINDS))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if options.what == "tune":
        tune(options.task, options.folder, options.kinds)
    else:
        record(options.task, options.folder, tuple(options.kinds), tuple(options.gaps), options.seeds)


def record(task: TaskName, folder: Path, kinds: tuple[Kind, ...], gaps: tuple[int, ...], seeds: int) -> None:
    """Trains what is missing of the grid and writes `TASK.json`."""
    file, settings = folder / f"{task}.json", GapSettings(task=task)
    before = recording_from_dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None
    results = {result.key: result for result in before.curve.results} if before else {}
    spent = before.seconds if before else 0.0
    command = f"python -m rnn_core.experiments.record grid {task} --kinds {' '.join(kinds)} --seeds {seeds}"
    command += f" --gaps {' '.join(map(str, gaps))}"
    for point in grid(settings, kinds, gaps, range(seeds), results):
        begun = time.monotonic()
        for result in run_point(point):
            results[result.key] = result
            _log.info("%s gap %d seed %d: %.4f after %d steps", point.kind, point.gap, result.seed, result.score, result.steps)
        spent += time.monotonic() - begun
        curve = GapCurve(settings, tuple(results.values()))
        _write(file, recording_to_dict(Recording(curve, command, versions(), machine(), round(spent, 1))))


def tune(task: TaskName, folder: Path, kinds: list[Kind]) -> None:
    """Tries every choice of every kind and writes what was best into `tuning.json`."""
    file = folder / "tuning.json"
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    entry = document.setdefault(task, {"gaps": list(TUNING_GAPS[task]), "seeds": list(TUNING_SEEDS), "tries": [], "chosen": {}})
    entry |= {"gaps": list(TUNING_GAPS[task]), "seeds": list(TUNING_SEEDS)}
    tries: list[dict[str, Any]] = entry.setdefault("tries", [])
    for kind in kinds:
        for tuning in choices(kind):
            for gap in TUNING_GAPS[task]:
                where = {"kind": kind, "gap": gap, "learning_rate": tuning.learning_rate, "start": tuning.start}
                if any(all(one[name] == value for name, value in where.items()) for one in tries):
                    continue
                settings = GapSettings(task=task, learning_rate=tuning.learning_rate, start=tuning.start)
                tries += [_try(where, result) for result in run_point(Point(settings, kind, gap, TUNING_SEEDS))]
                _log.info("%s", tries[-1])
                _write(file, document)
        best = best_choice(task, kind, tries)
        entry["chosen"][kind] = {"learning_rate": best.learning_rate, "start": best.start}
        _write(file, document)


def best_choice(task: TaskName, kind: Kind, tries: list[dict[str, Any]]) -> Tuning:
    """The choice with the best mean score over gaps and seeds; among scores that agree to 1 %, the one of the fewest steps."""
    sign = 1 if TASK[task].measure == "accuracy" else -1

    def worth(tuning: Tuning) -> tuple[float, float]:
        own = [one for one in tries if (one["kind"], one["learning_rate"], one["start"]) == (kind, *vars(tuning).values())]
        scores = [one["score"] for one in own]
        return round(sign * float(np.mean(scores)), 2), -float(np.mean([one["steps"] for one in own]))

    return max(choices(kind), key=worth)


def versions() -> dict[str, str]:
    """What else decides the numbers."""
    packages = {name: version(name) for name in ("keras", "numpy")}
    tensorflow = next(name for name in ("tensorflow-cpu", "tensorflow") if _is_installed(name))
    return {"python": platform.python_version(), tensorflow: version(tensorflow), **packages}


def machine() -> str:
    """Processor and cores, as a reader of a recorded time wants to know."""
    return f"{platform.machine()}, {os.cpu_count()} cores"


def _is_installed(name: str) -> bool:
    from importlib.metadata import PackageNotFoundError

    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _try(where: dict[str, Any], result: SeedResult) -> dict[str, Any]:
    return {**where, "seed": result.seed, "score": result.score, "steps": result.steps, "solved": result.solved}


def _write(file: Path, document: dict[str, Any]) -> None:
    """Whole or not at all."""
    temporary = file.with_suffix(".tmp")
    temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")
    temporary.replace(file)


if __name__ == "__main__":
    main()
