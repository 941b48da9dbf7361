"""Numbers that chance plays a part in: each with its 95 % interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri, stdtrit  # scipy.stats gives the same and takes ten times as long to import

CONFIDENCE = 0.95
_Z = float(ndtri(0.5 + CONFIDENCE / 2))


class EstimateError(ValueError):
    """Numbers that no interval can be computed from; the message says why."""


@dataclass(frozen=True)
class Estimate:
    """A measured value and the 95 % interval that chance leaves around it."""

    value: float
    low: float
    high: float

    def percent(self, digits: int = 1) -> str:
        """The value and its interval as a reader sees them.

        Example:
            >>> Estimate(0.775, 0.7551, 0.7939).percent()
            '77.5 % (75.5 to 79.4)'
        """
        return f"{self.value * 100:.{digits}f} % ({self.low * 100:.{digits}f} to {self.high * 100:.{digits}f})"

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero: for a difference, more than chance."""
        return self.low > 0 or self.high < 0

    def to_dict(self) -> dict[str, float]:
        """The three numbers by name."""
        return {"value": self.value, "low": self.low, "high": self.high}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The estimate that `to_dict` gave."""
        return cls(float(values["value"]), float(values["low"]), float(values["high"]))


def share(successes: int, trials: int) -> Estimate:
    """A share with Wilson's score interval, which stays inside 0 and 1 and holds for few trials.

    Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.

    Raises:
        EstimateError: no trials, or successes that are not between 0 and trials.

    Example:
        >>> share(8, 10)
        Estimate(value=0.8, low=0.4901624715630292, high=0.9433178485456247)
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise EstimateError(f"A share needs at least one trial and 0 to that many successes, not {successes} of {trials}.")
    value = successes / trials
    spread = _Z**2 / trials
    centre = (value + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * float(np.sqrt(value * (1 - value) / trials + spread / (4 * trials)))
    # at 0 and 1 rounding would leave the value a hair outside its own interval
    return Estimate(value, min(value, max(0.0, centre - half)), max(value, min(1.0, centre + half)))


def paired_difference(first_correct: ArrayLike, second_correct: ArrayLike) -> Estimate:
    """By how much the first is right more often than the second on the same texts.

    Both [N] of truth values. Only texts on which one is right and the other wrong tell the two apart. The interval is that of
    Agresti and Min (2005), "Simple improved confidence intervals for comparing matched proportions", Statistics in Medicine 24:
    half a text is added to each of the four cells before Wald's formula.

    Raises:
        EstimateError: unequal lengths, or no texts.
    """
    first, second = np.asarray(first_correct, dtype=bool), np.asarray(second_correct, dtype=bool)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise EstimateError("A paired difference needs two lists of the same length, with at least one text.")
    won, lost = int((first & ~second).sum()), int((~first & second).sum())
    count, more, fewer = len(first) + 2, won + 0.5, lost + 0.5
    centre = (more - fewer) / count
    half = _Z * float(np.sqrt(more + fewer - (more - fewer) ** 2 / count)) / count
    return Estimate((won - lost) / len(first), max(-1.0, centre - half), min(1.0, centre + half))


def mean_over_seeds(values: ArrayLike) -> Estimate:
    """The mean of a few independent repetitions with Student's t interval; of one repetition the interval is unknown (nan).

    Raises:
        EstimateError: no values.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not len(numbers):
        raise EstimateError("A mean over seeds needs a list of at least one number.")
    mean = float(numbers.mean())
    if len(numbers) == 1:
        return Estimate(mean, float("nan"), float("nan"))
    half = float(stdtrit(len(numbers) - 1, 0.5 + CONFIDENCE / 2)) * float(numbers.std(ddof=1)) / float(np.sqrt(len(numbers)))
    return Estimate(mean, mean - half, mean + half)


def bootstrap_mean(values: ArrayLike, seed: int = 0, resamples: int = 2_000) -> Estimate:
    """The mean of one number a text with the percentile bootstrap interval over texts.

    values: [N], such as a text's share of shuffles that were answered rightly; texts are drawn, not shuffles, so that many
    shuffles of few texts do not look like many texts.

    Raises:
        EstimateError: no values.
    """
    numbers: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1 or not len(numbers):
        raise EstimateError("A bootstrap needs a list of at least one number.")
    rng = np.random.default_rng(seed)
    means = [numbers[rng.integers(len(numbers), size=len(numbers))].mean() for _ in range(resamples)]
    low, high = np.quantile(means, [0.5 - CONFIDENCE / 2, 0.5 + CONFIDENCE / 2])
    return Estimate(float(numbers.mean()), float(low), float(high))
