"""One network reads any length with the same weights; padding moves a state exactly where the cell takes it."""

import numpy as np
import pytest

from rnn_core.bundled import bundled, example_reviews
from rnn_core.classifier import Classifier
from rnn_core.data.tokens import Vocabulary, tokenize
from rnn_core.lenses.any_length import LengthError, any_length, padding_drift
from rnn_core.lenses.fixed_window import fixed_window
from rnn_core.models.cells import simple_rnn_step
from rnn_core.models.initial import initial_weights
from rnn_core.models.summary import layer_table
from rnn_core.spec import ModelSpec

TEXT = "a smart , funny film"


def states(model, ids, start=None):
    """The bundled SimpleRNN, one step at a time."""
    state = np.zeros(model.spec.units, np.float32) if start is None else start
    found = []
    for word in ids:
        state = simple_rnn_step(model.weights["embeddings"][word], state, model.weights)
        found.append(state)
    return np.array(found)


def test_all_words_are_read_and_the_state_keeps_its_size():
    model, texts = bundled(), example_reviews()
    found = any_length(model, texts)
    assert [reading.words for reading in found.readings] == [10, 100, 300]  # though training read 60
    for text, reading in zip(texts, found.readings, strict=True):
        expected = states(model, model.vocabulary.ids(tokenize(text)))[-1]
        assert reading.state.shape == (model.spec.units,)
        assert np.allclose(reading.state, expected, atol=1e-5)


def test_a_dense_network_wastes_or_cuts_and_needs_more_parameters():
    found = any_length(bundled(), example_reviews(), dense_steps=100)
    assert [(r.dense_padding, r.dense_cut) for r in found.readings] == [(90, 0), (0, 0), (0, 200)]
    recurrent = layer_table(ModelSpec(units=8, features=8))
    dense = layer_table(ModelSpec(kind="dense", units=8, features=8, time_steps=100))
    assert found.parameters == next(row.parameters for row in recurrent if row.name == "recurrent") == 8 * (8 + 8 + 1)
    assert found.dense_parameters == next(row.parameters for row in dense if row.name == "hidden") == 8 * (800 + 1)


@pytest.mark.parametrize("padding", ["left", "right"])
def test_a_mask_leaves_the_state_where_it_was(padding):
    drift = padding_drift(bundled(), TEXT, 30, padding, mask=True)
    assert not drift.distance.any()
    assert drift.padded.sum() == 25
    assert np.allclose(drift.probabilities, bundled().predict_proba([TEXT])[0], atol=1e-6)


def test_padding_after_the_words_is_read_like_words():
    model = bundled()
    drift = padding_drift(model, TEXT, 30, "right", mask=False)
    ids = model.vocabulary.ids(tokenize(TEXT))
    words = states(model, ids)
    pads = states(model, [0] * 25, start=words[-1])
    assert drift.padded.tolist() == [False] * 5 + [True] * 25
    assert np.allclose(drift.distance[:5], 0, atol=1e-6)
    assert np.allclose(drift.distance[5:], np.linalg.norm(pads - words[-1], axis=1), atol=1e-5)
    assert drift.distance[-1] > 0.1


def test_padding_before_the_words_moves_the_start():
    model = bundled()
    drift = padding_drift(model, TEXT, 30, "left", mask=False)
    ids = model.vocabulary.ids(tokenize(TEXT))
    pads = states(model, [0] * 25)
    assert np.allclose(drift.distance[:25], np.linalg.norm(pads, axis=1), atol=1e-5)
    after = states(model, ids, start=pads[-1])
    assert np.allclose(drift.distance[25:], np.linalg.norm(after - states(model, ids), axis=1), atol=1e-5)


def test_a_text_without_room_or_words_is_refused():
    with pytest.raises(LengthError, match="5 words: it does not fit into 4"):
        padding_drift(bundled(), TEXT, 4, "left", mask=False)
    with pytest.raises(LengthError, match="no words"):
        any_length(bundled(), ["  "])


@pytest.mark.parametrize("kind", ["bag_of_words", "dense", "conv1d", "transformer"])
def test_a_network_without_a_loop_is_refused(kind):
    spec = ModelSpec(kind=kind, vocabulary=50, features=4, units=4, time_steps=10)
    classifier = Classifier(spec, Vocabulary.learn([tokenize(TEXT)]), ("bad", "good"), initial_weights(spec))
    with pytest.raises(LengthError, match="carries no state"):
        any_length(classifier, [TEXT])


def test_a_window_of_six_places_loses_what_is_longer_and_pads_what_is_shorter():
    found = fixed_window(bundled(), "one two three four five six seven eight", "dense", places=6, units=4)
    assert found.places == ("one", "two", "three", "four", "five", "six")
    assert found.lost == ("seven", "eight")
    assert found.parameters == 4 * (6 * 8 + 1)
    assert found.parameters_for_all == 4 * (8 * 8 + 1)
    assert found.kernels.shape == (6, 8, 4)
    short = fixed_window(bundled(), "one two", "dense", places=6, units=4)
    assert short.places == (None, None, None, None, "one", "two")
    assert not short.inputs[:4].any()
    assert np.array_equal(short.inputs[5], bundled().weights["embeddings"][bundled().vocabulary.ids(["two"])[0]])


def test_a_convolution_has_the_same_filters_at_every_place():
    found = fixed_window(bundled(), "one two", "conv1d", places=6, units=4, kernel_size=3, padding="right")
    assert found.places == ("one", "two", None, None, None, None)
    assert found.kernels.shape == (1, 3, 8)
    assert found.parameters == found.parameters_for_all == 4 * (3 * 8 + 1)
