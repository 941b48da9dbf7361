"""The beginnings of real texts after which a network's memory stands nearly where it stands now."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnn_core.lenses.states_reference import ReferenceStates
from rnn_core.lenses.units import window
from rnn_core.models.weights import Array


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A real text up to one of its words. words: the last ones up to it. label: of the whole text."""

    row: int
    step: int  # from 0, in reading order
    distance: float
    words: tuple[str, ...]
    label: int
    probabilities: Array | None  # [K], the answer there


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The nearest places, one a text, the nearest first. typical: the median distance to all places, to measure theirs by."""

    found: tuple[Neighbour, ...]
    typical: float


def neighbours(reference: ReferenceStates, state: Array, count: int = 10, skip: tuple[str, ...] = ()) -> Neighbours:
    """The text prefixes whose state is nearest to `state` [W] in Euclidean distance.

    skip: words of a text that must not count as its own neighbour, in the order in which the source reads.
    """
    squares = reference.squares - 2 * (reference.states @ state) + state @ state
    distances = np.sqrt(np.maximum(squares, 0))
    nearest = np.minimum.reduceat(distances, reference.starts[:-1])
    found: list[Neighbour] = []
    for row in np.argsort(nearest, kind="stable").tolist():
        if len(found) == count:
            break
        if skip and reference.words(row) == skip:
            continue
        first, end = int(reference.starts[row]), int(reference.starts[row + 1])
        step = int(distances[first:end].argmin())
        exact = float(np.linalg.norm(reference.states[first + step].astype(np.float64) - state))
        answer = None if reference.probabilities is None else reference.probabilities[first + step]
        found.append(Neighbour(row, step, exact, window(reference, row, step), int(reference.labels[row]), answer))
    return Neighbours(tuple(found), float(np.median(distances)))
