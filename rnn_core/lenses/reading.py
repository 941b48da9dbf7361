"""What the network would answer after each word of a text, and at which words the answer turns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class _Trace(Protocol):
    """The part of `classifier.Trace` that a reading needs."""

    @property
    def tokens(self) -> tuple[str, ...]: ...
    @property
    def probabilities(self) -> NDArray[np.float32]: ...
    @property
    def unknown(self) -> NDArray[np.bool_]: ...
    @property
    def cut(self) -> int: ...


class _Reader(Protocol):
    """The part of `classifier.Classifier` that a reading needs."""

    @property
    def label_names(self) -> tuple[str, ...]: ...
    def trace(self, text: str, /) -> _Trace: ...


@dataclass(frozen=True)
class Turn:
    """A word at which the answer changes."""

    step: int  # the word's place in `Reading.tokens`, from 0
    before: int  # the label that was the answer up to the word before
    after: int  # the label that is the answer with this word


@dataclass(frozen=True)
class Reading:
    """The answer to the first word, to the first two, and so on to the whole text.

    tokens: T words. probabilities: [T, K] float32. unknown: [T] bool, words outside the vocabulary.
    """

    tokens: tuple[str, ...]
    probabilities: NDArray[np.float32]
    unknown: NDArray[np.bool_]
    label_names: tuple[str, ...]
    turns: tuple[Turn, ...]
    cut: int = 0  # words beyond the time steps that were not read


def reading(classifier: _Reader, text: str) -> Reading:
    """The text as the classifier reads it; an empty text gives a reading of no steps."""
    trace = classifier.trace(text)
    return Reading(
        tokens=tuple(trace.tokens),
        probabilities=trace.probabilities,
        unknown=trace.unknown,
        label_names=tuple(classifier.label_names),
        turns=turning_points(trace.probabilities),
        cut=trace.cut,
    )


def turning_points(probabilities: NDArray[np.float32]) -> tuple[Turn, ...]:
    """The steps at which the most probable label of [T, K] is another than one step before."""
    answers = probabilities.argmax(axis=1)
    steps = np.flatnonzero(answers[1:] != answers[:-1]) + 1
    return tuple(Turn(int(step), int(answers[step - 1]), int(answers[step])) for step in steps)
