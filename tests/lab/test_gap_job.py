"""A grid of the gap lab as a run: killed, stopped, extended and shared, and no point of it trained twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from lab import gap_job
from lab.gap_seeds import GapSeeds
from lab.lab import Lab
from lab.queue import LimitReached
from lab.records import Run
from rnn_core.experiments.gap_grid import GapGrid, default_grid
from rnn_core.experiments.gap_points import GapSettings
from rnn_core.experiments.gap_results import GapCurve, SeedResult
from tests.lab.dashboards import OWNER, Workshop, wait_until

# Learning as slowly as can be, so that no seed solves its task before the budget is spent: a second or so for each point.
SETTINGS = GapSettings(units=4, features=4, batch=8, steps=6_000, learning_rate=1e-5, start="standard")
GRID = GapGrid(SETTINGS, ("simple_rnn",), (2, 6, 14, 40), 2)


def results(workshop: Workshop, grid: GapGrid) -> dict[str, SeedResult]:
    return {result.key: result for result in gap_job.curve(workshop.lab, OWNER, grid).results}


def trained(workshop: Workshop, grid: GapGrid) -> Run:
    run = gap_job.submit(workshop.lab, OWNER, grid)
    return workshop.wait_for(run, lambda run: not run.is_active)


def wait_for_middle(workshop: Workshop, run: Run) -> None:
    """Until some points are done and others under way."""
    now = workshop.wait_for(
        run, lambda run: (run.epoch >= 1 and gap_job.under_way(workshop.lab, run)) or not run.is_active, seconds=120
    )
    assert now.state == "running", now


def with_steps(steps: int) -> GapGrid:
    """Other settings are another curve: no test finds what another one has trained."""
    return replace(GRID, settings=replace(SETTINGS, steps=steps))


@pytest.fixture(scope="module")
def finished(workshop: Workshop) -> Run:
    return trained(workshop, GRID)


def test_a_grid_runs_to_its_end(workshop: Workshop, finished: Run) -> None:
    assert (finished.state, finished.epoch, finished.epochs) == ("done", 4, 4), finished.reason
    curve = gap_job.curve(workshop.lab, OWNER, GRID)
    assert {result.key for result in curve.results} == GRID.keys
    assert all(len(curve.at("simple_rnn", gap)) == 2 for gap in GRID.gaps)
    assert all(result.steps == 6_000 for result in curve.results)
    assert not gap_job.under_way(workshop.lab, finished)
    assert not workshop.lab.queue.parts_left(finished.owner, finished.id, range(4))
    assert gap_job.curve(workshop.lab, "bob", GRID).results == ()


def test_what_is_trained_is_never_trained_again_and_a_wider_grid_trains_the_rest(workshop: Workshop, finished: Run) -> None:
    before = results(workshop, GRID)
    again = trained(workshop, GRID)
    assert again.state == "done"
    assert results(workshop, GRID) == before
    wider = trained(workshop, GapGrid(SETTINGS, ("simple_rnn",), (2, 6, 14, 40, 3), 2))
    assert (wider.state, wider.epoch) == ("done", 5)
    after = results(workshop, gap_job.grid_of(wider))
    assert len(after) == 10
    assert {key: after[key] for key in before} == before  # to the time that each took


def test_stop_keeps_what_is_finished_and_resume_trains_the_rest(workshop: Workshop) -> None:
    grid = with_steps(7_000)
    run = gap_job.submit(workshop.lab, OWNER, grid)
    wait_for_middle(workshop, run)
    workshop.lab.queue.stop(OWNER, run.id)
    seeds = GapSeeds(workshop.lab.database)
    wait_until(lambda: not seeds.under_way(OWNER, run.id), 10)
    wait_until(lambda: not workshop.run(run).activity, 10)
    before = results(workshop, grid)
    assert 2 <= len(before) < 8
    workshop.lab.queue.resume(OWNER, run.id)
    done = workshop.wait_for(run, lambda run: not run.is_active)
    assert (done.state, done.epoch) == ("done", 4)
    after = results(workshop, grid)
    assert set(after) == grid.keys
    assert {key: after[key] for key in before} == before


def test_two_workers_train_two_points_at_once(workshop: Workshop) -> None:
    grid = GapGrid(replace(SETTINGS, steps=8_000), ("simple_rnn",), (2, 6, 14, 30), 1)
    other = subprocess.Popen([sys.executable, "-m", "lab.worker"], env=os.environ | workshop.lab.settings.to_environment())
    try:
        from lab.heartbeats import workers

        wait_until(lambda: workers(workshop.lab.database).ready == 2, 120)
        run = gap_job.submit(workshop.lab, OWNER, grid)
        wait_until(lambda: len(gap_job.under_way(workshop.lab, workshop.run(run))) == 2, 60)
        done = workshop.wait_for(run, lambda run: not run.is_active)
        assert (done.state, set(results(workshop, grid))) == ("done", set(grid.keys))
    finally:
        other.send_signal(signal.SIGTERM)
        other.wait(20)


def test_a_point_that_another_grid_is_training_is_waited_for(lab: Lab) -> None:
    seeds, (point, *_) = GapSeeds(lab.database), GRID.points
    keys = [point.key_of(seed) for seed in point.seeds]
    assert seeds.begin("ann", keys, "one") == frozenset(keys)
    assert seeds.begin("ann", keys, "other") is None
    assert seeds.begin("bob", keys, "other") == frozenset(keys)  # another owner's is another's
    assert seeds.begin("ann", keys, "one") == frozenset(keys)  # the same run again, after its worker died
    seeds.note("ann", {keys[0]: 300})
    assert seeds.under_way("ann", "one") == {keys[0]: 300, keys[1]: 0}
    seeds.finish("ann", "one", [made(keys[0])])
    assert seeds.begin("ann", keys, "one") == frozenset({keys[1]})
    seeds.give_up("ann", "one", keys)
    assert seeds.begin("ann", keys, "other") == frozenset({keys[1]})
    assert seeds.results("ann", keys) == (made(keys[0]),)
    seeds.delete_old(before=1e12)
    assert not seeds.done("ann", keys)


def test_a_visitor_of_a_hosted_lab_gets_no_more_than_the_default_grid(hosted: Lab) -> None:
    default = default_grid(GapSettings())
    assert gap_job.submit(hosted, "ann", default).state == "queued"
    for larger in (replace(default, seeds=6), replace(default, gaps=(*default.gaps, 400))):
        with pytest.raises(LimitReached, match="times as much as the default grid"):
            gap_job.submit(hosted, "ann", larger)
    with pytest.raises(LimitReached, match="units"):
        gap_job.submit(hosted, "ann", GapGrid(GapSettings(units=200), ("lstm",), (1,), 1))


def test_no_grid_is_endless(lab: Lab) -> None:
    every = GapGrid(GapSettings(), default_grid(GapSettings()).kinds, tuple(range(1, 21)), 20)
    with pytest.raises(LimitReached, match="2,000 trainings are too many"):
        gap_job.submit(lab, "ann", every)


def test_kill_nine_in_the_middle_loses_no_point_and_changes_no_number(workshop: Workshop, finished: Run) -> None:
    """The last test of this file: it leaves another worker behind."""
    grid = with_steps(9_000)
    run = gap_job.submit(workshop.lab, OWNER, grid)
    wait_for_middle(workshop, run)
    before = results(workshop, grid)
    os.kill(workshop.worker_pid, signal.SIGKILL)
    workshop.wait_for_worker()
    done = workshop.wait_for(run, lambda run: not run.is_active)
    assert (done.state, done.epoch) == ("done", 4), done.reason
    after = results(workshop, grid)
    assert set(after) == grid.keys
    assert len(before) >= 2
    assert {key: after[key] for key in before} == before
    # The first 6,000 steps were those of the undisturbed grid: the same seeds draw the same sequences.
    short = GapCurve(SETTINGS, tuple(results(workshop, GRID).values()))
    for one in after.values():
        twin = next(r for r in short.at("simple_rnn", one.gap) if r.seed == one.seed)
        assert one.curve[:60] == twin.curve


def made(key: str) -> SeedResult:
    """A result of nobody's training."""
    return SeedResult(key, "recall", "simple_rnn", 2, 0, 4, 99, 1e-5, "standard", 0.5, False, 100, (0.5,), 0.2, -1.0, -2.0, 1.5)
