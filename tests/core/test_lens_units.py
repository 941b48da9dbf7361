"""Units that are held, ranked and described: against a loop that holds them step by step, and against SciPy and counting."""

import numpy as np
import pytest
from test_lens_trajectory import reference_of, some_texts

from rnn_core.figures.units import describe_unit_worths, unit_worths
from rnn_core.lenses.states_held import held_accuracy, held_states, hold, rank_units
from rnn_core.lenses.states_reference import real_texts, reference_states
from rnn_core.lenses.states_source import Source, StatesError, layers_of, word_states
from rnn_core.lenses.units import correlation, unit_profile
from rnn_core.models.cells import LSTMState, gru_step, lstm_step, simple_rnn_step
from rnn_core.models.weights import recurrent_prefixes
from tests.core.small import TEXT, small_classifier

HELD = {1: 0.4, 3: 0.0}


def step_by_step(classifier, ids, layer, values):
    """The answer of the whole network to a masked text, each held unit overwritten at every step: probabilities [K]."""
    spec, weights = classifier.spec, classifier.weights
    sequence, prefixes = weights["embeddings"][ids], [prefix for prefix, _ in recurrent_prefixes(spec)]
    directions = 2 if spec.bidirectional else 1
    for first in range(0, len(prefixes), directions):
        outputs = []
        for prefix in prefixes[first : first + directions]:
            state, memory, rows = np.zeros(spec.units), np.zeros(spec.units), []
            backward = prefix.startswith("backward")
            for x in sequence[::-1] if backward else sequence:
                if prefix == layer:
                    state[list(values)] = list(values.values())
                own = classifier.layer_weights(prefix)
                if spec.kind == "lstm":
                    state, memory = lstm_step(x, LSTMState(state, memory), own)
                else:
                    state = (gru_step if spec.kind == "gru" else simple_rnn_step)(x, state, own)
                state = np.array(state)
                if prefix == layer:
                    state[list(values)] = list(values.values())
                rows.append(state)
            outputs.append(np.stack(rows[::-1] if backward else rows))
        sequence = np.concatenate(outputs, axis=1)
    ends = [
        rows[0] if prefix.startswith("backward") else rows[-1] for prefix, rows in zip(prefixes[first:], outputs, strict=True)
    ]
    pooled = {
        "last": np.concatenate(ends),
        "mean": sequence.mean(axis=0),
        "max": sequence.max(axis=0),
        "mean_max": np.concatenate([sequence.mean(axis=0), sequence.max(axis=0)]),
    }[spec.pooling]
    logit = float(pooled @ weights["output/kernel"][:, 0] + weights["output/bias"][0])
    return 1 / (1 + np.exp(-logit))


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "mean_max"])
@pytest.mark.parametrize("shape", [{}, {"bidirectional": True}, {"layers": 2, "bidirectional": True}], ids=str)
def test_holding_is_what_overwriting_the_state_at_every_step_gives(kind, pooling, shape):
    classifier = small_classifier(seed=7, kind=kind, pooling=pooling, **shape)
    ids = classifier.vocabulary.ids(TEXT.split())
    for layer in [layer for layer, _ in recurrent_prefixes(classifier.spec)]:
        expected = step_by_step(classifier, ids, layer, HELD)
        assert hold(classifier, layer, HELD).predict_proba([TEXT])[0, 1] == pytest.approx(expected, abs=1e-6)
    assert step_by_step(classifier, ids, "", {}) == pytest.approx(classifier.predict_proba([TEXT])[0, 1], abs=1e-6)


@pytest.mark.parametrize("shape", [{}, {"pooling": "mean_max", "bidirectional": True}], ids=str)
def test_the_held_path_ends_where_the_answer_is(shape):
    classifier = small_classifier(seed=9, **shape)
    for layer in [layer for layer, _ in recurrent_prefixes(classifier.spec)]:
        found = held_states(classifier, TEXT, Source(layers_of(classifier.spec)[0]), layer, HELD)
        logits = found.states @ classifier.weights["output/kernel"][:, 0] + classifier.weights["output/bias"][0]
        np.testing.assert_allclose(1 / (1 + np.exp(-logits)), found.probabilities[:, 1], atol=1e-6)
        own = held_states(classifier, TEXT, Source(layer), layer, HELD)
        np.testing.assert_allclose(own.states[:, [1, 3]], np.tile([0.4, 0.0], (len(own.states), 1)), atol=1e-7)


def test_nothing_held_changes_nothing_and_wrong_units_are_said():
    classifier = small_classifier()
    np.testing.assert_array_equal(hold(classifier, "", {}).predict_proba([TEXT]), classifier.predict_proba([TEXT]))
    with pytest.raises(StatesError, match="units 0 to 3"):
        hold(classifier, "", {4: 0.0})
    with pytest.raises(StatesError, match="no recurrent layer"):
        hold(classifier, "backward/", {0: 0.0})


def test_ranking_is_the_fall_of_counted_right_answers():
    classifier = small_classifier(seed=3)
    texts = some_texts()
    labels = classifier.predict_proba(texts).argmax(axis=1)  # what it answers is right, so that every change is a loss
    real = real_texts(classifier, texts, labels)
    found = rank_units(classifier, real, reference_states(classifier, real, Source("")))
    falls = [
        1 - (hold(classifier, "", {u: 0.0}).predict_ids(list(real.ids)).argmax(axis=1) == real.labels).mean() for u in range(4)
    ]
    assert {worth.unit: pytest.approx(worth.fall.value) for worth in found.worths} == dict(enumerate(falls))
    np.testing.assert_allclose([worth.fall.value for worth in found.worths], sorted(falls, reverse=True))
    alone = held_accuracy(classifier, real, "", {0: 0.0})
    assert (alone.before.value, alone.fall.value) == (1.0, pytest.approx(falls[0]))
    figure = unit_worths(found)
    np.testing.assert_allclose(figure.data[0].x, [worth.fall.value for worth in found.worths])
    assert "switched off" in describe_unit_worths(found)


def test_profile_of_a_unit_by_brute_force():
    classifier = small_classifier(seed=2)
    reference = reference_of(classifier, Source(""))
    profile = unit_profile(reference, 2, classifier.label_names)
    values = reference.states[:, 2]
    assert profile.highest[0].value == values.max() == profile.high
    assert profile.lowest[0].value == values.min() == profile.low
    assert len({one.row for one in profile.highest}) == len(profile.highest) == 20
    top = profile.highest[3]
    assert word_states(classifier, " ".join(reference.words(top.row)), Source("")).states[top.step, 2] == pytest.approx(top.value)
    answer = np.log(reference.probabilities[:, 1]) - np.log(reference.probabilities[:, 0])
    found = {one.name: one.value for one in profile.correlations}
    assert found["answer so far, towards label 1"].value == pytest.approx(np.corrcoef(values, answer)[0, 1], abs=1e-4)
    lengths = np.diff(reference.starts)
    assert found["length of the text"].value == pytest.approx(np.corrcoef(reference.final[:, 2], lengths)[0, 1], abs=1e-4)


def test_interval_of_a_correlation_counts_texts_not_words():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 40))
    once = correlation(x, y, np.arange(40))
    often = correlation(np.repeat(x, 50), np.repeat(y, 50), np.repeat(np.arange(40), 50))
    assert often.value == pytest.approx(once.value)
    assert often.high - often.low == pytest.approx(once.high - once.low)
    assert once.low < np.corrcoef(x, y)[0, 1] < once.high
    fisher = np.tanh(np.arctanh(once.value) + np.array([-1.96, 1.96]) / np.sqrt(37))  # for normal numbers
    np.testing.assert_allclose([once.low, once.high], fisher, atol=0.12)
    assert correlation(np.ones(5), x[:5], np.arange(5)) is None
