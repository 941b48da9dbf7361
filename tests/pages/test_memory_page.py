"""The Memory and gap page: the guess comes before the curve, a link describes a grid, and odd input gets a sentence."""

from dataclasses import replace

import pytest

from lab.gap_seeds import GapSeeds
from lab.lab import open_lab
from lab.settings import Settings
from rnn_core.experiments.gap_grid import GapGrid, default_grid, quick_grid
from rnn_core.experiments.gap_points import GapSettings
from rnn_core.experiments.gap_results import GapCurve, SeedResult
from rnn_core.experiments.recorded import Recording
from rnn_core.experiments.tasks import TASK
from ui.gap_form import TASKS, link_of
from ui.gap_view import VIEWS


def named(elements, label):
    return next(element for element in elements if element.label == label)


def labels(elements):
    return [element.label for element in elements]


def said(app):
    return " ".join(element.value for kind in (app.markdown, app.caption, app.info, app.success, app.error) for element in kind)


def made(grid: GapGrid) -> GapCurve:
    """Results that nobody trained: the SimpleRNN holds to gap 20, the others to the end."""
    task = TASK[grid.settings.task]
    best, worst = (1.0, task.baseline(50)) if task.measure == "accuracy" else (1e-4, task.baseline(50))

    def result(point, seed):
        holds = point.kind not in ("simple_rnn", "bag_of_words") or point.gap <= 20
        return SeedResult(
            key=point.key_of(seed),
            task=task.name,
            kind=point.kind,
            gap=point.gap,
            seed=seed,
            units=32,
            parameters=2_728,
            learning_rate=3e-3,
            start="standard",
            score=best if holds else worst,
            solved=holds,
            steps=600 if holds else 3_000,
            curve=(worst, best),
            double_score=worst if task.measure == "accuracy" else None,
            gradient_before=-0.1 * point.gap,
            gradient_after=None,
            seconds=1.0,
        )

    return GapCurve(grid.settings, tuple(result(point, seed) for point in grid.points for seed in point.seeds))


@pytest.fixture(params=["recall", "adding"])
def recorded(request, monkeypatch):
    """A task with a recording, whatever is recorded in this version; the others have none."""
    curve = made(default_grid(GapSettings(task=request.param)))
    found = Recording(curve, f"python -m … grid {request.param}", {"python": "3.99"}, "a machine", 600.0)
    monkeypatch.setattr("rnn_core.experiments.recorded.recording", lambda task: found if task == request.param else None)
    return request.param


@pytest.fixture
def unrecorded(monkeypatch):
    monkeypatch.setattr("rnn_core.experiments.recorded.recording", lambda task: None)


def test_the_curve_waits_for_the_guess_and_marks_it(open_page, recorded):
    app = open_page("memory_gap", task=recorded)
    assert "Recorded, not trained now" not in said(app)
    assert not app.get("plotly_chart")
    app.pills(key=f"gap_fall-{recorded}").set_value(100).run()
    named(app.button, "That is my guess").click().run()
    assert not app.exception
    assert "Your guess was gap 100. It falls at gap 50" in said(app)
    assert f"python -m … grid {recorded}" in said(app)
    assert "3.99" in said(app)
    assert "At gap 50 the SimpleRNN is no better than" in said(app)
    assert "All its seeds solve the task up to gap 20" in said(app)
    app.switch_page("pages/start.py").run()
    app.switch_page("pages/memory_gap.py").run()
    assert "Your guess was gap 100" in said(app)


def test_a_right_guess_is_praised(open_page, recorded):
    app = open_page("memory_gap", task=recorded)
    app.pills(key=f"gap_fall-{recorded}").set_value(50).run()
    named(app.button, "That is my guess").click().run()
    assert any("You were right" in note.value for note in app.success)


@pytest.mark.parametrize("view", range(len(VIEWS)))
def test_everything_behind_a_curve_opens(open_page, recorded, view, monkeypatch):
    monkeypatch.setattr("ui.gap_view.VIEWS", VIEWS)
    app = open_page("memory_gap", task=recorded, **{"recorded_look": VIEWS[view]})
    named(app.button, "I cannot tell, show me").click().run()
    assert not app.exception, [error.value for error in app.exception]
    expected = {
        "Behind a point": "One line a seed",
        "Twice the gap": "Dotted: at the gap itself" if recorded == "recall" else "whose answer is a choice",
        "Sizes and tuning": "same budget of steps",
        "Take away": "trained anew to the same numbers",
    }
    assert expected[VIEWS[view]] in said(app)


@pytest.mark.parametrize("task", TASKS)
def test_a_task_without_a_recording_says_so(open_page, unrecorded, task):
    app = open_page("memory_gap", task=task)
    assert f"No grid of the task “{TASKS[task]}” was recorded" in said(app)
    assert TASK[task].sentence in said(app)
    assert "Train this grid" in labels(app.button)


def test_a_link_describes_a_grid(open_page, unrecorded):
    settings = GapSettings(
        task="recall", filler="blank", match="parameters", units=16, steps=500, curriculum=True, start="matched"
    )
    grid = GapGrid(settings, ("gru", "lstm"), (3, 7), 2)
    app = open_page("memory_gap", **link_of(grid))
    assert app.pills(key="gap_kinds").value == ["gru", "lstm"]
    assert named(app.text_input, "Gaps").value == "3, 7"
    assert named(app.number_input, "Seeds").value == 2
    assert named(app.number_input, "Units").value == 16
    assert named(app.number_input, "Budget").value == 500
    assert named(app.selectbox, "Fair by").value == "parameters"
    assert named(app.selectbox, "The gap is filled with").value == "blank"
    assert named(app.selectbox, "Start").value == "matched"
    assert named(app.toggle, "Short gaps, too").value
    assert "2 networks × 2 gaps × 2 seeds: 8 trainings" in said(app)
    assert "so it was ignored" not in said(app)
    named(app.button, "Back to the default grid").click().run()
    assert "5 networks × 8 gaps × 5 seeds: 200 trainings" in said(app)


def test_what_a_link_asks_for_and_is_not_there_is_said(open_page, unrecorded):
    app = open_page("memory_gap", task="sorting", gap_units="100000", gap_speed="9")
    assert "so it was ignored" in said(app)
    assert "gap_speed" in said(app)
    assert app.segmented_control(key="task").value == "recall"
    assert named(app.number_input, "Units").value <= 128
    assert "200 trainings" in said(app)


@pytest.mark.parametrize(
    ("gaps", "sentence"),
    [
        ("1, two", "“two” is no gap"),
        ("", "Give 1 to 24 different gaps"),
        ("0", "between 1 and 500"),
        ("999999", "between 1 and 500"),
        (", ".join(map(str, range(1, 30))), "Give 1 to 24 different gaps"),
        ("<b>1</b>", "is no gap"),
        ("-5", "“-5” is no gap"),
    ],
)
def test_odd_gaps_get_a_sentence(open_page, unrecorded, gaps, sentence):
    app = open_page("memory_gap")
    named(app.text_input, "Gaps").set_value(gaps).run()
    assert not app.exception
    assert any(sentence in error.value for error in app.error)
    assert named(app.button, "Train this grid").disabled


def test_no_network_gets_a_sentence(open_page, unrecorded):
    app = open_page("memory_gap")
    app.pills(key="gap_kinds").set_value([]).run()
    assert any("at least one kind" in error.value for error in app.error)


def test_what_is_trained_already_is_counted(open_page, unrecorded, dashboard, monkeypatch):
    grid = GapGrid(GapSettings(units=5, steps=200), ("lstm",), (3, 7), 2)
    lab = open_lab(Settings(home=dashboard.home, database_url=f"sqlite:///{dashboard.home / 'lab.sqlite'}"))
    monkeypatch.setenv("LAB_HOME", str(dashboard.home))
    GapSeeds(lab.database).finish("local", "a run", made(grid).results[:3])
    app = open_page("memory_gap", **link_of(grid))
    assert "4 trainings. 3 of them are there already" in said(app)
    GapSeeds(lab.database).finish("local", "a run", made(grid).results)
    app.run()
    assert "nothing would be trained again" in said(app)
    lab.database.close()


def test_the_quick_grid_keeps_the_settings():
    quick = quick_grid(replace(GapSettings(), units=16, curriculum=True))
    assert (quick.settings.units, quick.settings.curriculum, quick.settings.steps) == (16, True, 1_500)
    assert len(quick.points) == 10
