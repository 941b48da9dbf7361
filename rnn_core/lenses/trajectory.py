"""The hidden state after every word as a path in a plane in which the network's own decision boundary can be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.lenses.states_reference import ReferenceStates
from rnn_core.lenses.states_source import Source, StatesError, WordStates, is_answered, word_states

Floats = NDArray[np.float64]
Axes = Literal["answer", "2 components", "3 components"]
MOST_PATHS = 10


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane, or a space of three dimensions, through the states.

    origin: [W], the state that stands at zero. directions: [D, W], of length one and at right angles. shares: [D], of the
    variance of the reference states. logits: [K, D + 1], on the plane the logit of label k is logits[k, :D] · point +
    logits[k, D]; None where the output layer does not read these states. exact: whether the regions of the labels hold for every
    state; else they hold for the states on the plane itself, a slice through the middle of the reference.
    """

    axes: Axes
    origin: Floats
    directions: Floats
    shares: tuple[float, ...]
    logits: Floats | None
    exact: bool

    def project(self, states: NDArray[np.floating]) -> Floats:
        """[..., W] -> [..., D]."""
        return np.asarray((states - self.origin) @ self.directions.T)

    def regions(self, points: NDArray[np.floating]) -> NDArray[np.int64]:
        """The label whose region holds each point: [..., D] -> [...].

        Raises:
            StatesError: the output layer does not read these states.
        """
        if self.logits is None:
            raise StatesError("The output layer does not read these states: there are no regions of labels among them.")
        return np.asarray((points @ self.logits[:, :-1].T + self.logits[:, -1]).argmax(axis=-1))


@dataclass(frozen=True, eq=False)
class Path:
    """One text in the plane. points: [T, D] after each word. start: [D], before the first one."""

    words: WordStates
    points: Floats
    start: Floats


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Up to ten texts in one plane, before the final states of M real texts.

    cloud: [M, D]. cloud_labels: [M] int64.
    """

    plane: Plane
    paths: tuple[Path, ...]
    cloud: Floats
    cloud_labels: NDArray[np.int64]
    label_names: tuple[str, ...]
    source: Source


def trajectory(
    classifier: Classifier, texts: Sequence[str] | str, reference: ReferenceStates, axes: Axes = "answer"
) -> Trajectory:
    """The texts' states after every word as paths in the plane of `plane_of`.

    Raises:
        StatesError: a text without words, more than ten texts, or axes that these states do not have.

    Example:
        >>> texts = real_texts(classifier, held_out.texts, held_out.labels)
        >>> reference = reference_states(classifier, texts, Source())
        >>> trajectory(classifier, ["not good", "good"], reference).paths[0].points.shape
        (2, 2)
    """
    chosen = [texts] if isinstance(texts, str) else list(texts)
    if not 0 < len(chosen) <= MOST_PATHS:
        raise StatesError(f"Between one and {MOST_PATHS} texts can be drawn, not {len(chosen)}.")
    words = [word_states(classifier, text, reference.source) for text in chosen]
    return draw(classifier, words, reference, plane_of(classifier, reference, axes))


def draw(classifier: Classifier, words: Sequence[WordStates], reference: ReferenceStates, plane: Plane) -> Trajectory:
    """The same for states and a plane that are at hand."""
    answered = is_answered(classifier.spec, reference.source)  # then the last states of all texts are known
    return Trajectory(
        plane=plane,
        paths=tuple(Path(one, plane.project(one.states), plane.project(one.start)) for one in words),
        cloud=plane.project(reference.texts.seen if answered else reference.final),
        cloud_labels=reference.texts.labels if answered else reference.labels,
        label_names=classifier.label_names,
        source=reference.source,
    )


def plane_of(classifier: Classifier, reference: ReferenceStates, axes: Axes = "answer") -> Plane:
    """The plane in which a source's states are drawn.

    "answer", for the states that the output layer reads: with two labels the horizontal axis is the output layer's direction and
    zero is its decision boundary, so that a state's horizontal place is its signed distance from the boundary; the vertical axis
    is the direction of greatest remaining variance over the reference. With more labels both axes are the directions of greatest
    variance among those by which the output layer tells labels apart. "2 components" and "3 components": the directions of
    greatest variance (principal components).

    Raises:
        StatesError: "answer" for states that the output layer does not read.
    """
    answered = is_answered(classifier.spec, reference.source)
    spread, mean = reference.covariance, reference.mean
    if axes != "answer":
        directions = _components(spread, int(axes[0]))
        return _plane(classifier, axes, mean, directions, spread, answered)
    if not answered:
        raise StatesError("The output layer does not read these states: choose principal components for the axes.")
    readout = readout_directions(classifier)
    if classifier.spec.labels == 2:
        directions = np.concatenate([readout, _remaining(spread, readout)])
        return _plane(classifier, axes, on_the_boundary(classifier, mean), directions, spread, True)
    directions = _components(readout @ spread @ readout.T, min(2, len(readout))) @ readout
    if len(directions) < 2:
        directions = np.concatenate([directions, _remaining(spread, directions)])
    return _plane(classifier, axes, mean, directions, spread, True)


def readout_directions(classifier: Classifier) -> Floats:
    """Directions in which the output layer tells labels apart: [R, W], of length one and at right angles; one for two labels.

    Raises:
        StatesError: the output layer tells no labels apart: its weights are all the same.
    """
    kernel = classifier.weights["output/kernel"].astype(np.float64)
    if classifier.spec.labels > 2:
        kernel = kernel - kernel.mean(axis=1, keepdims=True)
    left, sizes, right = np.linalg.svd(kernel.T, full_matrices=False)
    kept = sizes > 1e-9 * max(sizes.max(initial=0.0), 1e-12)
    if not kept.any() or not sizes.any():
        raise StatesError("The output layer answers the same whatever it reads: it has no direction to draw.")
    found = right[kept]
    return np.asarray(np.sign(left[0, 0]) * found if classifier.spec.labels == 2 else found)


def on_the_boundary(classifier: Classifier, point: Floats) -> Floats:
    """The place on the decision boundary of two labels that is nearest to a point [W]."""
    kernel, bias = _output(classifier)
    weight = kernel[:, 1]
    return np.asarray(point - weight * (point @ weight + bias[1]) / (weight @ weight))


def plane_logits(classifier: Classifier, origin: Floats, directions: Floats) -> Floats:
    """[K, D + 1]: every label's logit on a plane, as `Plane.logits`."""
    kernel, bias = _output(classifier)
    return np.concatenate([(directions @ kernel).T, (origin @ kernel + bias)[:, None]], axis=1)


def _plane(classifier: Classifier, axes: Axes, origin: Floats, directions: Floats, spread: Floats, answered: bool) -> Plane:
    total = max(float(np.trace(spread)), 1e-300)
    shares = tuple(float(direction @ spread @ direction) / total for direction in directions)
    logits = plane_logits(classifier, origin, directions) if answered and len(directions) == 2 else None
    inside = False
    if logits is not None:
        readout = readout_directions(classifier)  # the regions are exact if the plane holds all that the output layer looks at
        inside = bool(np.allclose(readout, readout @ directions.T @ directions, atol=1e-9))
    return Plane(axes, origin, directions, shares, logits, inside)


def _output(classifier: Classifier) -> tuple[Floats, Floats]:
    """The output layer as kernel [W, K] and bias [K]; with two labels the first one's are zero."""
    kernel, bias = (classifier.weights[f"output/{name}"].astype(np.float64) for name in ("kernel", "bias"))
    if kernel.shape[1] == 1:
        return np.concatenate([np.zeros_like(kernel), kernel], axis=1), np.array([0.0, bias[0]])
    return kernel, bias


def _components(spread: Floats, count: int) -> Floats:
    """The directions of greatest variance, the greatest first: [count, W]; the largest entry of each is positive.

    A space of fewer dimensions has zeros in place of the directions that it lacks.
    """
    _, vectors = np.linalg.eigh(spread)
    found = vectors.T[::-1][:count]
    largest = found[np.arange(len(found)), np.abs(found).argmax(axis=1)]
    turned = found * np.sign(largest)[:, None]
    return np.asarray(np.pad(turned, ((0, count - len(turned)), (0, 0))))


def _remaining(spread: Floats, directions: Floats) -> Floats:
    """[1, W]: the direction of greatest variance at right angles to these; zeros where nothing is left."""
    rest = np.eye(len(spread)) - directions.T @ directions
    found = _components(rest @ spread @ rest, 1) @ rest
    length = np.linalg.norm(found)
    return np.asarray(found / length if length > 0.5 else np.zeros_like(found))
