"""Which vector of a network is watched word by word: a layer's state, its gates, or what the output layer reads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier, LayerTrace, Trace
from rnn_core.models.cells import LSTMState, gru_gates, lstm_gates
from rnn_core.models.network import Ids
from rnn_core.models.weights import Array, pooled_width, recurrent_prefixes
from rnn_core.spec import ModelSpec
from rnn_core.trace import trace

SEEN = "seen"  # instead of a layer's prefix: the vector that the output layer reads
STATE = "state"
CELL_STATE = "cell state"
GRU_GATES = ("update gate", "reset gate", "candidate")
LSTM_GATES = ("input gate", "forget gate", "candidate", "output gate")


class StatesError(ValueError):
    """A layer, quantity or text that this network cannot show; the message says why."""


@dataclass(frozen=True)
class Source:
    """What is watched: `layer` is SEEN or the prefix of a recurrent layer's weights, `quantity` one of `quantities_of`."""

    layer: str = SEEN
    quantity: str = STATE

    @property
    def is_backward(self) -> bool:
        """Whether it is read from the last word to the first."""
        return self.layer.startswith("backward")

    @property
    def is_gate(self) -> bool:
        """Whether its numbers lie between 0 and 1."""
        return self.quantity.endswith("gate")


@dataclass(frozen=True, eq=False)
class WordStates:
    """One text as a source sees it, in the order in which it reads: the last word first where it reads backwards.

    states: [T, W] after each word. start: [W], before the first one. probabilities: [T, K], the answer if the text ended there;
    None where the source reads backwards. unknown: [T], words outside the vocabulary.
    """

    source: Source
    tokens: tuple[str, ...]
    unknown: NDArray[np.bool_]
    states: Array
    start: Array
    probabilities: Array | None
    cut: int  # words beyond `time_steps` that were not read

    @property
    def moved(self) -> Array:
        """[T]: how far each word moved the vector, as a Euclidean distance; a gate has no place before the first word: 0."""
        before = np.concatenate([self.start[None], self.states[:-1]])
        distance = np.linalg.norm(self.states - before, axis=1)
        if self.source.quantity not in (STATE, CELL_STATE):
            distance[:1] = 0
        return np.asarray(distance, dtype=np.float32)


def layers_of(spec: ModelSpec) -> tuple[str, ...]:
    """The layers that can be watched, from the top down.

    What the output layer reads comes first; it is left out where that is the top layer's state itself.
    """
    prefixes = [prefix for prefix, _ in recurrent_prefixes(spec)] if spec.is_recurrent else []
    downwards = tuple(sorted(prefixes, key=lambda prefix: not prefix.rstrip("/").endswith("_2")))
    return downwards if _top_is_seen(spec) else (SEEN, *downwards)


def quantities_of(spec: ModelSpec, layer: str) -> tuple[str, ...]:
    """What can be watched of a layer: the state, and of GRU and LSTM the gates and the cell state."""
    if layer == SEEN or spec.kind == "simple_rnn":
        return (STATE,)
    return (STATE, *GRU_GATES) if spec.kind == "gru" else (STATE, CELL_STATE, *LSTM_GATES)


def is_answered(spec: ModelSpec, source: Source) -> bool:
    """Whether the output layer reads exactly this vector, so that its decision boundary can be drawn among the states."""
    return source.layer == SEEN or (_top_is_seen(spec) and source == Source(layers_of(spec)[0], STATE))


def width_of(spec: ModelSpec, source: Source) -> int:
    """W, numbers in the vector."""
    return pooled_width(spec) if source.layer == SEEN else spec.units


def word_states(classifier: Classifier, text: str, source: Source) -> WordStates:
    """The vector after each word of a text that can be read.

    Raises:
        StatesError: a text without words, or a source that this network does not have.

    Example:
        >>> word_states(classifier, "not a good film", Source()).states.shape
        (4, 8)
    """
    read = classifier.trace(text)
    if not read.tokens:
        raise StatesError("There is no word to read yet: type a text.")
    return states_of(classifier, read, source)


def states_of(classifier: Classifier, read: Trace, source: Source) -> WordStates:
    """The same of a trace that is at hand."""
    states = _values(classifier, read, source)
    found = WordStates(
        source,
        read.tokens,
        read.unknown,
        states,
        np.zeros_like(states[0]),
        None if source.is_backward else read.probabilities,
        read.cut,
    )
    if source.is_backward:
        found = replace(found, tokens=read.tokens[::-1], unknown=read.unknown[::-1], states=states[::-1])
    return found


def trace_of_ids(classifier: Classifier, ids: Ids, tokens: tuple[str, ...]) -> Trace:
    """The trace of a text that is word ids already."""
    return trace(classifier.network, tokens, ids, np.zeros(len(ids), dtype=np.bool_))


def _values(classifier: Classifier, read: Trace, source: Source) -> Array:
    """[T, W], in the order of the words."""
    spec = classifier.spec
    if source.layer != SEEN and source.layer not in layers_of(spec):
        raise StatesError(f"This network has no layer {source.layer!r}.")
    if source.quantity not in quantities_of(spec, source.layer):
        raise StatesError(f"A {spec.kind} layer has no {source.quantity}.")
    if source.layer == SEEN:
        return read.seen
    layer = next(layer for layer in read.layers if layer.prefix == source.layer)
    if source.quantity == STATE:
        return layer.states
    if source.quantity == CELL_STATE and layer.cells is not None:
        return layer.cells
    return gates(classifier, layer)[source.quantity]


def gates(classifier: Classifier, layer: LayerTrace) -> dict[str, Array]:
    """Every gate of a GRU or LSTM layer at every word, by its name: each [T, U], computed again from what the layer read.

    Raises:
        StatesError: a SimpleRNN has no gates.
    """
    weights, activation = classifier.layer_weights(layer.prefix), classifier.spec.activation
    if classifier.spec.kind == "gru":
        return dict(zip(GRU_GATES, map(_float32, gru_gates(layer.inputs, layer.before, weights, activation)), strict=True))
    if classifier.spec.kind != "lstm" or layer.cells_before is None:
        raise StatesError(f"A {classifier.spec.kind} layer has no gates.")
    found = lstm_gates(layer.inputs, LSTMState(layer.before, layer.cells_before), weights, activation)
    return dict(zip(LSTM_GATES, map(_float32, found), strict=True))


def _float32(values: NDArray[np.floating]) -> Array:
    return np.asarray(values, dtype=np.float32)


def _top_is_seen(spec: ModelSpec) -> bool:
    return spec.is_recurrent and spec.mask and not spec.bidirectional and spec.pooling in ("last", "every")
