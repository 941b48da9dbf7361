"""One unit of a state: the real texts that drive it, and what it goes along with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rnn_core.estimates import CONFIDENCE, Estimate
from rnn_core.lenses.states_reference import ReferenceStates
from rnn_core.lenses.states_source import StatesError
from rnn_core.models.weights import Array

MOST_WINDOWS = 20
WINDOW_WORDS = 8  # up to the one after which the unit stands where it does
RESAMPLES = 400


@dataclass(frozen=True)
class Window:
    """A place in a real text, with the words up to it in the order in which the source reads them."""

    row: int  # of the text among the reference's
    step: int  # from 0, in reading order
    value: float
    words: tuple[str, ...]  # at most WINDOW_WORDS; the last is the one after which the value stands
    label: int


@dataclass(frozen=True)
class Correlation:
    """Pearson's correlation of a unit with something, with the interval over texts; None where one of the two never changes."""

    name: str
    value: Estimate | None


@dataclass(frozen=True)
class UnitProfile:
    """What one unit does over the reference texts.

    low, high: the smallest and greatest value. mean: the middle. highest, lowest: at most 20 windows, one a text.
    """

    unit: int
    low: float
    high: float
    mean: float
    highest: tuple[Window, ...]
    lowest: tuple[Window, ...]
    correlations: tuple[Correlation, ...]


def unit_profile(reference: ReferenceStates, unit: int, label_names: tuple[str, ...]) -> UnitProfile:
    """Where in real texts a unit is highest and lowest, and its correlation with the answer, the position and the length.

    The answer is the logit of the second label's probability so far, and with more labels of the label that the unit goes along
    with most. All words count for answer and position, the last one of each text for the length.

    Raises:
        StatesError: no such unit.
    """
    width = reference.states.shape[1]
    if not 0 <= unit < width:
        raise StatesError(f"There are units 0 to {width - 1}, not {unit}.")
    values = reference.states[:, unit]
    steps = np.arange(len(values)) - np.repeat(reference.starts[:-1], np.diff(reference.starts))
    lengths = np.diff(reference.starts)
    rows = reference.rows
    every_text = np.arange(len(reference))
    return UnitProfile(
        unit=unit,
        low=float(values.min()),
        high=float(values.max()),
        mean=float(values.mean(dtype=np.float64)),
        highest=_windows(reference, values),
        lowest=_windows(reference, values, lowest=True),
        correlations=(
            *_with_answer(reference, values, label_names),
            Correlation("place of the word in its text", correlation(values, steps, rows)),
            Correlation("length of the text", correlation(reference.final[:, unit], lengths, every_text)),
        ),
    )


def window(reference: ReferenceStates, row: int, step: int) -> tuple[str, ...]:
    """The last words up to a step of a reference text, in the order in which the source reads them."""
    return reference.words(row)[max(0, step + 1 - WINDOW_WORDS) : step + 1]


def correlation(first: NDArray[np.number], second: NDArray[np.number], rows: NDArray[np.int64]) -> Estimate | None:
    """Pearson's correlation [S] with [S] with the percentile bootstrap interval over texts: words of one text are drawn together.

    rows: [S], the text of each. None where one of the two never changes.
    """
    x, y = (np.asarray(values, dtype=np.float64) - np.mean(values, dtype=np.float64) for values in (first, second))
    if not len(x) or x.std() < 1e-12 or y.std() < 1e-12:
        return None
    texts = int(rows.max()) + 1
    sums = np.stack([np.bincount(rows, part, texts) for part in (np.ones_like(x), x, y, x * x, y * y, x * y)], axis=1)
    found = _pearson(_draws(texts) @ sums)
    found = found[np.isfinite(found)]
    value = float(_pearson(sums.sum(axis=0)[None])[0])
    low, high = np.quantile(found, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2]) if len(found) else (-1.0, 1.0)
    return Estimate(value, float(low), float(high))


@lru_cache(maxsize=4)
def _draws(texts: int) -> NDArray[np.float64]:
    """How often each text is drawn: [R, texts]; Poisson's bootstrap (Hanley and MacGibbon 2006) is drawn ten times as fast."""
    return np.random.default_rng(0).poisson(1.0, (RESAMPLES, texts)).astype(np.float64)


def _pearson(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """From count, Σx, Σy, Σx², Σy², Σxy in the columns: [R, 6] -> [R]."""
    n, x, y, xx, yy, xy = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((n * xy - x * y) / np.sqrt((n * xx - x * x) * (n * yy - y * y)))


def _with_answer(reference: ReferenceStates, values: Array, label_names: tuple[str, ...]) -> tuple[Correlation, ...]:
    if reference.probabilities is None:
        return ()
    logits = _logits(reference.probabilities)
    columns = range(1, 2) if len(label_names) == 2 else range(len(label_names))
    found = [(label, correlation(values, logits[:, label], reference.rows)) for label in columns]
    label, best = max(found, key=lambda pair: abs(pair[1].value) if pair[1] is not None else -1.0)
    return (Correlation(f"answer so far, towards {label_names[label]}", best),)


def _logits(probabilities: Array) -> NDArray[np.float64]:
    p = np.clip(probabilities.astype(np.float64), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p) - np.log1p(-p))


def _windows(reference: ReferenceStates, values: Array, lowest: bool = False) -> tuple[Window, ...]:
    """The places of the greatest (or smallest) values, at most one a text."""
    signed = -values if lowest else values
    best = np.maximum.reduceat(signed, reference.starts[:-1])
    found = []
    for row in np.argsort(-best, kind="stable")[:MOST_WINDOWS].tolist():
        first, end = reference.starts[row], reference.starts[row + 1]
        step = int(signed[first:end].argmax())
        words = window(reference, row, step)
        found.append(Window(row, step, float(values[first + step]), words, int(reference.labels[row])))
    return tuple(found)
