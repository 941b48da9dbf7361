"""Which trainings make up a curve of memory against gap: their settings, their keys and their order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

from rnn_core.experiments.tasks import FILLERS, TASKS, Filler, TaskName
from rnn_core.experiments.tuning import STARTS, Start, Tuning, tuned
from rnn_core.spec import Kind

Match = Literal["units", "parameters"]

GAP_KINDS: tuple[Kind, ...] = ("simple_rnn", "gru", "lstm", "transformer", "bag_of_words")
CONTROL: Kind = "bag_of_words"
LONGEST_GAP = 500
_FORMAT = 1  # raised when the same settings would no longer give the same numbers


class ExperimentError(ValueError):
    """Settings of an experiment that make no sense; the message says which."""


@dataclass(frozen=True)
class GapSettings:
    """What all points of a curve share.

    Raises:
        ExperimentError: a value outside its limits.
    """

    task: TaskName = "recall"
    filler: Filler = "random"  # what fills the gap of the recall task
    match: Match = "units"  # what is the same for all kinds: the units, or within 5 % the parameters of an LSTM with these units
    units: int = 32
    features: int = 32  # width of what a step puts in
    steps: int = 3_000  # of the optimiser, at most; a seed that has solved its task stops early
    batch: int = 64  # new sequences a step
    clip_norm: float = 1.0  # global norm of the gradient
    curriculum: bool = False  # half of the sequences have a shorter gap, the same for every kind
    start: Start | None = None  # None: as tuned for the kind
    learning_rate: float | None = None  # None: as tuned for the kind

    def __post_init__(self) -> None:
        limits = {"units": (4, 256), "features": (4, 128), "steps": (100, 20_000), "batch": (8, 512)}
        for name, (least, most) in limits.items():
            if not least <= getattr(self, name) <= most:
                raise ExperimentError(f"{name} must be between {least} and {most}, not {getattr(self, name)}.")
        for name, options in (("task", TASKS), ("filler", FILLERS), ("match", get_args(Match))):
            if getattr(self, name) not in options:
                raise ExperimentError(f"{name} must be one of {', '.join(options)}, not {getattr(self, name)!r}.")
        if self.start not in (None, *STARTS):
            raise ExperimentError(f"start must be standard or matched, not {self.start!r}.")
        if self.learning_rate is not None and not 1e-5 <= self.learning_rate <= 0.1:
            raise ExperimentError(f"learning_rate must be between 0.00001 and 0.1, not {self.learning_rate}.")
        if self.features % 4:
            raise ExperimentError(f"features must be a multiple of 4, the heads of the Transformer, not {self.features}.")
        if not 0 < self.clip_norm <= 1_000:
            raise ExperimentError(f"clip_norm must be above 0 and at most 1,000, not {self.clip_norm}.")

    def tuning(self, kind: Kind) -> Tuning:
        """What this kind is trained with: what is set here, else what the recorded tuning found for it."""
        if self.learning_rate and self.start:
            return Tuning(self.learning_rate, self.start)
        found = tuned(self.task)[kind]
        return Tuning(self.learning_rate or found.learning_rate, self.start or found.start)


@dataclass(frozen=True)
class Point:
    """One kind of network at one gap, from some seeds: what a worker trains in one go."""

    settings: GapSettings
    kind: Kind
    gap: int
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.kind not in GAP_KINDS:
            raise ExperimentError(f"The gap lab trains {', '.join(GAP_KINDS)}, not {self.kind!r}.")
        if not 1 <= self.gap <= LONGEST_GAP:
            raise ExperimentError(f"A gap must be between 1 and {LONGEST_GAP} steps, not {self.gap}.")

    @property
    def key(self) -> str:
        """Tells this point from every other."""
        return _digest([self.key_of(seed) for seed in self.seeds])

    def key_of(self, seed: int) -> str:
        """Tells one seed's training from every other: the same settings give the same key, in whichever grid they stand."""
        settings, tuning = self.settings, self.settings.tuning(self.kind)
        parts = {
            "format": _FORMAT,
            "task": settings.task,
            "filler": settings.filler if settings.task == "recall" else "",
            "kind": self.kind,
            "gap": self.gap,
            "seed": seed,
            "match": settings.match if self.kind not in ("lstm", CONTROL) else "",  # the others are matched to the LSTM
            "units": settings.units if self.kind != CONTROL else 0,
            "features": settings.features,
            "steps": settings.steps,
            "batch": settings.batch,
            "clip_norm": settings.clip_norm,
            "curriculum": settings.curriculum,
            "start": tuning.start,
            "learning_rate": tuning.learning_rate,
        }
        return _digest(parts)


def grid(
    settings: GapSettings, kinds: Sequence[Kind], gaps: Sequence[int], seeds: Sequence[int], done: Collection[str] = ()
) -> tuple[Point, ...]:
    """The points that are still to be trained, in an order that shows the shape of the curve early: gaps far apart come first,
    and every kind at one gap before the next gap.

    done: keys of seeds that are trained already, under whatever grid that was.
    """
    points = []
    for gap in _far_apart_first(sorted(set(gaps))):
        for kind in kinds:
            whole = Point(settings, kind, gap, tuple(seeds))
            missing = tuple(seed for seed in whole.seeds if whole.key_of(seed) not in done)
            if missing:
                points.append(Point(settings, kind, gap, missing))
    return tuple(points)


def _far_apart_first(gaps: list[int]) -> list[int]:
    """A quarter, three quarters, the shortest, the longest, then what lies between, the middle of each hole first."""
    count = len(gaps)
    order = list(dict.fromkeys([count // 4, (3 * count) // 4, 0, count - 1]) if count else [])
    while len(order) < count:
        known = sorted(order)
        holes = [(high - low, -low) for low, high in pairwise(known) if high - low > 1]
        width, low = max(holes)
        order.append(-low + width // 2)
    return [gaps[place] for place in order]


def _digest(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]
