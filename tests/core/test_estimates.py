"""Intervals against published values, SciPy and repeated chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from rnn_core.estimates import Estimate, EstimateError, bootstrap_mean, mean_over_seeds, paired_difference, share


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 20), (20, 20), (8, 10), (1310, 1706)])
def test_a_share_has_wilsons_interval(successes: int, trials: int) -> None:
    expected = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    estimate = share(successes, trials)
    assert estimate.value == successes / trials
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_a_paired_difference_is_that_of_agresti_and_min() -> None:
    """n = 100, 20 won, 8 lost, by hand: (12) / 102 plus and minus 1.96 / 102 · sqrt(29 - 144 / 102)."""
    first = np.array([1] * 50 + [1] * 20 + [0] * 8 + [0] * 22)
    second = np.array([1] * 50 + [0] * 20 + [1] * 8 + [0] * 22)
    estimate = paired_difference(first, second)
    half = stats.norm.ppf(0.975) / 102 * math.sqrt(29 - 144 / 102)
    assert estimate.value == pytest.approx(0.12)
    assert (estimate.low, estimate.high) == pytest.approx((12 / 102 - half, 12 / 102 + half))
    assert estimate.excludes_zero
    opposite = paired_difference(second, first)
    assert (opposite.low, opposite.high) == pytest.approx((-estimate.high, -estimate.low))


def test_equal_answers_differ_by_nothing_and_never_beyond_chance() -> None:
    same = paired_difference([True, False, True], [True, False, True])
    assert same.value == 0
    assert not same.excludes_zero


def test_the_paired_interval_covers_the_truth_as_often_as_it_says() -> None:
    """Two models right on 80 % and 76 % of texts, alike on most: 95 % of the intervals hold the 4 points."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(1_000):
        cell = rng.choice(4, size=400, p=[0.68, 0.12, 0.08, 0.12])  # both, first only, second only, neither
        estimate = paired_difference((cell == 0) | (cell == 1), (cell == 0) | (cell == 2))
        held += estimate.low <= 0.04 <= estimate.high
    assert 0.93 <= held / 1_000 <= 0.97


def test_a_mean_over_seeds_has_students_interval() -> None:
    values = [0.771, 0.769, 0.780, 0.774, 0.766]
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    estimate = mean_over_seeds(values)
    assert estimate.value == pytest.approx(np.mean(values))
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))
    assert math.isnan(mean_over_seeds([0.5]).low)


def test_the_bootstrap_agrees_with_the_normal_interval_of_a_mean() -> None:
    values = np.random.default_rng(1).normal(0.6, 0.2, size=500)
    estimate = bootstrap_mean(values)
    half = 1.96 * values.std(ddof=1) / math.sqrt(500)
    assert (estimate.low, estimate.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.003)
    assert estimate == bootstrap_mean(values)


def test_what_has_no_interval_is_refused() -> None:
    for call in (
        lambda: share(3, 2),
        lambda: share(0, 0),
        lambda: paired_difference([True], [True, False]),
        lambda: mean_over_seeds([]),
        lambda: bootstrap_mean([]),
    ):
        with pytest.raises(EstimateError):
            call()


def test_an_estimate_survives_json_and_reads_as_percent() -> None:
    estimate = Estimate(0.775, 0.7551, 0.7939)
    assert Estimate.from_dict(estimate.to_dict()) == estimate
    assert estimate.percent() == "77.5 % (75.5 to 79.4)"
