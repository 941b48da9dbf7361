"""The unrolled picture and the arithmetic behind it are what the network computes, layer by layer."""

import numpy as np
import pytest

from rnn_core.bundled import bundled
from rnn_core.classifier import Classifier
from rnn_core.data.tokens import Vocabulary
from rnn_core.lenses.picture import PictureError, gate_blocks, inside, inside_step, picture, states_in_reading_order
from rnn_core.models.initial import initial_weights
from rnn_core.models.weights import GATES
from rnn_core.spec import RECURRENT_KINDS, ModelSpec

WORDS = ("a", "dog", "bit", "the", "man")
TEXT = "the dog bit a strange man"


def untrained(**settings):
    """A network with random weights, biases included."""
    spec = ModelSpec(units=5, features=4, time_steps=9, vocabulary=7, **settings)
    rng = np.random.default_rng(3)
    weights = {name: rng.normal(0, 0.6, a.shape).astype(np.float32) for name, a in initial_weights(spec).items()}
    return Classifier(spec, Vocabulary(WORDS), ("no", "yes"), weights)


SHAPES = [
    {},
    {"layers": 2},
    {"bidirectional": True},
    {"layers": 2, "bidirectional": True, "pooling": "mean"},
    {"mask": False},
    {"mask": False, "padding": "right"},
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_the_arithmetic_gives_every_state_of_every_layer(kind, shape):
    drawn = picture(untrained(kind=kind, **shape), TEXT)
    assert len(drawn.trace.layers) == shape.get("layers", 1) * (2 if shape.get("bidirectional") else 1)
    for layer in drawn.trace.layers:
        found = [[inside(drawn, step, unit, layer.prefix).state_after for unit in range(5)] for step in range(6)]
        assert np.allclose(found, layer.states, atol=1e-6)


def test_states_follow_each_other_as_the_layer_reads():
    drawn = picture(untrained(kind="gru", bidirectional=True), TEXT)
    forward, backward = (states_in_reading_order(layer) for layer in drawn.trace.layers)
    assert forward.shape == backward.shape == (7, 5)
    assert not forward[0].any()  # both start from zero
    assert not backward[0].any()
    assert np.array_equal(forward[1:], drawn.trace.layers[0].states)
    assert np.array_equal(backward[1:], drawn.trace.layers[1].states[::-1])


def test_what_does_not_fit_is_named():
    drawn = picture(untrained(), "the dog bit the man . the man bit the dog")
    assert drawn.lost == ("the", "dog")
    assert len(drawn.trace.tokens) == 9


@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_blocks_are_the_gates_columns(kind):
    kernel = untrained(kind=kind).weights["kernel"]
    blocks = gate_blocks(kernel, GATES[kind])
    assert blocks.shape == (GATES[kind], 4, 5)
    assert all(np.array_equal(blocks[gate], kernel[:, 5 * gate : 5 * gate + 5]) for gate in range(GATES[kind]))


def test_the_answer_at_each_word_is_the_answer_to_the_text_so_far():
    model, words = bundled("lstm"), ["a", "smart", ",", "funny", "film"]
    found = picture(model, " ".join(words)).trace.probabilities
    prefixes = [" ".join(words[: t + 1]) for t in range(len(words))]
    assert np.allclose(found, model.predict_proba(prefixes), atol=1e-6)


@pytest.mark.parametrize(
    ("text", "step", "unit", "layer", "sentence"),
    [
        ("", 0, 0, "", "no words"),
        (TEXT, 6, 0, "", "steps 0 to 5"),
        (TEXT, 0, 8, "", "units 0 to 7"),
        (TEXT, -1, 0, "", "steps 0 to 5"),
        (TEXT, 0, 0, "backward/", "no recurrent layer 'backward/'"),
    ],
)
def test_what_is_not_there_is_refused_in_words(text, step, unit, layer, sentence):
    with pytest.raises(PictureError, match=sentence):
        inside_step(bundled(), text, step, unit, layer)


def test_a_network_without_a_loop_has_no_unrolled_picture():
    spec = ModelSpec(kind="dense", units=3, features=4, time_steps=5, vocabulary=7)
    model = Classifier(spec, Vocabulary(WORDS), ("no", "yes"), initial_weights(spec))
    with pytest.raises(PictureError, match="dense passes no state"):
        picture(model, TEXT)
