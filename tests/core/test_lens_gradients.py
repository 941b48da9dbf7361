"""Gradients of a whole classifier's loss: against Keras, finite differences, and what must hold for every architecture."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core.lenses.chain_rule import GradientError
from rnn_core.lenses.gradients import gradient_fading, jacobian_fading, jacobian_norms, through_time
from rnn_core.lenses.unrolled import unroll_network
from rnn_core.models.weights import recurrent_prefixes
from tests.core.small import TEXT, small_classifier

ARCHITECTURES = [
    {"kind": "simple_rnn"},
    {"kind": "simple_rnn", "activation": "relu"},
    {"kind": "gru", "labels": 3},
    {"kind": "lstm"},
    {"kind": "simple_rnn", "pooling": "mean"},
    {"kind": "gru", "pooling": "max"},
    {"kind": "lstm", "pooling": "mean_max", "labels": 3},
    {"kind": "simple_rnn", "pooling": "every"},
    {"kind": "simple_rnn", "mask": False, "padding": "left"},
    {"kind": "simple_rnn", "mask": False, "padding": "right"},
    {"kind": "gru", "layers": 2},
    {"kind": "lstm", "bidirectional": True},
    {"kind": "gru", "layers": 2, "bidirectional": True, "pooling": "mean_max"},
]
NAMES = [",".join(str(value) for value in settings.values()) for settings in ARCHITECTURES]


def loss_with(classifier, weights, label):
    """The loss in double precision; the classifier's own arrays are single."""
    changed = replace(classifier)
    object.__setattr__(changed, "weights", weights)
    return unroll_network(changed, TEXT).cross_entropy(label)[0]


@pytest.mark.parametrize("settings", ARCHITECTURES, ids=NAMES)
def test_every_weight_s_gradient_agrees_with_finite_differences(settings):
    classifier, label = small_classifier(**settings), 1
    network = unroll_network(classifier, TEXT)
    gradients = network.weight_gradients(network.cross_entropy(label)[2])
    assert set(gradients) == set(classifier.weights)
    rng, step = np.random.default_rng(0), 1e-6
    weights = {name: value.astype(np.float64) for name, value in classifier.weights.items()}
    for name, gradient in gradients.items():
        direction = rng.normal(size=gradient.shape)
        ahead, behind = (
            loss_with(classifier, {**weights, name: weights[name] + sign * step * direction}, label) for sign in (1, -1)
        )
        assert (gradient * direction).sum() == pytest.approx((ahead - behind) / (2 * step), rel=1e-5, abs=1e-8), name


@pytest.mark.parametrize("settings", ARCHITECTURES, ids=NAMES)
def test_probabilities_are_the_classifier_s_own(settings):
    classifier = small_classifier(**settings)
    found = through_time(classifier, TEXT, 0)
    np.testing.assert_allclose(found.probabilities, classifier.predict_proba([TEXT])[0], atol=1e-6)
    assert found.loss == pytest.approx(-np.log(found.probabilities[0]))


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
def test_states_and_their_gradients_agree_with_keras_in_double_precision(kind):
    """The whole model of stock Keras layers; every state's gradient is read off a zero that is added to the state."""
    import tensorflow as tf
    from keras import layers

    classifier = small_classifier(kind=kind)
    found = through_time(classifier, TEXT, 1)
    cell_class = {"simple_rnn": layers.SimpleRNNCell, "gru": layers.GRUCell, "lstm": layers.LSTMCell}[kind]
    cell = cell_class(4, dtype="float64")
    cell.build((1, 3))
    cell.set_weights(list(classifier.layer_weights().values()))
    output = [tf.constant(classifier.weights[name].astype(np.float64)) for name in ("output/kernel", "output/bias")]
    zeros = [tf.zeros((1, 4), tf.float64) for _ in found.tokens]
    with tf.GradientTape() as tape:
        tape.watch(zeros)
        state = [tf.zeros((1, 4), tf.float64) for _ in range(found.chain.parts)]
        for zero, inputs in zip(zeros, found.chain.inputs, strict=True):
            _, state = cell(tf.constant(inputs[None]), state)
            state = [state[0] + zero, *state[1:]]
        loss = tf.nn.sigmoid_cross_entropy_with_logits(tf.ones((1, 1), tf.float64), state[0] @ output[0] + output[1])
    *at_states, at_kernel = tape.gradient(loss, [*zeros, cell.recurrent_kernel])
    assert found.loss == pytest.approx(loss.numpy().item(), rel=1e-10)
    np.testing.assert_allclose(found.state_gradients, np.concatenate(at_states), rtol=1e-8)
    np.testing.assert_allclose(found.norms, np.linalg.norm(np.concatenate(at_states), axis=1), rtol=1e-8)
    np.testing.assert_allclose(found.kernel_gradient, at_kernel, rtol=1e-8, atol=1e-16)


@pytest.mark.parametrize("settings", ARCHITECTURES, ids=NAMES)
def test_contributions_add_up_to_the_kernel_s_gradient(settings):
    classifier = small_classifier(**settings)
    network = unroll_network(classifier, TEXT)
    gradients = network.weight_gradients(network.cross_entropy(0)[2])
    for prefix, _ in recurrent_prefixes(classifier.spec):
        found = through_time(classifier, TEXT, 0, layer=prefix)
        np.testing.assert_allclose(found.kernel_gradient, gradients[f"{prefix}recurrent_kernel"], rtol=1e-10, atol=1e-18)
        assert found.contribution_shares.sum() == pytest.approx(float(found.kernel_gradient.any()))  # ReLU units may all be off
        assert found.contribution_log_norms[0] == -np.inf  # before the first word the state is zero
        assert np.exp(found.contribution_log_norms).sum() >= np.linalg.norm(found.kernel_gradient) * (1 - 1e-12)


def test_each_step_stretches_at_most_by_its_local_factor():
    found = through_time(small_classifier(gain=2.0), TEXT, 1)
    steps = len(found.tokens)
    assert (np.log(found.stretches[1:]) <= found.factor_log_norms[1:] + 1e-9).all()
    np.testing.assert_allclose(np.cumprod(found.stretches[:0:-1])[::-1] * found.norms[-1], found.norms[:-1], rtol=1e-10)
    left = np.diag(1 - found.states[4] ** 2) @ small_classifier(gain=2.0).weights["recurrent_kernel"].T.astype(np.float64)
    assert found.factor_log_norms[4] == pytest.approx(np.log(np.linalg.norm(left, ord=2)))
    np.testing.assert_allclose(found.running_log_products[0], found.factor_log_norms[1:].sum())
    assert found.running_log_products.shape == (steps,)


def test_the_bound_and_the_gradient_lie_around_the_jacobian():
    classifier = small_classifier()
    found, norms = through_time(classifier, TEXT, 1), jacobian_norms(classifier, TEXT)
    assert norms.log_norms[0] == pytest.approx(0, abs=1e-12)
    assert (norms.whole_log_norms <= norms.log_bound + 1e-9).all()
    assert (found.log_norms[::-1] - found.log_norms[-1] <= norms.log_norms + 1e-9).all()
    np.testing.assert_allclose(norms.log_bound, found.running_log_products[::-1], atol=1e-9)
    some = jacobian_norms(classifier, TEXT, gaps=[0, 3, 10])
    np.testing.assert_allclose(some.log_norms[:2], norms.log_norms[[0, 3]])


def test_a_backward_layer_s_steps_stand_in_its_own_order():
    classifier = small_classifier(kind="simple_rnn", bidirectional=True)
    found = through_time(classifier, TEXT, 1, layer="backward/")
    assert found.tokens[0] == "film"
    assert found.tokens[-1] == "the"
    assert found.norms[-1] > 0


def test_a_long_text_is_cut_unless_the_whole_is_wanted():
    classifier = small_classifier()
    assert len(through_time(classifier, "good film " * 20, 1).tokens) == 12
    whole = jacobian_norms(classifier, "good film " * 600, gaps=[0, 1, 1_200], whole=True)
    assert np.isfinite(whole.log_norms).all()
    assert whole.log_norms[-1] < -745  # below what a double holds
    assert whole.norms[-1] == 0


def test_saturated_and_zero_networks_give_no_nan():
    for settings in ({"gain": 0.0}, {"gain": 1e6}):
        for kind in ("simple_rnn", "gru", "lstm"):
            found = through_time(small_classifier(kind=kind, **settings), TEXT, 1)
            for values in (found.log_norms, found.norms, found.state_gradients, found.kernel_gradient, found.contribution_shares):
                assert not np.isnan(values).any()
    one_word = through_time(small_classifier(), "good", 1)
    assert one_word.contribution_shares.tolist() == [0]  # no step before it: the recurrent kernel has no part in the answer
    assert not one_word.kernel_gradient.any()


@pytest.mark.parametrize(
    ("settings", "text", "label", "layer", "sentence"),
    [
        ({"kind": "bag_of_words"}, TEXT, 0, "", "passes no state"),
        ({}, "   ", 0, "", "no words"),
        ({}, TEXT, 2, "", "0 to 1; 2 is none"),
        ({}, TEXT, 0, "recurrent_2/", "no recurrent layer"),
    ],
)
def test_what_cannot_be_answered_is_said(settings, text, label, layer, sentence):
    with pytest.raises(GradientError, match=sentence):
        through_time(small_classifier(**settings), text, label, layer)


def test_a_gap_beyond_the_text_is_refused():
    with pytest.raises(GradientError, match="from 0 to 10"):
        jacobian_norms(small_classifier(), TEXT, gaps=[11])


def test_fading_of_a_scaled_rotation_is_its_scale():
    """Linear units that turn and halve at every step: every text loses half of everything every word."""
    classifier = small_classifier(activation="linear", units=2)
    turn = np.array([[0.3, -0.4], [0.4, 0.3]], dtype=np.float32)
    classifier = replace(classifier, weights={**classifier.weights, "recurrent_kernel": turn})
    texts = [TEXT, "not a good film", "the very bad film was a film"]
    for fading in (gradient_fading(classifier, texts, [0, 1, 0]), jacobian_fading(classifier, texts)):
        assert fading.rate.value == pytest.approx(np.log(0.5), rel=1e-6)
        assert fading.half_life is not None
        assert fading.half_life.value == pytest.approx(1, rel=1e-6)
        assert fading.words_to_one_percent == 7  # 2^-7 = 0.8 %
        np.testing.assert_allclose(fading.factors, 0.5, rtol=1e-6)
        assert fading.growing == 0
        assert fading.texts.tolist() == [3, 3, 3, 3, 2, 2, 2, 1, 1, 1]
    assert jacobian_fading(classifier, [*texts, "", "good film"]).texts.tolist() == fading.texts.tolist()  # too short to tell
    with pytest.raises(GradientError, match="at least 4 words"):
        jacobian_fading(classifier, ["good film", ""])


def test_the_longest_texts_take_part_with_all_their_words():
    """The curve ends where fewer than a quarter of the texts go on; the rates are still those of whole texts."""
    classifier = small_classifier(activation="linear", units=2, time_steps=60)
    turn = np.array([[0.3, -0.4], [0.4, 0.3]], dtype=np.float32)
    classifier = replace(classifier, weights={**classifier.weights, "recurrent_kernel": turn})
    fading = jacobian_fading(classifier, ["film " * length for length in (5, 6, 7, 8, 8, 8, 50, 60)])
    assert len(fading.gaps) == 50
    fading = jacobian_fading(classifier, ["film " * length for length in (5, 6, 7, 8, 8, 8, 8, 60)])
    assert len(fading.gaps) == 8
    np.testing.assert_allclose(fading.rates, np.log(0.5), rtol=1e-6)


def test_fading_counts_a_dependence_that_ends_altogether():
    fading = jacobian_fading(small_classifier(gain=0.0), [TEXT, TEXT])
    assert fading.rate.value == -np.inf
    assert fading.words_to_one_percent == 1
    assert not np.isnan(fading.low).any()
