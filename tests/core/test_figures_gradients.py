"""Figures of gradients, dial and opening draw the result's own numbers and say them in their alternative texts."""

import json
import math

import numpy as np
import plotly.graph_objects as go
import pytest

from rnn_core.figures import dial as dial_figures
from rnn_core.figures import gradients as figures
from rnn_core.figures.opening import describe_opening_effects, opening_effects
from rnn_core.figures.powers import in_words, power_axis, tens
from rnn_core.figures.theme import KIND_COLOURS, NEUTRAL
from rnn_core.lenses.dial import DialSetting, compare_settings, dial, read_dial_texts
from rnn_core.lenses.gradients import gradient_fading, jacobian_fading, jacobian_norms, through_time
from rnn_core.lenses.opening import opening_effect
from rnn_core.lenses.spectrum import spectrum
from tests.core.small import TEXT, WORDS, small_classifier

SIMPLE, LSTM = small_classifier(), small_classifier(kind="lstm")
FOUND, FOUND_LSTM = through_time(SIMPLE, TEXT, 1), through_time(LSTM, TEXT, 1)
TEXTS = [TEXT, "not a very good film", "the bad film was not good"]
SETTINGS = [DialSetting(), DialSetting(start="orthogonal", factor=0.5, activation="relu"), DialSetting(start="zero")]
DIAL = dial(SIMPLE, TEXT, 1, read_dial_texts(SIMPLE, TEXTS, [0, 1, 1]), DialSetting(factor=2.0, clip_norm=1e-3))
REVIEWS = [" ".join(np.random.default_rng(seed).choice(WORDS, size=30)) for seed in range(5)]
EFFECTS = [opening_effect(one, REVIEWS, ("good", "bad"), following=(0, 5, 20)) for one in (SIMPLE, LSTM, LSTM)]


def every_figure() -> dict[str, go.Figure]:
    one_word, silent = through_time(SIMPLE, "good", 1), through_time(small_classifier(gain=0.0), TEXT, 1)
    return {
        "arriving": figures.arriving_gradient(FOUND_LSTM, reached=3),
        "arriving, linear": figures.arriving_gradient(FOUND, logarithmic=False),
        "arriving, one word": figures.arriving_gradient(one_word),
        "arriving, nothing": figures.arriving_gradient(silent),
        "units": figures.unit_gradients(FOUND, reached=2),
        "factors": figures.local_factors(FOUND),
        "factors, one word": figures.local_factors(one_word),
        "contributions": figures.contributions(FOUND),
        "fading": figures.fading(gradient_fading(SIMPLE, TEXTS, [0, 1, 1])),
        "fading, nothing": figures.fading(jacobian_fading(small_classifier(gain=0.0), TEXTS)),
        "jacobian": figures.jacobian(jacobian_norms(LSTM, TEXT)),
        "spectrum": dial_figures.spectrum(spectrum(LSTM), "lstm"),
        "decay": dial_figures.decay(DIAL, DIAL),
        "trajectory": dial_figures.trajectory(DIAL),
        "settings": dial_figures.compared_settings(SETTINGS, compare_settings(SIMPLE, TEXTS, SETTINGS), "simple_rnn"),
        "opening": opening_effects(EFFECTS),
        "opening, flips": opening_effects(EFFECTS[:1], ["my <run>"], flips=True),
    }


FIGURES = every_figure()


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_valid_json_with_data_or_a_sentence(name):
    assert json.loads(FIGURES[name].to_json())["data"]


def test_the_gradient_s_line_is_its_logarithm():
    line = FIGURES["arriving"].data[0]
    assert list(line.x) == list(range(3, 10))
    np.testing.assert_allclose(np.array(line.y, dtype=float) * math.log(10), FOUND_LSTM.log_norms[3:])
    assert FIGURES["arriving"].data[1].name == "cell state"
    np.testing.assert_allclose(FIGURES["arriving, linear"].data[0].y, FOUND.norms / FOUND.norms[-1])
    assert [value is None for value in FIGURES["arriving, nothing"].data[0].y] == [True] * 9 + [False]


def test_contributions_and_factors_are_the_lens_s():
    np.testing.assert_allclose(FIGURES["contributions"].data[0].y, FOUND.contribution_shares)
    np.testing.assert_allclose(FIGURES["factors"].data[0].y, FOUND.stretches[1:])
    np.testing.assert_allclose(FIGURES["factors"].data[1].y, np.exp(FOUND.factor_log_norms[1:]))


def test_alternative_texts_have_the_numbers():
    assert f"{FOUND.norms[-1]:.3g}" in figures.describe_arriving_gradient(FOUND)
    assert f"{FOUND.share_of_last_words * 100:.0f} %" in figures.describe_contributions(FOUND)
    assert "single word" in figures.describe_local_factors(through_time(SIMPLE, "good", 1))
    assert "zero" in figures.describe_contributions(through_time(SIMPLE, "good", 1))
    assert f"{FOUND.stretches[1:].min():.2f}" in figures.describe_local_factors(FOUND)
    assert "unit" in figures.describe_unit_gradients(FOUND)
    assert "gap 9" in figures.describe_jacobian(jacobian_norms(SIMPLE, TEXT))
    assert f"{spectrum(SIMPLE).state.radius:.2f}" in dial_figures.describe_spectrum(spectrum(SIMPLE))
    assert f"{DIAL.clip_factor:.3g}" in dial_figures.describe_decay(DIAL)
    assert "10 words" in dial_figures.describe_trajectory(DIAL)
    assert DIAL.accuracy.percent() in dial_figures.describe_accuracy(DIAL)
    settings = dial_figures.describe_compared_settings(SETTINGS, compare_settings(SIMPLE, TEXTS, SETTINGS))
    assert "orthogonal × 0.5, relu" in settings
    assert "zero 0 (nothing passes)" in settings
    seeds = [DialSetting(start="orthogonal", seed=seed) for seed in (0, 1)]
    drawn = compare_settings(SIMPLE, TEXTS, seeds)
    both = ", ".join(f"{math.exp(one.value):.3f}" for one in drawn)
    assert f"orthogonal {both}." in dial_figures.describe_compared_settings(seeds, drawn)
    assert dial_figures.compared_settings(seeds, drawn, "simple_rnn").layout.yaxis.categoryarray == ("orthogonal",)
    assert "over 5 texts" in describe_opening_effects(EFFECTS)
    assert EFFECTS[0].flips[1].percent(0) + " after 5" in describe_opening_effects(EFFECTS, flips=True)


def test_the_headline_is_in_words():
    turn = np.array([[0.3, -0.4], [0.4, 0.3]], dtype=np.float32)  # halves at every step
    halving = small_classifier(activation="linear", units=2)
    halving.weights["recurrent_kernel"][:] = turn
    sentence = figures.describe_fading(gradient_fading(halving, TEXTS, [0, 1, 1]))
    assert (
        sentence == "After 7 words, 1 % of the gradient is left: half of it is lost every 1.0 words (1.0 to 1.0), over 3 texts."
    )
    halving.weights["recurrent_kernel"][:] = 1.9 * turn
    assert "After 9 words, 63.0 % of the gradient is left" in figures.describe_fading(gradient_fading(halving, TEXTS, [0, 1, 1]))
    halving.weights["recurrent_kernel"][:] = 4 * turn
    assert "by a factor of 2.000 every word" in figures.describe_fading(jacobian_fading(halving, TEXTS))
    assert "not even" not in figures.describe_fading(jacobian_fading(small_classifier(gain=0.0), TEXTS))


@pytest.mark.parametrize(
    ("logarithm", "words"),
    [(-math.inf, "0"), (math.log(0.0123), "0.0123"), (-400 * math.log(10), "1.0e-400"), (math.log(1000), "1e+03"), (0.0, "1")],
)
def test_numbers_that_no_double_holds_are_said(logarithm, words):
    assert in_words(logarithm) == words


def test_a_power_axis_holds_all_its_values():
    figure = go.Figure(go.Scatter(y=[-3.2, 0.4]))
    power_axis(figure, [*tens(np.array([-3.2, 0.4]) * math.log(10)), None])
    ticks = figure.layout.yaxis.tickvals
    assert ticks[0] <= -3.2
    assert ticks[-1] >= 0.4
    assert figure.layout.yaxis.ticktext[0] == "10<sup>−4</sup>"
    power_axis(figure, [])
    power_axis(figure, [-0.68, -0.55])  # 0.21 to 0.28
    assert figure.layout.yaxis.ticktext == ("0.2", "0.5")
    assert figure.layout.yaxis.range[0] < -0.68
    power_axis(figure, [0.0, None])
    assert figure.layout.yaxis.ticktext == ("1", "2")


def test_a_control_is_grey():
    colours = [line.line.color for line in opening_effects(EFFECTS, controls=[1]).data]
    assert colours == [KIND_COLOURS["simple_rnn"], NEUTRAL, KIND_COLOURS["lstm"]]


def test_a_name_of_a_person_s_is_not_read_as_html():
    assert FIGURES["opening, flips"].data[0].name == "my &lt;run&gt;"
