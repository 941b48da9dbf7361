"""Paths of states: the boundary is the model's own threshold, the sources are what Keras and the cells' equations say."""

import numpy as np
import pytest

from rnn_core.figures.heatmap import describe_heat_map
from rnn_core.figures.heatmap import heat_map as heat_figure
from rnn_core.figures.trajectory import describe_trajectory
from rnn_core.figures.trajectory import trajectory as trajectory_figure
from rnn_core.lenses.neighbours import neighbours
from rnn_core.lenses.states_epochs import development, stages
from rnn_core.lenses.states_heat import heat_map
from rnn_core.lenses.states_reference import real_texts, reference_states
from rnn_core.lenses.states_source import SEEN, Source, StatesError, layers_of, quantities_of, word_states
from rnn_core.lenses.trajectory import draw, on_the_boundary, plane_of, trajectory
from rnn_core.models.cells import LSTMState, gru_step, lstm_step
from tests.core.small import TEXT, small_classifier

WORDS = TEXT.split()
SHAPES = (
    {},
    {"pooling": "mean_max"},
    {"pooling": "max", "bidirectional": True},
    {"bidirectional": True, "layers": 2},
    {"mask": False, "padding": "right"},
)


def some_texts(count=200, seed=3):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, rng.integers(1, 12))) for _ in range(count)]


def reference_of(classifier, source, count=200):
    texts = some_texts(count)
    return reference_states(classifier, real_texts(classifier, texts, np.arange(count) % classifier.spec.labels), source)


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_vertical_line_is_the_models_threshold_on_a_thousand_states(kind, shape):
    classifier = small_classifier(seed=5, kind=kind, **shape)
    classifier.weights["output/bias"][:] = 0.3
    reference = reference_of(classifier, Source(layers_of(classifier.spec)[0]), 260)
    plane = plane_of(classifier, reference)
    assert plane.exact
    assert len(reference.states) >= 1_000
    points = plane.project(reference.states)
    answers = reference.probabilities.argmax(axis=1)
    sure = np.abs(points[:, 0]) > 1e-5
    assert sure.mean() > 0.99
    np.testing.assert_array_equal((points[sure, 0] > 0).astype(int), answers[sure])
    np.testing.assert_array_equal(plane.regions(points)[sure], answers[sure])
    slope = np.linalg.norm(classifier.weights["output/kernel"].astype(float))  # distance times slope is the logit
    logits = np.log(reference.probabilities[:, 1]) - np.log(reference.probabilities[:, 0])
    np.testing.assert_allclose(points[:, 0] * slope, logits, atol=2e-4)


def test_the_vertical_axis_is_the_greatest_variance_at_right_angles_to_the_readout():
    classifier = small_classifier(seed=1)
    reference = reference_of(classifier, Source(""))
    plane = plane_of(classifier, reference)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-9)
    centred = reference.states.astype(float) - reference.states.mean(axis=0)
    readout = plane.directions[0]
    rest = centred - np.outer(centred @ readout, readout)
    sizes = np.linalg.svd(rest, compute_uv=False) ** 2
    np.testing.assert_allclose(plane.shares[1], sizes[0] / (centred**2).sum(), rtol=1e-5)
    rng = np.random.default_rng(0)
    for other in rng.normal(size=(50, 4)):
        other -= readout * (readout @ other)
        assert (centred @ other / np.linalg.norm(other)).var() <= (centred @ plane.directions[1]).var() + 1e-9
    on_it = on_the_boundary(classifier, centred[0])
    logit = on_it @ classifier.weights["output/kernel"][:, 0] + classifier.weights["output/bias"][0]
    assert abs(logit) < 1e-6


def test_components_are_those_of_a_singular_value_decomposition():
    classifier = small_classifier(seed=2, kind="gru")
    reference = reference_of(classifier, Source("", "update gate"))
    plane = plane_of(classifier, reference, "3 components")
    centred = reference.states.astype(float) - reference.states.mean(axis=0, dtype=float)
    sizes = np.linalg.svd(centred, compute_uv=False) ** 2
    np.testing.assert_allclose(plane.shares, sizes[:3] / sizes.sum(), rtol=1e-5)
    assert plane.logits is None
    with pytest.raises(StatesError):
        plane_of(classifier, reference, "answer")


def test_three_labels_lie_in_exact_regions_and_more_say_that_they_do_not():
    for labels, exact in ((3, True), (5, False)):
        classifier = small_classifier(seed=4, labels=labels, units=6)
        reference = reference_of(classifier, Source(""))
        plane = plane_of(classifier, reference)
        assert plane.exact is exact
        answers = reference.probabilities.argmax(axis=1)
        found = plane.regions(plane.project(reference.states))
        if exact:
            assert (found == answers).mean() > 0.999
        on_plane = plane.origin + plane.project(reference.states) @ plane.directions  # on the plane itself they always hold
        logits = on_plane @ classifier.weights["output/kernel"] + classifier.weights["output/bias"]
        np.testing.assert_array_equal(found, logits.argmax(axis=1))


@pytest.mark.parametrize("kind", ["gru", "lstm"])
def test_gates_and_cell_state_make_the_next_state(kind):
    classifier = small_classifier(seed=6, kind=kind, layers=2, bidirectional=True)
    assert layers_of(classifier.spec) == (SEEN, "recurrent_2/", "backward_2/", "", "backward/")
    for layer in layers_of(classifier.spec)[1:]:
        seen = {name: word_states(classifier, TEXT, Source(layer, name)) for name in quantities_of(classifier.spec, layer)}
        state = seen["state"]
        before = np.concatenate([state.start[None], state.states[:-1]])
        trace = classifier.trace(TEXT)
        inputs = next(one.inputs for one in trace.layers if one.prefix == layer)
        inputs = inputs[::-1] if layer.startswith("backward") else inputs
        weights = classifier.layer_weights(layer)
        if kind == "gru":
            z = seen["update gate"].states
            np.testing.assert_allclose(z * before + (1 - z) * seen["candidate"].states, state.states, atol=1e-6)
            np.testing.assert_allclose(gru_step(inputs, before, weights), state.states, atol=1e-6)
        else:
            memory = seen["cell state"].states
            memory_before = np.concatenate([np.zeros_like(memory[:1]), memory[:-1]])
            made = seen["forget gate"].states * memory_before + seen["input gate"].states * seen["candidate"].states
            np.testing.assert_allclose(made, memory, atol=1e-6)
            np.testing.assert_allclose(seen["output gate"].states * np.tanh(memory), state.states, atol=1e-6)
            np.testing.assert_allclose(lstm_step(inputs, LSTMState(before, memory_before), weights).cell, memory, atol=1e-6)
        assert state.tokens == (trace.tokens[::-1] if layer.startswith("backward") else trace.tokens)
        assert (state.probabilities is None) == layer.startswith("backward")


def test_moved_is_the_distance_from_the_state_before():
    words = word_states(small_classifier(), TEXT, Source(""))
    assert words.moved[0] == pytest.approx(np.linalg.norm(words.states[0]))
    assert words.moved[3] == pytest.approx(np.linalg.norm(words.states[3] - words.states[2]), rel=1e-6)


def test_figures_show_the_numbers_of_the_lens():
    classifier = small_classifier(seed=1)
    reference = reference_of(classifier, Source(""))
    found = trajectory(classifier, [TEXT, "good film"], reference)
    figure = trajectory_figure(found)
    lines = [trace for trace in figure.data if trace.type == "scatter" and "lines" in trace.mode]
    np.testing.assert_allclose(lines[0].x[1:], found.paths[0].points[:, 0])
    assert list(lines[1].text) == ["start", "good", "film"]
    cloud = [trace for trace in figure.data if trace.type == "scatter" and trace.mode == "markers"]
    assert sum(len(trace.x) for trace in cloud) == len(reference)
    assert "moved most by" in describe_trajectory(found)
    space = trajectory_figure(trajectory(classifier, TEXT, reference, "3 components"))
    assert {trace.type for trace in space.data} == {"scatter3d"}
    heat = heat_map(found.paths[0].words, "by similarity", "relative")
    drawn = heat_figure(heat).data[0]
    np.testing.assert_array_equal(drawn.customdata, heat.values)
    assert "by similarity" in describe_heat_map(heat)
    with pytest.raises(StatesError):
        trajectory(classifier, ["good"] * 11, reference)


def test_relative_rows_span_their_own_range_and_similar_units_stand_together():
    words = word_states(small_classifier(units=6), TEXT, Source(""))
    absolute, relative = heat_map(words), heat_map(words, "as they are", "relative")
    np.testing.assert_array_equal(absolute.shown, words.states.T)
    np.testing.assert_allclose(relative.shown.max(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(relative.shown.min(axis=1), -1, atol=1e-6)
    wave = np.sin(np.arange(10.0))
    noise = 0.01 * np.random.default_rng(0).normal(size=(10, 6))
    words.states[:] = np.stack([wave, -wave, wave, -wave, wave, -wave], axis=1) + noise
    order = heat_map(words, "by similarity").units
    assert sorted(order.tolist()) == list(range(6))
    assert len({unit % 2 for unit in order[:3].tolist()}) == 1


def test_neighbours_are_the_nearest_by_brute_force():
    classifier = small_classifier(seed=8)
    reference = reference_of(classifier, Source(""))
    state = word_states(classifier, TEXT, Source("")).states[4]
    found = neighbours(reference, state, 5)
    distances = np.linalg.norm(reference.states - state, axis=1)
    best = {row: distances[reference.rows == row].min() for row in range(len(reference))}
    np.testing.assert_allclose([one.distance for one in found.found], sorted(best.values())[:5], atol=1e-5)
    nearest = found.found[0]
    assert nearest.words == reference.words(nearest.row)[max(0, nearest.step - 7) : nearest.step + 1]
    own = reference.texts.tokens[nearest.row]
    assert all(
        one.row != nearest.row for one in neighbours(reference, state, 5, skip=own).found if reference.words(one.row) == own
    )


def test_each_stage_of_a_training_has_its_own_boundary():
    last, first = small_classifier(seed=1), small_classifier(seed=2)
    texts = real_texts(last, some_texts(), np.arange(200) % 2)
    reference = reference_states(last, texts, Source())
    found = stages([(0, first), (3, last)], texts, plane_of(last, reference))
    shown = development(found, TEXT, texts)
    assert shown.points.shape == (2, len(TEXT.split()), 2)
    for stage, points, probabilities in zip(found, shown.points, shown.probabilities, strict=True):
        np.testing.assert_array_equal(points[:, 0] > 0, probabilities.argmax(axis=1) == 1)
        right = stage.classifier.network.probabilities(texts.ids).argmax(axis=1) == texts.labels
        assert stage.accuracy.value == pytest.approx(right.mean())
    same = draw(last, [word_states(last, TEXT, Source())], reference, plane_of(last, reference))
    np.testing.assert_allclose(shown.points[1][:, 0], same.paths[0].points[:, 0], atol=1e-6)


def test_a_text_without_words_is_said():
    with pytest.raises(StatesError, match="no word"):
        word_states(small_classifier(), "  ", Source(""))
