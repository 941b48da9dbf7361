"""The gap lab: which points there are and in what order, that nothing is trained twice, and what a curve says of its results."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.experiments.gap_grid import GapGrid, default_grid, expected_seconds, python_of, quick_grid, work
from rnn_core.experiments.gap_networks import network_spec, parameter_count, sizes, start_weights
from rnn_core.experiments.gap_points import CONTROL, GAP_KINDS
from rnn_core.experiments.gap_results import GapCurve, SeedResult
from rnn_core.experiments.memory import DEFAULT_GAPS, ExperimentError, GapSettings, Point, grid
from rnn_core.experiments.record import best_choice
from rnn_core.experiments.tasks import TASK, TASKS
from rnn_core.experiments.tuning import choices, tuned
from rnn_core.figures import memory as figures
from rnn_core.figures.memory_words import longer_in_words, memory_in_words

SETTINGS = GapSettings(start="standard", learning_rate=1e-3)


def result(kind, gap, seed, score, **other):
    values = {
        "key": Point(SETTINGS, kind, gap, (seed,)).key_of(seed),
        "task": "recall",
        "kind": kind,
        "gap": gap,
        "seed": seed,
        "units": 32,
        "parameters": 2728,
        "learning_rate": 1e-3,
        "start": "standard",
        "score": score,
        "solved": score > 0.99,
        "steps": 300,
        "curve": (0.2, 0.6, 1.0),
        "double_score": score / 2,
        "gradient_before": -float(gap),
        "gradient_after": None if seed else -2.0 * gap,
        "seconds": 1.0,
    }
    return SeedResult(**(values | other))


SCORES = {
    ("simple_rnn", 1): (1.0, 1.0),
    ("simple_rnn", 10): (1.0, 0.97),
    ("simple_rnn", 50): (0.12, 0.13),
    ("lstm", 50): (1.0, 0.99),
}
CURVE = GapCurve(
    SETTINGS, tuple(result(*where, seed, score) for where, both in SCORES.items() for seed, score in enumerate(both))
)


def test_the_default_grid_shows_a_shape_early_and_every_kind_at_one_gap():
    points = grid(SETTINGS, GAP_KINDS, DEFAULT_GAPS, range(5))
    assert len(points) == len(GAP_KINDS) * len(DEFAULT_GAPS)
    gaps = [point.gap for point in points[:: len(GAP_KINDS)]]
    assert gaps == [5, 100, 1, 200, 20, 2, 10, 50]
    assert [point.kind for point in points[:5]] == list(GAP_KINDS)


@given(gaps=st.lists(st.integers(1, 500), unique=True, max_size=12))
def test_any_set_of_gaps_is_trained_once_each(gaps):
    assert sorted(point.gap for point in grid(SETTINGS, ("lstm",), gaps, (0,))) == sorted(gaps)


def test_what_is_trained_is_never_trained_again():
    whole = grid(SETTINGS, ("lstm", "gru"), (1, 5), range(3))
    done = {point.key_of(seed) for point in whole for seed in point.seeds}
    assert not grid(SETTINGS, ("lstm", "gru"), (1, 5), range(3), done)
    more = grid(SETTINGS, ("lstm", "gru"), (1, 5, 9), range(5), done)
    assert {(point.gap, point.seeds) for point in more} == {(1, (3, 4)), (5, (3, 4)), (9, (0, 1, 2, 3, 4))}


def test_keys_follow_the_settings_that_matter_and_no_others():
    key = Point(SETTINGS, "lstm", 5, (0,)).key_of(0)
    assert Point(SETTINGS, "lstm", 5, (3, 0)).key_of(0) == key  # the seeds beside it do not matter
    assert Point(replace(SETTINGS, match="parameters"), "lstm", 5, (0,)).key_of(0) == key  # the others are matched to the LSTM
    for change in ({"units": 16}, {"steps": 100}, {"filler": "blank"}, {"curriculum": True}, {"learning_rate": 2e-3}):
        assert Point(replace(SETTINGS, **change), "lstm", 5, (0,)).key_of(0) != key
    assert Point(replace(SETTINGS, match="parameters"), "gru", 5, (0,)).key_of(0) != Point(SETTINGS, "gru", 5, (0,)).key_of(0)
    adding = replace(SETTINGS, task="adding")
    assert Point(adding, "gru", 5, (0,)).key_of(0) == Point(replace(adding, filler="blank"), "gru", 5, (0,)).key_of(0)
    assert Point(SETTINGS, "lstm", 5, (0,)).key != Point(SETTINGS, "lstm", 5, (0, 1)).key


@pytest.mark.parametrize("task", TASKS)
def test_the_same_number_of_parameters_means_within_five_percent(task):
    settings = GapSettings(task=task, match="parameters")
    counts = {kind: parameter_count(task, network_spec(settings, kind, 50)) for kind in GAP_KINDS if kind != CONTROL}
    for kind, count in counts.items():
        assert count == pytest.approx(counts["lstm"], rel=0.05), kind
    same_units = {network_spec(GapSettings(task=task), kind, 50).units for kind in ("simple_rnn", "gru", "lstm")}
    assert same_units == {32}


def test_a_start_that_is_matched_keeps_a_state_for_times_up_to_the_gap():
    gap, settings = 100, GapSettings()
    for kind, keep in (("gru", slice(0, 32)), ("lstm", slice(32, 64))):
        weights = start_weights("recall", network_spec(settings, kind, gap), gap, 0, "matched")
        biases = weights["bias"][0, keep] if kind == "gru" else weights["bias"][keep]
        times = 1 + np.exp(biases)  # 1 / (1 - sigmoid(bias))
        assert 1.9 < times.min() < times.max() <= 1 + gap
        assert times.max() > gap / 2
    simple = start_weights("recall", network_spec(settings, "simple_rnn", gap), gap, 0, "matched")
    np.testing.assert_array_equal(simple["recurrent_kernel"], np.eye(32))
    transformer = network_spec(settings, "transformer", gap)
    both = [start_weights("recall", transformer, gap, 0, start) for start in ("standard", "matched")]
    assert all(np.array_equal(both[0][name], both[1][name]) for name in both[0])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", GAP_KINDS)
def test_every_kind_has_as_many_tries_and_a_choice_among_them(task, kind):
    assert len(choices(kind)) == 6
    assert tuned(task)[kind] in choices(kind)


def test_the_best_choice_is_the_best_score_then_the_fewest_steps():
    options = choices("lstm")
    tries = [
        {"kind": "lstm", "learning_rate": one.learning_rate, "start": one.start, "score": score, "steps": steps}
        for one, score, steps in zip(options, (0.1, 0.999, 1.0, 0.5, 1.0, 0.2), (3000, 400, 900, 3000, 500, 3000), strict=True)
    ]
    assert best_choice("recall", "lstm", tries) == options[1]
    assert best_choice("adding", "lstm", tries) == options[0]  # there the least error is best


@pytest.mark.parametrize(
    "wrong",
    [
        {"task": "sorting"},
        {"units": 1},
        {"features": 30},
        {"steps": 10},
        {"learning_rate": 1.0},
        {"start": "warm"},
        {"filler": "words"},
        {"match": "speed"},
        {"clip_norm": 0},
    ],
)
def test_settings_outside_their_limits_are_refused(wrong):
    with pytest.raises(ExperimentError):
        GapSettings(**wrong)


@pytest.mark.parametrize(("kind", "gap"), [("dense", 5), ("lstm", 0), ("lstm", 501)])
def test_points_outside_the_lab_are_refused(kind, gap):
    with pytest.raises(ExperimentError):
        Point(SETTINGS, kind, gap, (0,))


def test_a_curve_says_how_far_each_kind_remembers():
    assert CURVE.kinds == ("simple_rnn", "lstm")
    assert CURVE.gaps == (1, 10, 50)
    spread = CURVE.spread("simple_rnn", 10)
    assert (spread.mean, spread.low, spread.high) == (pytest.approx(0.985), 0.97, 1.0)
    assert CURVE.longest_remembered("simple_rnn") == 10
    assert CURVE.longest_remembered("lstm") == 50
    assert CURVE.first_at_baseline("simple_rnn") == 50
    assert CURVE.first_at_baseline("lstm") is None
    assert CURVE.spread("lstm", 1) is None
    assert CURVE.gradient("simple_rnn", 10) == -10
    assert CURVE.gradient("simple_rnn", 10, after=True) == -20  # over the seeds that have one
    errors = GapCurve(GapSettings(task="adding"), tuple(replace(r, task="adding", score=1 - r.score) for r in CURVE.results))
    assert errors.longest_remembered("simple_rnn") == 1
    assert errors.first_at_baseline("simple_rnn") == 50


def test_results_survive_json():
    assert all(SeedResult.from_dict(json.loads(json.dumps(one.to_dict()))) == one for one in CURVE.results)


def test_rows_are_one_a_seed_in_order():
    rows = CURVE.rows()
    assert [(row["kind"], row["gap"], row["seed"]) for row in rows][:3] == [
        ("simple_rnn", 1, 0),
        ("simple_rnn", 1, 1),
        ("simple_rnn", 10, 0),
    ]
    assert "curve" not in rows[0]


def test_figures_draw_the_curve_and_say_it():
    figure = figures.memory_and_gradient(CURVE, guess=20)
    lines = {trace.name: trace for trace in figure.data if trace.name}
    assert list(lines["SimpleRNN"].y) == [1.0, pytest.approx(0.985), pytest.approx(0.125)]
    assert set(lines["chance"].y) == {1 / 8}
    assert list(lines["SimpleRNN, before training"].y) == [-1, -10, -50]
    dots = figure.data[0]
    assert len(dots.y) == 6
    text = figures.describe_memory(CURVE)
    assert "SimpleRNN: 100 % at 1, 98 % at 10, 12 % at 50; every seed remembers up to gap 10" in text
    assert "chance is 12 %" in text
    assert "no point is trained" in figures.describe_memory(GapCurve(SETTINGS, ()))
    assert json.loads(figures.memory_and_gradient(GapCurve(SETTINGS, ())).to_json())
    point = CURVE.at("lstm", 50)
    assert [list(trace.y) for trace in figures.training_curves(point, CURVE).data] == [[0.2, 0.6, 1.0]] * 2
    assert "seed 0 solved it after 300 steps with 100 %" in figures.describe_training_curves(point, CURVE)
    assert "not trained" in figures.describe_training_curves((), CURVE)
    assert list(figures.longer_than_trained(CURVE).data[0].y)[-1] == pytest.approx(0.0625)
    assert "LSTM 50 % from 50" in figures.describe_longer_than_trained(CURVE)
    copy = GapCurve(GapSettings(task="copy"), tuple(replace(r, task="copy", double_score=None) for r in CURVE.results))
    assert f"{TASK['copy'].baseline(1):.3g} at gap 1" in figures.describe_memory(copy)
    assert "nothing was measured" in figures.describe_longer_than_trained(copy)


def test_a_grid_is_what_it_was_after_json_and_joins_another_of_its_settings():
    one = GapGrid(SETTINGS, ("lstm", "simple_rnn"), (9, 2, 2), 2)
    assert one.kinds == ("simple_rnn", "lstm")
    assert one.gaps == (2, 9)
    assert GapGrid.from_dict(json.loads(json.dumps(one.to_dict()))) == one
    other = GapGrid(SETTINGS, ("gru",), (5,), 4)
    both = one.joined(other)
    assert (both.kinds, both.gaps, both.seeds) == (("simple_rnn", "gru", "lstm"), (2, 5, 9), 4)
    assert one.keys | other.keys < both.keys
    assert len(both.keys) == 3 * 3 * 4
    assert {point.gap for point in both.missing(one.keys)} == {2, 5, 9}
    assert sum(len(point.seeds) for point in both.missing(one.keys)) == 36 - 8


@pytest.mark.parametrize(
    ("kinds", "gaps", "seeds"),
    [
        ((), (1,), 1),
        (("lstm",), (), 1),
        (("lstm",), (0,), 1),
        (("lstm",), (501,), 1),
        (("lstm",), (1,), 0),
        (("dense",), (1,), 1),
    ],
)
def test_grids_outside_the_lab_are_refused(kinds, gaps, seeds):
    with pytest.raises(ExperimentError):
        GapGrid(SETTINGS, kinds, gaps, seeds)


def test_the_quick_grid_costs_a_small_part_of_the_default_one():
    quick, default = quick_grid(GapSettings()), default_grid(GapSettings())
    assert len(quick.points) == 10
    assert len(quick.keys) == 30
    assert len(default.keys) == 200
    assert work(quick) < work(default) / 15
    assert sum(map(expected_seconds, quick.points)) < sum(map(expected_seconds, default.points)) / 5
    longer, more = (GapGrid(SETTINGS, ("lstm",), (gap,), seeds).points[0] for gap, seeds in ((100, 3), (10, 9)))
    assert expected_seconds(longer) > expected_seconds(GapGrid(SETTINGS, ("lstm",), (10,), 3).points[0])
    assert expected_seconds(more) > expected_seconds(GapGrid(SETTINGS, ("lstm",), (10,), 3).points[0])


def test_the_python_of_a_point_is_that_point(monkeypatch):
    point = Point(GapSettings(task="copy", curriculum=True, steps=500), "gru", 7, (0, 2))
    called = []
    monkeypatch.setattr("rnn_core.experiments.memory.run_point", lambda found: called.append(found) or ())
    program = python_of(point)
    exec(program, {})  # noqa: S102  # that it runs is what is tested
    assert called[0].key == point.key
    assert "units" not in program  # what is as always is left out


@pytest.mark.parametrize("task", TASKS)
def test_sizes_are_those_of_the_networks_at_every_gap(task):
    for match in ("units", "parameters"):
        settings = GapSettings(task=task, match=match)
        for kind, (units, parameters) in sizes(settings).items():
            spec = network_spec(settings, kind, 33)
            assert (spec.units, parameter_count(task, spec)) == (units, parameters)
            if match == "parameters" and kind != CONTROL:
                assert parameters == pytest.approx(sizes(settings)["lstm"][1], rel=0.05)


def test_a_curve_in_words_says_where_it_falls_and_who_still_remembers():
    said = " ".join(memory_in_words(CURVE))
    assert "At gap 50 the SimpleRNN is no better than chance**: accuracy 12 %, and chance is 12 %" in said
    assert "All its seeds solve the task up to gap 10" in said
    assert "At gap 50, LSTM (100 %) still solves it in every seed" in said
    assert "1.0 · 10⁻¹ at gap 1 and 1.0 · 10⁻⁵⁰ at gap 50" in said
    held = GapCurve(SETTINGS, tuple(one for one in CURVE.results if one.gap < 50))
    assert memory_in_words(held)[0] == "The SimpleRNN stays better than chance at every gap up to 10."
    assert "up to gap 10" in memory_in_words(held)[1]
    assert memory_in_words(GapCurve(SETTINGS, ())) == ()
    assert "LSTM, trained at gap 50: 100 % there, 50 % at gap 100 (50 % to 50 %)." in longer_in_words(CURVE)
