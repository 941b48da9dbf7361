"""One text as a network reads it, word by word: inputs, states and the answer so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.models.network import Ids, Network
from rnn_core.models.weights import Array


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """What one recurrent layer in one direction did at each word.

    inputs: [T, D], what it read. states: [T, U] after the word. before: [T, U], the state that the step began with; in a backward
    layer that is the state at the word to the right. cells, cells_before: [T, U], the memory line of an LSTM, else None.
    """

    prefix: str  # of its weights' names: "", "backward/", "recurrent_2/", "backward_2/"
    inputs: Array
    states: Array
    before: Array
    cells: Array | None
    cells_before: Array | None


@dataclass(frozen=True, eq=False)
class Trace:
    """The T words that were read (at most `time_steps`), and what the network made of them.

    ids: [T]. inputs: [T, D] embeddings. states: [T, U], the first forward recurrent layer's after each word; in a network without
    one, what the output layer sees of the words so far. seen: [T, P], what the output layer sees of the words so far.
    probabilities: [T, K], row t is the answer to the first t + 1 words. unknown: [T], words outside the vocabulary.
    """

    tokens: tuple[str, ...]
    ids: Ids
    inputs: Array
    states: Array
    seen: Array
    probabilities: Array
    unknown: NDArray[np.bool_]
    cut: int  # words beyond time_steps that were not read
    layers: tuple[LayerTrace, ...]  # lower before upper, forward before backward; empty without recurrent layers


def trace(network: Network, tokens: tuple[str, ...], ids: Ids, unknown: NDArray[np.bool_]) -> Trace:
    """Reads a whole text; tokens, ids and unknown are those of all its words."""
    read = min(len(tokens), network.spec.time_steps)
    ids = ids[:read]
    layers = _layers(network, ids) if network.spec.is_recurrent else ()
    seen = network.pooled_prefixes(ids)
    return Trace(
        tokens=tokens[:read],
        ids=ids,
        inputs=network.weights["embeddings"][ids],
        states=layers[0].states if layers else seen,
        seen=seen,
        probabilities=network.output(seen),
        unknown=unknown[:read],
        cut=len(tokens) - read,
        layers=layers,
    )


def _layers(network: Network, ids: Ids) -> tuple[LayerTrace, ...]:
    window = network.window(ids)
    first = len(window) - len(ids) if network.spec.padding == "left" else 0  # padding that is read stands before or behind
    words = slice(first, first + len(ids))
    inputs: Array = network.weights["embeddings"][window]
    below: list[Array] = []
    layers: list[LayerTrace] = []
    for prefix, result in network.layer_scans(window).items():
        if prefix == "recurrent_2/":
            inputs = np.concatenate(below, axis=1)
        backward = prefix.startswith("backward")
        states, cells = result.sequence(), result.cell_sequence()
        below.append(states)
        layers.append(
            LayerTrace(
                prefix=prefix,
                inputs=inputs[words],
                states=states[words],
                before=_one_step_before(states, backward)[words],
                cells=None if cells is None else cells[words],
                cells_before=None if cells is None else _one_step_before(cells, backward)[words],
            )
        )
    return tuple(layers)


def _one_step_before(states: Array, backward: bool) -> Array:
    start = np.zeros_like(states[:1])
    return np.concatenate([states[1:], start] if backward else [start, states[:-1]])[: len(states)]
