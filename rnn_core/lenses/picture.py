"""Everything that the unrolled picture of a network over one sentence shows, and the arithmetic behind any place in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier, LayerTrace, Trace
from rnn_core.data.tokens import tokenize
from rnn_core.lenses.inside_step import GATE_NAMES, InsideStep, step_arithmetic

Array = NDArray[np.float32]
LAYER_NAMES = {
    "": "layer 1",
    "backward/": "layer 1, backwards",
    "recurrent_2/": "layer 2",
    "backward_2/": "layer 2, backwards",
}


class PictureError(ValueError):
    """A text or network that cannot be drawn as unrolled; the message says why."""


@dataclass(frozen=True)
class Picture:
    """A recurrent network over one sentence: who reads it, what happened at each word, and the words beyond `time_steps`."""

    classifier: Classifier
    trace: Trace
    lost: tuple[str, ...]

    @property
    def gates(self) -> tuple[str, ...]:
        """Names of the blocks of columns in the kernels."""
        return tuple(name for name, _, _ in GATE_NAMES[self.classifier.spec.kind])


def picture(classifier: Classifier, text: str) -> Picture:
    """The network unrolled over the words of `text`.

    Raises:
        PictureError: a network without a state that is passed along, or a text without words.
    """
    if not classifier.spec.is_recurrent:
        raise PictureError(f"A network of kind {classifier.spec.kind} passes no state from word to word.")
    tokens = tokenize(text)
    if not tokens:
        raise PictureError("There are no words to read.")
    return Picture(classifier, classifier.trace(text), tuple(tokens[classifier.spec.time_steps :]))


def states_in_reading_order(layer: LayerTrace) -> Array:
    """[T+1, U]: the state that the layer starts from, then the one after each word, in the order in which the layer reads."""
    if is_backward(layer):
        return np.concatenate([layer.before[-1:], layer.states[::-1]])
    return np.concatenate([layer.before[:1], layer.states])


def is_backward(layer: LayerTrace) -> bool:
    """Whether the layer reads from the last word to the first."""
    return layer.prefix.startswith("backward")


def gate_blocks(kernel: Array, gates: int) -> Array:
    """The columns of a kernel gate by gate: [rows, G·U] -> [G, rows, U]."""
    return np.asarray(kernel.reshape(kernel.shape[0], gates, -1).swapaxes(0, 1))


def inside_step(classifier: Classifier, text: str, step: int, unit: int, layer: str = "") -> InsideStep:
    """One unit's arithmetic while the word at `step` is read.

    step: 0 for the first word. layer: prefix of the layer's weights: "", "backward/", "recurrent_2/", "backward_2/".

    Raises:
        PictureError: as `picture`, or a step, unit or layer that does not exist.
    """
    return inside(picture(classifier, text), step, unit, layer)


def inside(drawn: Picture, step: int, unit: int, layer: str = "") -> InsideStep:
    """The same for a picture that is at hand."""
    spec, trace = drawn.classifier.spec, drawn.trace
    found = next((one for one in trace.layers if one.prefix == layer), None)
    if found is None:
        names = ", ".join(repr(one.prefix) for one in trace.layers)
        raise PictureError(f"This network has no recurrent layer {layer!r}; it has {names}.")
    steps = len(trace.tokens)
    if not 0 <= step < steps or not 0 <= unit < spec.units:
        raise PictureError(f"There are steps 0 to {steps - 1} and units 0 to {spec.units - 1}, not step {step}, unit {unit}.")
    weights = drawn.classifier.layer_weights(layer)
    return step_arithmetic(
        spec.kind,
        spec.activation,
        (weights["kernel"], weights["recurrent_kernel"], weights["bias"]),
        found.inputs[step],
        found.before[step],
        unit,
        memory=None if found.cells_before is None else found.cells_before[step],
        step=step,
        word=trace.tokens[step],
    )
