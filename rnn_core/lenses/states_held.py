"""Units of a layer held at a value: what the network then answers, and what each unit was worth.

Whoever reads a unit that never changes reads a constant, and a constant can be moved into the bias. So holding is a change of
weights, and every lens works on a network with held units as on any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.estimates import Estimate, paired_difference, share
from rnn_core.lenses.states_reference import RealTexts, ReferenceStates
from rnn_core.lenses.states_source import SEEN, STATE, Source, StatesError, WordStates, word_states
from rnn_core.models.weights import Weights, recurrent_prefixes
from rnn_core.spec import ModelSpec

Values = Mapping[int, float]  # unit -> the value that it is held at
MOST_RANKED = 64  # units whose worth is measured; of a wider layer, those that vary most
ANSWER_WORK = 1e9  # multiplications that a moved control may cost: well under a tenth of a second
RANKING_WORK = 3e10  # multiplications of one ranking: a few seconds
FEWEST_ANSWERED = 100


@dataclass(frozen=True)
class HeldAccuracy:
    """How often real texts are answered rightly with the units as they are and with some of them held.

    fall: by how much rarer, on the same texts.
    """

    texts: int
    before: Estimate
    after: Estimate
    fall: Estimate


@dataclass(frozen=True)
class UnitWorth:
    """What one unit is worth: by how much the accuracy falls when it is switched off alone."""

    unit: int
    fall: Estimate


@dataclass(frozen=True)
class Ranking:
    """Units by their worth, the greatest first, measured on the first `texts` of the real texts; `of` units were tried."""

    worths: tuple[UnitWorth, ...]
    of: int
    texts: int


def hold(classifier: Classifier, layer: str, values: Values) -> Classifier:
    """The network whose units of one layer stand at these values at every step, before the first word as well.

    layer: prefix of the layer's weights. The state of a held unit in a trace is what the cell still computes and nobody reads;
    `held_states` shows the value in its place. An LSTM's cell state runs on behind a held unit.

    Raises:
        StatesError: a layer or unit that this network does not have.

    Example:
        >>> hold(classifier, "", {3: 0.0}).predict_proba(["not a good film"])
    """
    spec = classifier.spec
    _check(spec, layer, values)
    weights = dict(classifier.weights)
    units = np.array(sorted(values), dtype=np.int64)
    constants = np.array([values[unit] for unit in units.tolist()], dtype=np.float32)
    _move_to_bias(weights, f"{layer}recurrent_kernel", f"{layer}bias", units, constants, 1 if spec.kind == "gru" else None)
    above = [name for name in ("recurrent_2/", "backward_2/") if f"{name}kernel" in weights and not layer.endswith("_2/")]
    offset = spec.units if layer.startswith("backward") else 0
    for prefix in above:
        _move_to_bias(weights, f"{prefix}kernel", f"{prefix}bias", units + offset, constants, 0 if spec.kind == "gru" else None)
    if not above:
        columns = _seen_columns(spec, layer, units)
        _move_to_bias(weights, "output/kernel", "output/bias", columns, np.resize(constants, len(columns)), None)
    return replace(classifier, weights=weights)


def held_states(classifier: Classifier, text: str, source: Source, layer: str, values: Values) -> WordStates:
    """The source's vector after each word with units of a layer held, the held ones at their values.

    Raises:
        StatesError: as `hold` and `word_states`.
    """
    found = word_states(hold(classifier, layer, values), text, source)
    columns = np.zeros(0, dtype=np.int64)
    units = np.array(sorted(values), dtype=np.int64)
    if source.layer == SEEN and not _is_below(classifier.spec, layer):
        columns = _seen_columns(classifier.spec, layer, units)
    elif source == Source(layer, STATE):
        columns = units
    constants = np.resize(np.array([values[unit] for unit in units.tolist()], dtype=np.float32), len(columns))
    states, start = found.states.copy(), found.start.copy()
    states[:, columns] = start[columns] = constants
    return replace(found, states=states, start=start)


def held_accuracy(classifier: Classifier, texts: RealTexts, layer: str, values: Values) -> HeldAccuracy:
    """The accuracy as the network is and with these units held, on as many of the texts as are answered at once."""
    count = _affordable(classifier, texts, ANSWER_WORK)
    before, after = texts.right[:count], _right(hold(classifier, layer, values), texts, count)
    return HeldAccuracy(count, share(int(before.sum()), count), share(int(after.sum()), count), paired_difference(before, after))


def rank_units(classifier: Classifier, texts: RealTexts, reference: ReferenceStates, count: int = 10) -> Ranking:
    """The units of the reference's layer that the accuracy needs most, each switched off (held at 0) alone.

    Of a layer wider than 64 units those are tried that vary most; the number of texts is what a fixed amount of work allows.

    Raises:
        StatesError: the reference is not of a recurrent layer.
    """
    spec, layer = classifier.spec, reference.source.layer
    _check(spec, layer, {})
    units = np.argsort(-np.diag(reference.covariance), kind="stable")[:MOST_RANKED].tolist()
    most = _affordable(classifier, texts, RANKING_WORK / max(1, len(units)))
    before = texts.right[:most]
    worths = [
        UnitWorth(unit, paired_difference(before, _right(hold(classifier, layer, {unit: 0.0}), texts, most))) for unit in units
    ]
    return Ranking(tuple(sorted(worths, key=lambda worth: -worth.fall.value)[:count]), len(units), most)


def _affordable(classifier: Classifier, texts: RealTexts, work: float) -> int:
    """How many of the texts can be answered with this many multiplications; at least 100."""
    step = sum(array.size for name, array in classifier.weights.items() if name.endswith("kernel"))
    words = np.cumsum([len(ids) for ids in texts.ids])
    return min(len(texts), max(FEWEST_ANSWERED, int(np.searchsorted(words * step, work))))


def _right(classifier: Classifier, texts: RealTexts, count: int) -> NDArray[np.bool_]:
    answers = classifier.network.probabilities(texts.ids[:count]).argmax(axis=1)
    return np.asarray(answers == texts.labels[:count])


def _check(spec: ModelSpec, layer: str, values: Values | Sequence[int]) -> None:
    prefixes = [prefix for prefix, _ in recurrent_prefixes(spec)] if spec.is_recurrent else []
    if layer not in prefixes:
        raise StatesError(f"This network has no recurrent layer {layer!r} whose units could be held.")
    wrong = [unit for unit in values if not 0 <= unit < spec.units]
    if wrong:
        raise StatesError(f"There are units 0 to {spec.units - 1}, not {wrong[0]}.")


def _is_below(spec: ModelSpec, layer: str) -> bool:
    return spec.layers > 1 and not layer.endswith("_2/")


def _seen_columns(spec: ModelSpec, layer: str, units: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where units of a top layer stand in the vector that the output layer reads."""
    directions = 2 if spec.bidirectional else 1
    parts = 2 if spec.pooling == "mean_max" else 1
    own = units + (spec.units if layer.startswith("backward") else 0)
    return np.concatenate([own + part * directions * spec.units for part in range(parts)])


def _move_to_bias(
    weights: Weights, kernel: str, bias: str, rows: NDArray[np.int64], constants: NDArray[np.float32], bias_row: int | None
) -> None:
    """What constant inputs contribute goes into the bias (into one row of a GRU's), and their rows of the kernel become zero."""
    changed, shifted = weights[kernel].copy(), weights[bias].copy()
    target = shifted if bias_row is None else shifted[bias_row]
    target += constants @ changed[rows]
    changed[rows] = 0
    weights[kernel], weights[bias] = changed, shifted
