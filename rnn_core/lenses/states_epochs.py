"""One text through the same network at several points of its training: before the first epoch, and after some of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.estimates import Estimate, share
from rnn_core.lenses.states_reference import RealTexts
from rnn_core.lenses.states_source import Source, StatesError, WordStates, word_states
from rnn_core.lenses.trajectory import Floats, Plane, on_the_boundary, plane_logits, readout_directions

MOST_CLOUD = 300  # real texts whose final states are drawn for each epoch


@dataclass(frozen=True, eq=False)
class Stage:
    """The network after one epoch, 0 for the untrained one, with the states that do not depend on the text.

    plane: its own decision boundary, and the vertical direction of the last stage. cloud: [M, 2], final states of the first M
    real texts. accuracy: on all of them, N.
    """

    epoch: int
    classifier: Classifier
    plane: Plane
    cloud: Floats
    accuracy: Estimate


@dataclass(frozen=True, eq=False)
class Development:
    """One text at every stage, the earliest first.

    points: [E, T, 2]. starts: [E, 2], before the first word. probabilities: [E, T, K]. cloud_labels: [M] int64.
    """

    stages: tuple[Stage, ...]
    words: WordStates
    points: Floats
    starts: Floats
    probabilities: NDArray[np.float32]
    cloud_labels: NDArray[np.int64]


def stages(classifiers: Sequence[tuple[int, Classifier]], texts: RealTexts, last: Plane) -> tuple[Stage, ...]:
    """The stages of a training, with the plane of each.

    classifiers: (epoch, network), all of one specification and vocabulary. last: the plane of the trained network, axes "answer".
    With two labels the horizontal axis of a stage is its own output layer's direction, so that zero is always the boundary.
    """
    found = []
    for epoch, classifier in classifiers:
        seen = classifier.network.pooled(texts.ids)
        right = classifier.network.output(seen).argmax(axis=1) == texts.labels
        plane = _plane(classifier, seen.mean(axis=0, dtype=np.float64), last)
        found.append(Stage(epoch, classifier, plane, plane.project(seen[:MOST_CLOUD]), share(int(right.sum()), len(right))))
    return tuple(found)


def development(found: Sequence[Stage], text: str, texts: RealTexts) -> Development:
    """One text through the network at every stage.

    Raises:
        StatesError: a text without words, or no stages.
    """
    if not found:
        raise StatesError("No weights of earlier epochs were kept.")
    words = [word_states(stage.classifier, text, Source()) for stage in found]
    planes = [stage.plane for stage in found]
    return Development(
        stages=tuple(found),
        words=words[-1],
        points=np.stack([plane.project(one.states) for plane, one in zip(planes, words, strict=True)]),
        starts=np.stack([plane.project(one.start) for plane, one in zip(planes, words, strict=True)]),
        probabilities=np.stack([one.probabilities for one in words if one.probabilities is not None]),
        cloud_labels=texts.labels[:MOST_CLOUD],
    )


def _plane(classifier: Classifier, mean: Floats, last: Plane) -> Plane:
    directions, origin, exact = last.directions, mean, last.exact and classifier.spec.labels == 2
    if classifier.spec.labels == 2:
        readout = readout_directions(classifier)
        up = directions[1] - readout[0] * (readout[0] @ directions[1])
        length = np.linalg.norm(up)
        directions = np.stack([readout[0], up / length if length > 1e-9 else np.zeros_like(up)])
        origin = on_the_boundary(classifier, mean)
    return Plane("answer", origin, directions, (), plane_logits(classifier, origin, directions), exact)
