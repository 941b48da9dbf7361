"""The grids that come with the project: one point of each trains anew to what is recorded, and their keys are today's."""

import pytest

from rnn_core.experiments.gap_grid import default_grid
from rnn_core.experiments.gap_points import CONTROL, GapSettings, Point
from rnn_core.experiments.memory import run_point
from rnn_core.experiments.recorded import recorded_tasks, recording
from rnn_core.experiments.tasks import TASK

SLACK = 0.02  # beside the recorded range: other processors round otherwise, and a training amplifies that


@pytest.mark.parametrize("task", recorded_tasks())
def test_a_recording_is_of_the_default_grid_with_todays_settings(task):
    curve = recording(task).curve
    assert curve.settings == GapSettings(task=task)
    assert {result.key for result in curve.results} <= default_grid(curve.settings).keys
    assert all(result.key == Point(curve.settings, result.kind, result.gap, (0,)).key_of(result.seed) for result in curve.results)
    for kind in curve.kinds:
        for gap in curve.gaps:
            assert [result.seed for result in curve.at(kind, gap)] in ([], [0, 1, 2, 3, 4])


@pytest.mark.parametrize("task", recorded_tasks())
def test_a_recorded_point_trains_anew_to_what_is_recorded(task):
    """The point that took least work, of a network that learns something."""
    curve = recording(task).curve
    points = [(kind, gap) for kind in curve.kinds if kind != CONTROL for gap in curve.gaps if curve.at(kind, gap)]
    kind, gap = min(points, key=lambda point: sum(result.seconds for result in curve.at(*point)))
    spread, recorded = curve.spread(kind, gap), {result.seed: result for result in curve.at(kind, gap)}
    slack = SLACK if TASK[task].measure == "accuracy" else max(SLACK * curve.baseline(gap), spread.high - spread.low)
    for result in run_point(Point(curve.settings, kind, gap, (0, 1))):
        assert result.key == recorded[result.seed].key
        assert spread.low - slack <= result.score <= spread.high + slack
        assert result.gradient_before == pytest.approx(recorded[result.seed].gradient_before, abs=1e-3)
        assert (result.units, result.parameters) == (recorded[result.seed].units, recorded[result.seed].parameters)
