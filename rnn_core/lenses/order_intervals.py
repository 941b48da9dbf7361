"""Means over texts of which each was read several times, with intervals in which both the texts and their readings are chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from rnn_core.estimates import CONFIDENCE, Estimate

Numbers = NDArray[np.float64]
_FEW = 5  # texts' worth of right or of wrong answers, below which their variance says too little


def mean_share(values: Numbers, groups: ArrayLike) -> Estimate:
    """The mean over texts of a share of right answers, with Wilson's interval.

    values: [N], of each text the share of its readings that were right. groups: [N], equal for texts that were drawn together.

    The interval is that of as many independent texts as would vary as much as these were seen to (Korn and Graubard 1998,
    "Confidence intervals for proportions with small expected number of positive counts estimated from survey data", Survey
    Methodology 24), by groups or one by one, whichever varies more; and just of N texts where nearly all answers are right or
    nearly all are wrong.

    Example:
        >>> mean_share(np.array([1.0] * 8 + [0.0] * 2), np.arange(10)).value
        0.8
    """
    mean = float(values.mean())
    grouped, t = _variance(values - mean, groups)
    variance = max(grouped, _variance(values - mean, np.arange(len(values)))[0])
    count, spread = float(len(values)), mean * (1 - mean)
    if count * min(mean, 1 - mean) >= _FEW:
        count = spread / max(variance, 1e-12)
    shrunk = 1 + t**2 / count
    centre = (mean + t**2 / count / 2) / shrunk
    half = t * float(np.sqrt(spread / count + (t / count) ** 2 / 4)) / shrunk
    return Estimate(mean, min(mean, max(0.0, centre - half)), max(mean, min(1.0, centre + half)))


def mean_difference(values: Numbers, groups: ArrayLike) -> Estimate:
    """The mean over texts of a paired difference of shares of right answers.

    values: [N], each -1 to 1. The interval is that of Agresti and Min, as in `estimates.paired_difference`, which adds half a
    text to each of the four outcomes, so that no difference among few texts is not taken for none at all.
    """
    count = len(values) + 2
    centre = float(values.sum()) / count
    variance, t = _variance(values - centre, groups)
    half = t * float(np.sqrt(variance * len(values) ** 2 + 1 + 2 * centre**2)) / count
    return Estimate(float(values.mean()), max(-1.0, centre - half), min(1.0, centre + half))


def mean_distance(values: Numbers, groups: ArrayLike) -> Estimate:
    """The mean over texts of a distance between answers, 0 to 1, with Student's t interval."""
    mean = float(values.mean())
    variance, t = _variance(values - mean, groups)
    half = t * float(np.sqrt(variance))
    return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half))


def _variance(deviations: Numbers, groups: ArrayLike) -> tuple[float, float]:
    """Variance of the mean over N texts, where only groups are drawn independently; and Student's t for as many groups."""
    members = np.unique(np.asarray(groups), return_inverse=True)[1]
    sums = np.bincount(members, weights=deviations)
    degrees = max(len(sums) - 1, 1)
    variance = float(np.square(sums).sum()) * len(sums) / degrees / len(deviations) ** 2
    return variance, float(stdtrit(degrees, 0.5 + CONFIDENCE / 2))
