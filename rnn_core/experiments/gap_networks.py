"""The networks that the gap lab compares: their sizes and the weights that they start from."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from rnn_core.experiments.gap_points import CONTROL, GAP_KINDS, GapSettings
from rnn_core.experiments.tasks import TASK, TaskName
from rnn_core.experiments.tuning import Start
from rnn_core.models.initial import initial_weights
from rnn_core.models.weights import Weights, weight_shapes
from rnn_core.spec import Kind, ModelSpec

_EMBEDDING_SPREAD: dict[str, float] = {"transformer": 1.0}  # beside position codes, which reach 1
_OTHER_SPREAD = 0.2  # a small input leaves a tanh unit where its slope is near one


def network_spec(settings: GapSettings, kind: Kind, gap: int) -> ModelSpec:
    """The architecture of one kind, with the units that the settings' match asks for."""
    wanted = _spec(settings, kind, gap, settings.units)
    if settings.match == "units" or kind in ("lstm", CONTROL):  # a bag of words has no units to match with
        return wanted
    target = parameter_count(settings.task, _spec(settings, "lstm", gap, settings.units))
    candidates = [_spec(settings, kind, gap, units) for units in range(1, 513)]
    return min(candidates, key=lambda spec: abs(parameter_count(settings.task, spec) - target))


def parameter_count(task: TaskName, spec: ModelSpec) -> int:
    """Trained numbers of a network."""
    return sum(math.prod(shape) for shape in _shapes(task, spec).values())


@lru_cache(maxsize=64)
def sizes(settings: GapSettings) -> dict[Kind, tuple[int, int]]:
    """Units and trained numbers of every kind under these settings, whatever the gap."""
    specs = {kind: network_spec(settings, kind, 1) for kind in GAP_KINDS}
    return {kind: (spec.units, parameter_count(settings.task, spec)) for kind, spec in specs.items()}


def start_weights(task: TaskName, spec: ModelSpec, gap: int, seed: int, start: Start) -> Weights:
    """Weights before training.

    standard: Keras' initializers; the LSTM's forget gate starts open with bias 1 (Jozefowicz et al. 2015). matched: the network
    is told how long the gap may be. LSTM and GRU draw the bias of the gate that keeps the state from log U(1, gap) (Tallec and
    Ollivier 2018, arXiv:1804.11188), a SimpleRNN starts as the identity, which keeps its state as long as it is small (Le et al.
    2015, arXiv:1504.00941). A Transformer and a bag of words see all steps at once and have nothing to match.
    """
    rng = np.random.default_rng([seed, 3])
    weights = dict(initial_weights(spec, seed))
    if task == "adding":
        limit = math.sqrt(6 / (2 + spec.features))
        weights["input/kernel"] = rng.uniform(-limit, limit, size=(2, spec.features)).astype(np.float32)
        weights["input/bias"] = np.zeros(spec.features, dtype=np.float32)
    else:
        spread = _EMBEDDING_SPREAD.get(spec.kind, _OTHER_SPREAD)
        weights["embeddings"] = (spread * rng.normal(size=weights["embeddings"].shape)).astype(np.float32)
    if start == "matched" and spec.is_recurrent:
        _match_to_gap(weights, spec, gap, rng)
    return weights


def _match_to_gap(weights: Weights, spec: ModelSpec, gap: int, rng: np.random.Generator) -> None:
    if spec.kind == "simple_rnn":
        weights["recurrent_kernel"] = np.eye(spec.units, dtype=np.float32)
        return
    kept = np.log(rng.uniform(1, max(gap, 2), size=spec.units)).astype(np.float32)
    if spec.kind == "gru":
        weights["bias"][0, : spec.units] = kept
    else:
        weights["bias"][: spec.units] = -kept
        weights["bias"][spec.units : 2 * spec.units] = kept


def _spec(settings: GapSettings, kind: Kind, gap: int, units: int) -> ModelSpec:
    task = TASK[settings.task]
    return ModelSpec(
        kind=kind,
        units=units,
        time_steps=task.steps(gap),
        features=settings.features,
        vocabulary=task.vocabulary,
        labels=max(2, task.labels),
    )


def _shapes(task: TaskName, spec: ModelSpec) -> dict[str, tuple[int, ...]]:
    shapes = weight_shapes(spec)
    return shapes | {"input/kernel": (2, spec.features), "input/bias": (spec.features,)} if task == "adding" else shapes
