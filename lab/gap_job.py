"""The job that trains a grid of the gap lab: each point is a part of its own, done by whichever worker is free."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lab.gap_seeds import GapSeeds
from lab.jobs import Part, RunFailed, Step, Work, job, part_of
from lab.lab import Lab
from lab.queue import LimitReached
from lab.records import DataRef, Run
from rnn_core.experiments.gap_grid import GapGrid, default_grid, expected_seconds, work
from rnn_core.experiments.gap_points import GapSettings, Point
from rnn_core.experiments.gap_results import GapCurve
from rnn_core.experiments.tasks import TASK
from rnn_core.figures.theme import KIND_TITLES
from rnn_core.spec import ModelSpec, TrainSpec

if TYPE_CHECKING:
    from rnn_core.experiments.seed_training import SeedProgress

JOB: Final = "gap"
DONE: Final = "done"
MOST_TRAININGS = 1_500  # kinds x gaps x seeds of one grid
LOOK_SECONDS = 0.5  # between two looks at what the parts have done
NOTE_SECONDS = 0.4  # between two notes of progress, each of which finds out whether a person has stopped the run
CHECK_SECONDS = 20.0  # between two looks whether the engine still knows of every part


def submit(lab: Lab, owner: str, grid: GapGrid) -> Run:
    """Asks the workers to train what this owner has not trained yet of a grid.

    Raises:
        LimitReached: the grid is too large, or too many runs are waiting.
    """
    settings = grid.settings
    count = len(grid.keys)
    if count > MOST_TRAININGS:
        raise LimitReached(f"{count:,} trainings are too many for one grid: it takes at most {MOST_TRAININGS:,}.")
    if lab.settings.hosted and work(grid) > (most := work(default_grid(GapSettings(task=settings.task)))):
        raise LimitReached(
            f"This grid can cost {work(grid) / most:.1f} times as much as the default grid, the most that one visitor may ask of "
            "this server: take fewer gaps, kinds or seeds, or a smaller budget."
        )
    kinds = ", ".join(KIND_TITLES[kind] for kind in grid.kinds)
    task = TASK[settings.task]
    name = f"Memory and gap: {task.title}, {kinds}, gaps to {grid.gaps[-1]}, seeds to {grid.seeds - 1}"
    data = DataRef(title=f"{task.title}, generated", labels=max(2, task.labels))
    model = ModelSpec(kind=grid.kinds[0], units=settings.units, features=settings.features)
    return lab.queue.submit(owner, data, model, TrainSpec(epochs=1), name[:120], job=JOB, params=grid.to_dict())


def grids(lab: Lab, owner: str) -> tuple[Run, ...]:
    """The owner's grids, newest first."""
    return tuple(run for run in lab.store.runs(owner) if run.job == JOB)


def grid_of(run: Run) -> GapGrid:
    """What a run trains."""
    return GapGrid.from_dict(dict(run.params))


def curve(lab: Lab, owner: str, grid: GapGrid) -> GapCurve:
    """What there is of a grid so far, whichever runs trained it."""
    return GapCurve(grid.settings, GapSeeds(lab.database).results(owner, grid.keys))


@dataclass(frozen=True)
class UnderWay:
    """A point that is being trained: its seeds and the steps of the optimiser that each has taken."""

    point: Point
    steps: dict[int, int]


def under_way(lab: Lab, run: Run) -> tuple[UnderWay, ...]:
    """The points of a run that workers are training just now."""
    if run.state != "running":
        return ()
    steps = GapSeeds(lab.database).under_way(run.owner, run.id)
    points = [(point, {s: steps[key] for s in point.seeds if (key := point.key_of(s)) in steps}) for point in grid_of(run).points]
    return tuple(UnderWay(point, seeds) for point, seeds in points if seeds)


@job(JOB)
def train_grid(work: Work) -> Generator[Step, str, None]:
    """Shares the points out, then waits until all are there."""
    grid = _Grid(work)
    yield grid.share_out
    yield grid.watch


class _Grid:
    """What holds a grid together while workers do its points."""

    def __init__(self, work: Work) -> None:
        self._run, self._lab, self._claim = work.run, work.lab, work.claim
        self._grid = grid_of(work.run)
        self._seeds = GapSeeds(work.lab.database)

    def share_out(self) -> str:
        """Queues a part for every point of which something is missing."""
        self._claim.note(activity="sharing out the points", epochs=len(self._grid.points))
        self._lab.queue.share_out(self._run.owner, self._run.id, self._missing(self._done()))
        return DONE

    def watch(self) -> str:
        """Tells the page how far the points are, until all of them are there. A run that was stopped raises ClaimLost."""
        pace, checked_at, before = _Pace(self._grid), time.monotonic(), len(self._grid.points)
        while missing := self._missing(done := self._done()):
            steps = self._seeds.under_way(self._run.owner, self._run.id)
            finished = len(self._grid.points) - len(missing)
            share, left = pace.at(done, steps)
            fresh = {"attempts": 1} if finished > before else {}  # a worker that dies now dies of another point
            self._claim.note(
                epoch=finished,
                epochs=len(self._grid.points),
                epoch_progress=share,
                seconds_left=left,
                activity=self._activity(steps),
                **fresh,
            )
            before = finished
            if time.monotonic() - checked_at > CHECK_SECONDS:
                self._check(missing)
                checked_at = time.monotonic()
            time.sleep(LOOK_SECONDS)
        self._claim.finish(epoch=len(self._grid.points), epochs=len(self._grid.points), epoch_progress=0.0)
        self._lab.queue.forget_parts(self._run.owner, self._run.id)
        return DONE

    def _done(self) -> frozenset[str]:
        return self._seeds.done(self._run.owner, self._grid.keys)

    def _missing(self, done: frozenset[str]) -> list[int]:
        """The numbers of the points of which some seed is not trained."""
        return [number for number, p in enumerate(self._grid.points) if not done.issuperset(map(p.key_of, p.seeds))]

    def _activity(self, steps: dict[str, int]) -> str:
        points = [p for p in self._grid.points if any(p.key_of(seed) in steps for seed in p.seeds)]
        if not points:
            return "waiting for a free worker"
        first = f"{KIND_TITLES[points[0].kind]} at gap {points[0].gap}"
        return f"{first} and {len(points) - 1} more" if len(points) > 1 else first

    def _check(self, missing: Sequence[int]) -> None:
        """A part that ended without its result would be waited for without end."""
        lost = set(missing) - self._lab.queue.parts_left(self._run.owner, self._run.id, missing)
        if lost & set(self._missing(self._done())):
            raise RunFailed("Some points of this grid were lost on their way to the worker. Resume trains what is missing.")


class _Pace:
    """How much of a grid's work is done and how long the rest takes, by the pace since this was made."""

    def __init__(self, grid: GapGrid) -> None:
        self._grid = grid
        self._begun = time.monotonic()
        self._cost = {
            point.key_of(seed): expected_seconds(point) / len(point.seeds) for point in grid.points for seed in point.seeds
        }
        self._before: float | None = None  # what was done already when it began

    def at(self, done: frozenset[str], steps: dict[str, int]) -> tuple[float, float | None]:
        """The share (0 to 1) of the points under way that is done, and the seconds that are left."""
        spent = sum(self._cost[key] for key in done)
        under_way = {key: min(0.95, step / self._grid.settings.steps) for key, step in steps.items() if key in self._cost}
        partly = sum(self._cost[key] * share for key, share in under_way.items())
        if self._before is None:
            self._before = spent
        here, seconds = spent + partly - self._before, time.monotonic() - self._begun
        left = sum(self._cost.values()) - spent - partly
        share = sum(under_way.values()) / len(under_way) if under_way else 0.0
        return share, (left * seconds / here if here > 0 and seconds > 3 else None)


@part_of(JOB)
def train_point(part: Part) -> None:
    """Trains what is missing of one point and keeps it, all of its seeds or none."""
    from rnn_core.experiments.memory import run_point

    owner, run, seeds = part.run.owner, part.run, GapSeeds(part.lab.database)
    point = grid_of(run).points[part.number]
    while (missing := seeds.begin(owner, [point.key_of(seed) for seed in point.seeds], run.id)) is None:
        time.sleep(1.0)  # another grid of this owner is training it: then it is there without being trained twice
        if part.share.run() is None:
            return
    if not missing:
        return
    chosen = Point(point.settings, point.kind, point.gap, tuple(seed for seed in point.seeds if point.key_of(seed) in missing))
    try:
        seeds.finish(owner, run.id, run_point(chosen, _Notes(part, chosen, seeds)))
    except _Unwanted:
        pass
    finally:
        seeds.give_up(owner, run.id, missing)


class _Unwanted(Exception):
    """The run was stopped, deleted or failed: what is under way is given up."""


class _Notes:
    """Writes down how far the seeds of a point are, a few times a second, and ends their training once nobody wants it."""

    def __init__(self, part: Part, point: Point, seeds: GapSeeds) -> None:
        self._part, self._point, self._seeds = part, point, seeds
        self._steps = {point.key_of(seed): 0 for seed in point.seeds}
        self._noted_at = 0.0

    def __call__(self, progress: SeedProgress) -> None:
        self._steps[self._point.key_of(progress.seed)] = progress.step
        if time.monotonic() - self._noted_at < NOTE_SECONDS:
            return
        if self._part.share.run() is None:
            raise _Unwanted
        self._seeds.note(self._part.run.owner, self._steps)
        self._noted_at = time.monotonic()
