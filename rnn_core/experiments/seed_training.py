"""Trains the same network from several seeds at once: one compiled program, whose calls the seeds take turns at on all cores.

A seed's result depends on its number alone, not on the seeds beside it: weights, batches and tests are drawn from streams of its
own, and it stops at its own time. Seeds are not stacked into one larger network, since XLA multiplies stacks of small matrices on
a processor three to ten times slower than one after the other.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from rnn_core.experiments.sequence_networks import answers, losses_and_scores
from rnn_core.experiments.tasks import TASK, Filler, Sequences, TaskName
from rnn_core.models.keras_loop import compiled
from rnn_core.models.weights import Weights
from rnn_core.spec import ModelSpec
from rnn_core.training import adam

CURVE_STEPS = 100  # optimiser steps under one point of a training curve
SOLVED_POINTS = 2  # points of the curve whose mean must be good enough for training to end early
TEST_SEQUENCES = 1_024
_STEPS_A_CALL = 4_000  # steps of optimiser times steps of sequence in one call: a fraction of a second
_TRAIN, _TEST = 1, 2  # purposes of the streams of random numbers


@dataclass(frozen=True)
class Budget:
    """What every network gets, whatever its kind."""

    steps: int = 3_000  # of the optimiser, at most
    batch: int = 64  # new sequences a step
    clip_norm: float = 1.0  # global norm of the gradient


@dataclass(frozen=True)
class SeedTraining:
    """How the training of one seed went.

    curve: mean score of the training batches by hundreds of steps. score: of 1,024 new sequences at the end. seconds: its own
    turns of the program, with the compilation in one of the seeds' first.
    """

    seed: int
    weights: Weights = field(repr=False)
    curve: tuple[float, ...]
    losses: tuple[float, ...]
    score: float
    steps: int
    solved: bool
    seconds: float


@dataclass(frozen=True)
class SeedProgress:
    """Where one seed stands."""

    seed: int
    step: int
    curve: tuple[float, ...]


OnProgress = Callable[[SeedProgress], None]


def train_seeds(
    task: TaskName,
    spec: ModelSpec,
    gap: int,
    starts: dict[int, Weights],
    learning_rate: float,
    budget: Budget,
    filler: Filler = "random",
    curriculum: bool = False,
    on_progress: OnProgress | None = None,
) -> tuple[SeedTraining, ...]:
    """Every seed's training, in the order of `starts`.

    starts: seed -> weights that it begins with. on_progress: called in the calling thread after every call of the program, a
    fraction of a second apart on a quiet machine; what it raises ends all seeds' training and is raised again.
    """
    program = _program(task, spec, gap, budget, curriculum)
    stop = threading.Event()
    turns = deque(_Seed(program, seed, start, learning_rate, filler) for seed, start in starts.items())
    reports: dict[int, SeedProgress] = {}
    trained: dict[int, SeedTraining] = {}

    def take_turns() -> None:
        """A call for the seed whose turn it is, then for the next: no core waits while another still has two seeds to train."""
        while not stop.is_set():
            try:
                one = turns.popleft()
            except IndexError:  # every seed that is left has a thread
                return
            if one.is_over:
                trained[one.seed] = one.result()
                continue
            one.advance()
            reports[one.seed] = SeedProgress(one.seed, one.step, tuple(one.curve))
            turns.append(one)

    count = max(1, min(len(starts), os.cpu_count() or 1))
    with ThreadPoolExecutor(max_workers=count) as threads:
        try:
            _report([threads.submit(take_turns) for _ in range(count)], reports, on_progress)
        except BaseException:  # whatever ends the caller's wait ends the seeds as well
            stop.set()
            raise
    return tuple(trained[seed] for seed in starts)


def _report(futures: list[Future[None]], reports: dict[int, SeedProgress], on_progress: OnProgress | None) -> None:
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()
        for seed in list(reports):
            if on_progress:
                on_progress(reports.pop(seed))


@dataclass(frozen=True)
class _Program:
    """Compiled optimiser steps for one shape of task and network; weights come in and go out with every call."""

    task: TaskName
    spec: ModelSpec
    gap: int
    budget: Budget
    curriculum: bool
    calls_steps: int
    run: Callable[..., Any]


@lru_cache(maxsize=16)
def _program(task: TaskName, spec: ModelSpec, gap: int, budget: Budget, curriculum: bool) -> _Program:
    steps = TASK[task].steps(gap)
    together = max(1, min(CURVE_STEPS, _STEPS_A_CALL // steps))
    together = max(count for count in range(1, together + 1) if CURVE_STEPS % count == 0)

    def step(named: dict[str, Any], state: list[Any], alpha: Any, batch: tuple[Any, ...]) -> tuple[Any, ...]:
        inputs, targets, *present = batch
        weights = _cut(state[0], named)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            logits = answers(TASK[task], spec, weights, inputs, *present)
            losses, scores = losses_and_scores(TASK[task], logits, targets)
            loss = tf.reduce_mean(losses)
        gradient = _flat(tape.gradient(loss, weights))
        norm = tf.sqrt(tf.reduce_sum(gradient * gradient))
        clipped = gradient * tf.minimum(1.0, budget.clip_norm / tf.maximum(norm, 1e-12))
        flat, momentum, velocity = state
        return list(adam.stepped(flat, momentum, velocity, clipped, alpha, 0.0)), loss, tf.reduce_mean(scores)

    def run(weights: Any, momenta: Any, velocities: Any, alphas: Any, batches: tuple[Any, ...]) -> tuple[Any, ...]:
        def body(k: Any, state: Any, losses: Any, scores: Any) -> tuple[Any, ...]:
            state, loss, score = step(weights, state, alphas[k], tuple(x[k] for x in batches))
            return k + 1, state, losses + loss, scores + score

        # All weights as one array: of many small arrays to be moved XLA hands some to another thread, and waits for it.
        flat = [_flat(named) for named in (weights, momenta, velocities)]
        start = (tf.constant(0), flat, tf.constant(0.0), tf.constant(0.0))
        _, state, losses, scores = tf.while_loop(lambda k, *_: k < together, body, start, maximum_iterations=together)
        return *(_cut(flat, weights) for flat in state), losses / together, scores / together

    return _Program(task, spec, gap, budget, curriculum, together, compiled(run))


def _flat(named: dict[str, Any]) -> Any:
    """All arrays as one, in the order of their names."""
    return tf.concat([tf.reshape(named[name], [-1]) for name in sorted(named)], 0)


def _cut(flat: Any, named: dict[str, Any]) -> dict[str, Any]:
    """What `_flat` put together, in the shapes of `named`."""
    sizes = [named[name].shape.num_elements() for name in sorted(named)]
    return {name: tf.reshape(part, named[name].shape) for name, part in zip(sorted(named), tf.split(flat, sizes), strict=True)}


class _Seed:
    """One seed on its way through its training."""

    def __init__(self, program: _Program, seed: int, start: Weights, learning_rate: float, filler: Filler) -> None:
        self.seed, self.step, self.curve, self.losses = seed, 0, list[float](), list[float]()
        self._program, self._filler = program, filler
        self._weights = {name: tf.constant(value) for name, value in start.items()}
        self._momenta = {name: tf.zeros_like(value) for name, value in self._weights.items()}
        self._velocities = dict(self._momenta)
        self._alphas = adam.step_sizes(learning_rate, program.budget.steps + CURVE_STEPS).astype(np.float32)
        self._recent: list[tuple[float, float]] = []
        self._seconds = 0.0  # of its own turns

    @property
    def is_over(self) -> bool:
        """Whether the task is solved or the budget spent."""
        return self.is_solved or self.step >= self._program.budget.steps

    @property
    def is_solved(self) -> bool:
        """Whether the last 200 steps went well enough."""
        recent = self.curve[-SOLVED_POINTS:]
        return len(recent) == SOLVED_POINTS and TASK[self._program.task].is_solved(float(np.mean(recent)))

    def advance(self) -> None:
        """One call of the program."""
        count, begun = self._program.calls_steps, time.monotonic()
        alphas = self._alphas[self.step + 1 : self.step + 1 + count]
        *state, loss, score = self._call(_TRAIN, self.step // count, alphas)
        self._weights, self._momenta, self._velocities = state
        self._recent.append((float(loss), float(score)))
        self.step += count
        if self.step % CURVE_STEPS == 0:
            losses, scores = np.mean(self._recent, axis=0)
            self.losses.append(float(losses))
            self.curve.append(float(scores))
            self._recent.clear()
        self._seconds += time.monotonic() - begun

    def result(self) -> SeedTraining:
        """The training so far, tested on sequences that it never saw."""
        weights = {name: np.array(value) for name, value in self._weights.items()}
        return SeedTraining(
            self.seed, weights, tuple(self.curve), tuple(self.losses), self._test(), self.step, self.is_solved, self._seconds
        )

    def _test(self) -> float:
        """Steps of length zero: the same program answers and nothing moves."""
        count = self._program.calls_steps
        calls = -(-TEST_SEQUENCES // (self._program.budget.batch * count))
        still = np.zeros(count, dtype=np.float32)
        return float(np.mean([float(self._call(_TEST, number, still)[-1]) for number in range(calls)]))

    def _call(self, purpose: int, number: int, alphas: NDArray[np.float32]) -> Any:
        rng = np.random.default_rng([self.seed, purpose, number])
        count, batch = self._program.calls_steps, self._program.budget.batch
        curriculum = self._program.curriculum and purpose == _TRAIN
        drawn = TASK[self._program.task].sequences(rng, count * batch, self._program.gap, self._filler, curriculum)
        parts = _batches(drawn, count, self._program.curriculum)
        return self._program.run(self._weights, self._momenta, self._velocities, alphas, parts)


def _batches(drawn: Sequences, count: int, masked: bool) -> tuple[NDArray[Any], ...]:
    """Inputs, targets and, for a program with a mask, which steps are no padding: each [K, B, …]."""
    arrays: list[NDArray[Any]] = [drawn.inputs, drawn.targets]
    if masked:
        arrays.append(np.ones(drawn.inputs.shape[:2], dtype=bool) if drawn.present is None else drawn.present)
    return tuple(array.reshape(count, -1, *array.shape[1:]) for array in arrays)
