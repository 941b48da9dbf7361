"""Runs of the gap lab that come with the project, with what made them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from rnn_core.experiments.gap_points import GapSettings
from rnn_core.experiments.gap_results import GapCurve, SeedResult
from rnn_core.experiments.tasks import TASKS, TaskName
from rnn_core.experiments.tuning import FOLDER


@dataclass(frozen=True)
class Recording:
    """A curve and what made it."""

    curve: GapCurve
    command: str
    versions: dict[str, str]
    machine: str
    seconds: float


@cache
def recording(task: TaskName) -> Recording | None:
    """The bundled run of the default grid of this task; None for a task without one."""
    file = FOLDER / f"{task}.json"
    return recording_from_dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None


def recorded_tasks() -> tuple[TaskName, ...]:
    """Tasks that have a bundled run."""
    return tuple(task for task in TASKS if (FOLDER / f"{task}.json").exists())


def recording_from_dict(values: dict[str, Any]) -> Recording:
    """The recording that `recording_to_dict` gave."""
    results = tuple(SeedResult.from_dict(result) for result in values["results"])
    curve = GapCurve(GapSettings(**values["settings"]), results)
    return Recording(curve, values["command"], values["versions"], values["machine"], values["seconds"])


def recording_to_dict(found: Recording) -> dict[str, Any]:
    """All of a recording, as JSON knows it."""
    return {
        "command": found.command,
        "versions": found.versions,
        "machine": found.machine,
        "seconds": found.seconds,
        "settings": vars(found.curve.settings),
        "results": [result.to_dict() for result in found.curve.results],
    }
