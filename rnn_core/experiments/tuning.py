"""What each kind of network is trained with in the gap lab, and how that was chosen: the best of as many tries for every kind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from rnn_core.experiments.tasks import TaskName
from rnn_core.spec import RECURRENT_KINDS, Kind

Start = Literal["standard", "matched"]
STARTS: tuple[Start, ...] = get_args(Start)
FOLDER = Path(__file__).parent / "recorded"
_RATES = (1e-3, 3e-3, 1e-2)
_RATES_WITHOUT_START = (3e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2)


@dataclass(frozen=True)
class Tuning:
    """What one kind of network is trained with on one task."""

    learning_rate: float
    start: Start


def choices(kind: Kind) -> tuple[Tuning, ...]:
    """What is tried for a kind: three learning rates from two starts, or six learning rates where there is one start only."""
    if kind in RECURRENT_KINDS:
        return tuple(Tuning(rate, start) for start in STARTS for rate in _RATES)
    return tuple(Tuning(rate, "standard") for rate in _RATES_WITHOUT_START)


@cache
def tuned(task: TaskName) -> dict[Kind, Tuning]:
    """What each kind is trained with on this task."""
    return {kind: Tuning(**values) for kind, values in tuning_record()[task]["chosen"].items()}


@cache
def tuning_record() -> dict[str, Any]:
    """All that was tried: by task the gaps and seeds that every choice was tried on, each try's score, and what was chosen."""
    record: dict[str, Any] = json.loads((FOLDER / "tuning.json").read_text(encoding="utf-8"))
    return record
