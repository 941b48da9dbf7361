"""A grid of the gap lab: which kinds, gaps and seeds are trained with which settings, what that costs, how it is written down."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from typing import Any, Self

from rnn_core.experiments.gap_points import GAP_KINDS, ExperimentError, GapSettings, Point, grid
from rnn_core.experiments.memory import DEFAULT_GAPS, QUICK_GAPS, QUICK_KINDS
from rnn_core.experiments.recorded import recording
from rnn_core.experiments.tasks import TASK
from rnn_core.spec import Kind

MOST_GAPS, MOST_SEEDS = 24, 20
QUICK_SEEDS, DEFAULT_SEEDS = 3, 5
QUICK_STEPS = 1_500  # half of the default budget: the quick grid shows the shape, the default one how far it goes
_COMPILE_SECONDS = 2.0
_SECONDS: dict[Kind, float] = {  # of one step of the optimiser at one time step, about, on two cores of a small machine
    "simple_rnn": 1.6e-5,
    "gru": 6e-5,
    "lstm": 1.1e-4,
    "transformer": 1.6e-4,
    "bag_of_words": 1e-5,
}


@dataclass(frozen=True)
class GapGrid:
    """Every kind at every gap from the seeds 0, 1, …

    Raises:
        ExperimentError: nothing to train, too much of it, or a gap outside the lab.
    """

    settings: GapSettings
    kinds: tuple[Kind, ...]
    gaps: tuple[int, ...]
    seeds: int

    def __post_init__(self) -> None:
        if unknown := set(self.kinds) - set(GAP_KINDS):
            raise ExperimentError(f"The gap lab trains {', '.join(GAP_KINDS)}, not {', '.join(sorted(unknown))}.")
        if not self.kinds:
            raise ExperimentError("Choose at least one kind of network.")
        if not 1 <= len(set(self.gaps)) <= MOST_GAPS:
            raise ExperimentError(f"Give 1 to {MOST_GAPS} different gaps.")
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise ExperimentError(f"A point is trained from 1 to {MOST_SEEDS} seeds, not {self.seeds}.")
        object.__setattr__(self, "kinds", tuple(kind for kind in GAP_KINDS if kind in self.kinds))
        object.__setattr__(self, "gaps", tuple(sorted(set(self.gaps))))
        _ = self.points  # refuses gaps outside the lab

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """All of them, in the order in which they are trained."""
        return self.missing()

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of all seeds of all points."""
        return frozenset(key for point in self.points for key in map(point.key_of, point.seeds))

    def missing(self, done: Collection[str] = ()) -> tuple[Point, ...]:
        """The points, and of each the seeds, whose key is not among `done`."""
        return grid(self.settings, self.kinds, self.gaps, range(self.seeds), done)

    def joined(self, other: GapGrid) -> GapGrid:
        """The smallest grid of the same settings that holds both."""
        kinds, gaps = (*self.kinds, *other.kinds), (*self.gaps, *other.gaps)
        return GapGrid(self.settings, kinds, gaps, max(self.seeds, other.seeds))

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON knows it."""
        return {
            "settings": asdict(self.settings),
            "kinds": list(self.kinds),
            "gaps": list(self.gaps),
            "seeds": self.seeds,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The grid that `to_dict` gave."""
        return cls(GapSettings(**values["settings"]), tuple(values["kinds"]), tuple(values["gaps"]), int(values["seeds"]))


def quick_grid(settings: GapSettings) -> GapGrid:
    """SimpleRNN and LSTM at five gaps, with half of the budget: something to watch."""
    return GapGrid(replace(settings, steps=min(settings.steps, QUICK_STEPS)), QUICK_KINDS, QUICK_GAPS, QUICK_SEEDS)


def default_grid(settings: GapSettings) -> GapGrid:
    """All kinds at eight gaps: what the page offers to train. It is recorded for recall and for the first word, adding and copy
    memory at some of its gaps."""
    return GapGrid(settings, GAP_KINDS, DEFAULT_GAPS, DEFAULT_SEEDS)


def expected_seconds(point: Point) -> float:
    """About how long a point takes on two cores: where a recording tells how soon it is solved, by that, else to the end."""
    settings, recorded = point.settings, recording(point.settings.task)
    steps = float(settings.steps)
    if recorded is not None and (known := recorded.curve.gaps):
        nearest = min(known, key=lambda gap: abs(gap - point.gap))
        if found := recorded.curve.at(point.kind, nearest):
            share = sum(result.steps for result in found) / len(found) / recorded.curve.settings.steps
            steps *= min(1.0, share)
    length = TASK[settings.task].steps(point.gap)
    return _COMPILE_SECONDS + len(point.seeds) * steps * length * _SECONDS[point.kind] * settings.batch / 64


def work(grid: GapGrid) -> float:
    """The most that a grid can cost: steps of the optimiser times steps of the sequences, each of 64 sequences and 32 units."""
    settings = grid.settings
    size = settings.batch / 64 * max(1.0, settings.units / 32)
    return sum(len(p.seeds) * settings.steps * TASK[settings.task].steps(p.gap) * size for p in grid.points)


def python_of(point: Point) -> str:
    """The program that trains this point anew, to the same numbers."""
    settings, tuning = point.settings, point.settings.tuning(point.kind)
    settings = replace(settings, learning_rate=tuning.learning_rate, start=tuning.start)
    plain = GapSettings()
    changed = {item.name: getattr(settings, item.name) for item in fields(settings)}
    given = ", ".join(f"{name}={value!r}" for name, value in changed.items() if value != getattr(plain, name))
    return f"""from rnn_core.experiments.memory import GapSettings, Point, run_point

settings = GapSettings({given})
for result in run_point(Point(settings, {point.kind!r}, {point.gap}, seeds={point.seeds!r})):
    print(result.seed, result.score, result.steps)
"""
