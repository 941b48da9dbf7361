"""The dial: one setting changes what it says and nothing else, and what follows from it is what the mathematics says."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core.lenses.chain_rule import GradientError, OverflowedStateError
from rnn_core.lenses.dial import DialSetting, compare_settings, dial, read_dial_texts, start_kernel, turned
from rnn_core.lenses.gradients import through_time
from rnn_core.lenses.spectrum import kernel_spectrum, spectrum
from tests.core.small import TEXT, small_classifier

KINDS = ("simple_rnn", "gru", "lstm")
TEXTS = [TEXT, "good", "a very bad film", "", "not the good film"]
LABELS = [0, 1, 0, 1, 1]


def turn(classifier, **setting):
    return dial(classifier, TEXT, 0, read_dial_texts(classifier, TEXTS, LABELS), DialSetting(**setting))


@pytest.mark.parametrize("kind", KINDS)
def test_an_untouched_dial_is_the_classifier_itself(kind):
    classifier = small_classifier(kind=kind)
    found = turn(classifier)
    assert found.accuracy.value == np.mean(classifier.predict_proba(TEXTS).argmax(axis=1) == LABELS)
    np.testing.assert_allclose(found.gradient.norms, through_time(classifier, TEXT, 0).norms)
    assert found.clip_factor == 1
    assert found.trajectory.shape == (len(found.gradient.tokens) + 1, 2)


def test_the_factor_moves_every_eigenvalue_by_itself():
    classifier = small_classifier()
    before, after = spectrum(classifier).state, turn(classifier, factor=2.0).spectrum.state
    np.testing.assert_allclose(after.eigenvalues, 2 * before.eigenvalues, rtol=1e-6)
    assert after.greatest_stretch == pytest.approx(2 * before.greatest_stretch, rel=1e-6)
    assert before.radius <= before.greatest_stretch


def test_from_vanishing_to_exploding():
    """Linear units: what is left after ten steps is exactly the tenth power of the factor."""
    classifier = small_classifier(activation="linear")
    curves = [turn(classifier, factor=factor).jacobian.log_norms[-1] for factor in (0.5, 1.0, 2.0)]
    steps = 9  # the text has 10 words
    np.testing.assert_allclose(np.diff(curves), steps * np.log(2), rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_starts_are_what_they_are_called(kind):
    classifier = small_classifier(kind=kind, units=6)
    gates = {"simple_rnn": 1, "gru": 3, "lstm": 4}[kind]
    orthogonal = start_kernel(classifier, DialSetting(start="orthogonal"))
    np.testing.assert_allclose(orthogonal @ orthogonal.T, np.eye(6), atol=1e-6)
    identity = kernel_spectrum(start_kernel(classifier, DialSetting(start="identity")), kind)
    assert len(identity.gates) == gates
    assert identity.state.radius == pytest.approx(0.9) == pytest.approx(identity.state.typical_stretch)
    zero = kernel_spectrum(start_kernel(classifier, DialSetting(start="zero")), kind)
    assert zero.state.typical_stretch == 0
    limit = np.sqrt(6 / (6 + 6 * gates))
    glorot = start_kernel(classifier, DialSetting(start="glorot_uniform"))
    assert limit * 0.7 < np.abs(glorot).max() <= limit
    assert not start_kernel(classifier, DialSetting(start="zero")).any()
    seeds = [start_kernel(classifier, DialSetting(start="orthogonal", seed=seed)) for seed in (1, 1, 2)]
    assert np.array_equal(seeds[0], seeds[1])
    assert not np.array_equal(seeds[0], seeds[2])


def test_an_orthogonal_kernel_of_linear_units_neither_fades_nor_grows():
    found = turn(small_classifier(units=6), start="orthogonal", activation="linear")
    np.testing.assert_allclose(found.jacobian.log_norms, 0, atol=1e-5)


def test_clipping_shortens_a_long_gradient_to_the_norm_and_leaves_a_short_one():
    classifier = small_classifier(gain=2.0)
    free = turn(classifier)
    clipped = turn(classifier, clip_norm=free.global_norm / 4)
    assert clipped.clip_factor == pytest.approx(0.25)
    assert turn(classifier, clip_norm=free.global_norm * 4).clip_factor == 1
    np.testing.assert_allclose(clipped.gradient.norms, free.gradient.norms)  # what arrives is shown as it is


def test_texts_whose_state_overflows_count_as_wrong():
    classifier = small_classifier(activation="linear", time_steps=400)
    texts = read_dial_texts(classifier, ["good film " * 100, "good"], [0, 1])
    kernel = 4 * np.eye(4, dtype=np.float32)
    exploding = replace(classifier, weights={**classifier.weights, "recurrent_kernel": kernel})
    found = dial(exploding, TEXT, 0, texts, DialSetting())
    assert found.overflowed == 1
    assert found.accuracy.value <= 0.5
    with pytest.raises(OverflowedStateError, match="nothing bounds linear units"):
        dial(exploding, "good film " * 100 + "film " * 400, 0, texts, DialSetting(factor=2.5))


def test_settings_are_compared_over_the_same_texts():
    classifier = small_classifier(units=6, time_steps=400)
    settings = [DialSetting(start=start) for start in ("orthogonal", "zero")]
    orthogonal, zero = compare_settings(classifier, TEXTS, settings)
    assert zero.value == -np.inf
    assert -5 < orthogonal.value <= 0
    growing = replace(classifier, weights={**classifier.weights, "recurrent_kernel": 1e3 * np.eye(6, dtype=np.float32)})
    assert compare_settings(growing, ["film " * 150], [DialSetting(activation="relu")]) == (None,)


def test_a_long_text_s_rate_is_that_of_all_its_gaps():
    """Linear units, so that the dependence falls by the same factor at every step; 16 gaps of 300 tell it."""
    classifier = small_classifier(units=6, activation="linear", time_steps=300)
    found = turn(classifier, start="orthogonal", factor=0.5)
    long = dial(
        classifier, "good film " * 150, 0, read_dial_texts(classifier, TEXTS, LABELS), DialSetting(start="orthogonal", factor=0.5)
    )
    assert len(found.jacobian.gaps) == 10
    assert len(long.jacobian.gaps) == 16
    assert long.jacobian.gaps[-1] == 299
    assert long.jacobian.rate == pytest.approx(found.jacobian.rate, rel=1e-6) == pytest.approx(np.log(0.5), rel=1e-5)


def test_only_the_first_forward_layer_is_turned():
    classifier = small_classifier(layers=2, bidirectional=True)
    changed = turned(classifier, DialSetting(factor=0.5))
    different = {name for name, value in changed.weights.items() if not np.array_equal(value, classifier.weights[name])}
    assert different == {"recurrent_kernel"}


@pytest.mark.parametrize("wrong", [{"factor": 0.1}, {"factor": 3.0}, {"start": "ones"}, {"clip_norm": -1.0}])
def test_a_setting_outside_its_limits_is_refused(wrong):
    with pytest.raises(GradientError):
        DialSetting(**wrong)


def test_networks_without_a_recurrent_kernel_are_refused():
    with pytest.raises(GradientError, match="bag_of_words has none"):
        read_dial_texts(small_classifier(kind="bag_of_words"), TEXTS, LABELS)
    with pytest.raises(GradientError, match="no recurrent kernel"):
        spectrum(small_classifier(kind="conv1d"))
    with pytest.raises(GradientError, match="one label each"):
        read_dial_texts(small_classifier(), TEXTS, LABELS[:2])


def test_one_unit_has_a_plane_too():
    found = turn(small_classifier(units=1))
    assert np.isfinite(found.trajectory).all()
    assert not found.trajectory[:, 1].any()
