"""How far back different networks can remember: accuracy against gap, kind by kind and seed by seed.

Nothing here imports TensorFlow before a point is trained, so pages can plan a grid, show it and tell which points are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from rnn_core.experiments.gap_networks import network_spec, parameter_count, start_weights
from rnn_core.experiments.gap_points import GAP_KINDS, ExperimentError, GapSettings, Point, grid
from rnn_core.experiments.gap_results import GapCurve, SeedResult, Spread
from rnn_core.spec import Kind

if TYPE_CHECKING:
    from rnn_core.experiments.seed_training import SeedProgress

__all__ = [
    "DEFAULT_GAPS",
    "QUICK_GAPS",
    "QUICK_KINDS",
    "ExperimentError",
    "GapCurve",
    "GapSettings",
    "Point",
    "SeedResult",
    "Spread",
    "gap_curve",
    "grid",
    "run_point",
]

DEFAULT_GAPS = (1, 2, 5, 10, 20, 50, 100, 200)
QUICK_KINDS: tuple[Kind, ...] = ("simple_rnn", "lstm")
QUICK_GAPS = (1, 5, 20, 50, 100)


def gap_curve(
    kinds: Sequence[Kind] = GAP_KINDS,
    gaps: Sequence[int] = DEFAULT_GAPS,
    seeds: int | Sequence[int] = 5,
    settings: GapSettings | None = None,
    done: Iterable[SeedResult] = (),
    on_result: Callable[[SeedResult], None] | None = None,
) -> GapCurve:
    """Trains every kind at every gap from every seed, but for what is in `done`, and gives the curve.

    on_result: called after each seed's training; what it raises ends the experiment.

    Example:
        >>> curve = gap_curve(kinds=("simple_rnn", "lstm"), gaps=(5, 50), seeds=3)
        >>> curve.spread("lstm", 50).mean
    """
    settings = settings or GapSettings()
    chosen = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    wanted = {key for point in grid(settings, kinds, gaps, chosen) for key in map(point.key_of, point.seeds)}
    results = {result.key: result for result in done if result.key in wanted}
    for point in grid(settings, kinds, gaps, chosen, results):
        for result in run_point(point):
            results[result.key] = result
            if on_result:
                on_result(result)
    return GapCurve(settings, tuple(results.values()))


def run_point(point: Point, on_progress: Callable[[SeedProgress], None] | None = None) -> tuple[SeedResult, ...]:
    """Trains and measures all seeds of a point; what `on_progress` raises ends it.

    Needs TensorFlow, which is imported here: call it in a worker.
    """
    from rnn_core.experiments.measured import double_score, remembered_gradient
    from rnn_core.experiments.seed_training import Budget, train_seeds

    settings, tuning, spec = (
        point.settings,
        point.settings.tuning(point.kind),
        network_spec(point.settings, point.kind, point.gap),
    )
    starts = {seed: start_weights(settings.task, spec, point.gap, seed, tuning.start) for seed in point.seeds}
    budget = Budget(settings.steps, settings.batch, settings.clip_norm)
    trained = train_seeds(
        settings.task,
        spec,
        point.gap,
        starts,
        tuning.learning_rate,
        budget,
        settings.filler,
        settings.curriculum,
        on_progress,
    )
    return tuple(
        SeedResult(
            key=point.key_of(one.seed),
            task=settings.task,
            kind=point.kind,
            gap=point.gap,
            seed=one.seed,
            units=spec.units,
            parameters=parameter_count(settings.task, spec),
            learning_rate=tuning.learning_rate,
            start=tuning.start,
            score=one.score,
            solved=one.solved,
            steps=one.steps,
            curve=tuple(round(value, 4) for value in one.curve),
            double_score=double_score(settings.task, spec, one.weights, point.gap, one.seed, settings.filler),
            gradient_before=remembered_gradient(settings.task, spec, starts[one.seed], point.gap, one.seed, settings.filler),
            gradient_after=remembered_gradient(settings.task, spec, one.weights, point.gap, one.seed, settings.filler),
            seconds=round(one.seconds, 1),
        )
        for one in trained
    )
