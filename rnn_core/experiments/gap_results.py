"""What the gap lab found: one result a seed, and the curve that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from rnn_core.experiments.gap_points import GAP_KINDS, GapSettings
from rnn_core.experiments.tasks import TASK, TaskName
from rnn_core.experiments.tuning import Start
from rnn_core.spec import Kind


@dataclass(frozen=True)
class SeedResult:
    """One seed's training at one gap."""

    key: str
    task: TaskName
    kind: Kind
    gap: int
    seed: int
    units: int
    parameters: int
    learning_rate: float
    start: Start
    score: float  # accuracy or error of 1,024 new sequences
    solved: bool  # whether training ended early because the task was solved
    steps: int  # of the optimiser that were taken
    curve: tuple[float, ...]  # mean score of the training batches by hundreds of steps
    double_score: float | None  # the score at twice the gap, which no sequence in training had; None where it is not measured
    gradient_before: float | None  # log10 of the norm of d(right answer)/d(what must be remembered) before training; None: zero
    gradient_after: float | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, as JSON knows them."""
        return {field.name: getattr(self, field.name) for field in fields(self)} | {"curve": list(self.curve)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The result that `to_dict` gave."""
        return cls(**{**values, "curve": tuple(values["curve"])})


@dataclass(frozen=True)
class Spread:
    """A score over seeds: its mean, and the range from the worst to the best."""

    mean: float
    low: float
    high: float
    values: tuple[float, ...]


@dataclass(frozen=True)
class GapCurve:
    """Results by kind and gap, as many as there are so far."""

    settings: GapSettings
    results: tuple[SeedResult, ...]

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Kinds that have a result, in the order of `GAP_KINDS`."""
        there = {result.kind for result in self.results}
        return tuple(kind for kind in GAP_KINDS if kind in there)

    @property
    def gaps(self) -> tuple[int, ...]:
        """Gaps that have a result, ascending."""
        return tuple(sorted({result.gap for result in self.results}))

    def at(self, kind: Kind, gap: int) -> tuple[SeedResult, ...]:
        """The seeds of one point, ascending; empty if none is trained yet."""
        return tuple(sorted((r for r in self.results if (r.kind, r.gap) == (kind, gap)), key=lambda r: r.seed))

    def spread(self, kind: Kind, gap: int) -> Spread | None:
        """The score of one point over its seeds; None if none is trained yet."""
        return _spread([result.score for result in self.at(kind, gap)])

    def double_spread(self, kind: Kind, gap: int) -> Spread | None:
        """The score at twice the gap that the network was trained on; None where that was not measured."""
        return _spread([result.double_score for result in self.at(kind, gap) if result.double_score is not None])

    def gradient(self, kind: Kind, gap: int, after: bool = False) -> float | None:
        """Mean over seeds of log10 of the measured gradient, before or after training; None where it is zero or not measured."""
        found = [r.gradient_after if after else r.gradient_before for r in self.at(kind, gap)]
        known = [value for value in found if value is not None]
        return float(np.mean(known)) if known else None

    def baseline(self, gap: int) -> float:
        """The score that needs no memory."""
        return TASK[self.settings.task].baseline(gap)

    def longest_remembered(self, kind: Kind, level: float = 0.95) -> int | None:
        """The longest gap at which every seed reaches this accuracy (an error: at most 1 - level of the baseline's), up to the
        first gap at which one does not; None: not even the shortest."""
        longest = None
        for gap in self.gaps:
            spread = self.spread(kind, gap)
            if spread is None:
                continue
            reached = spread.low >= level if self._counts_right else spread.high <= (1 - level) * self.baseline(gap)
            if not reached:
                break
            longest = gap
        return longest

    def first_at_baseline(self, kind: Kind, tolerance: float = 0.03) -> int | None:
        """The shortest gap at which the mean is no better than without memory, within a tolerance; None: no gap."""
        for gap in self.gaps:
            spread, line = self.spread(kind, gap), self.baseline(gap)
            if spread and (spread.mean <= line + tolerance if self._counts_right else spread.mean >= line * (1 - tolerance)):
                return gap
        return None

    @property
    def _counts_right(self) -> bool:
        return TASK[self.settings.task].measure == "accuracy"

    def rows(self) -> list[dict[str, Any]]:
        """One row a seed, for a table or a CSV; the training curve left out."""
        ordered = sorted(self.results, key=lambda r: (GAP_KINDS.index(r.kind), r.gap, r.seed))
        return [{name: value for name, value in r.to_dict().items() if name not in ("curve", "key")} for r in ordered]


def _spread(values: Sequence[float]) -> Spread | None:
    return Spread(float(np.mean(values)), min(values), max(values), tuple(values)) if values else None
