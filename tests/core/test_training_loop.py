"""The compiled training program against stock Keras, step by step, and the lazy embedding update against dense Adam."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from rnn_core.models.keras_build import build, set_weights, weights_of
from rnn_core.models.keras_fast_rnn import accelerate
from rnn_core.spec import ModelSpec, TrainSpec
from rnn_core.training import adam
from rnn_core.training.batches import TextBatches
from rnn_core.training.loop import TrainingProgram

STEPS, BATCH = 20, 8  # the smallest batch that is cut in two
SPEC = ModelSpec(units=6, features=4, time_steps=8, vocabulary=60)
RNG = np.random.default_rng(0)
TEXTS = [RNG.integers(1, 60, length).astype(np.int32) for length in RNG.integers(1, 9, STEPS * BATCH)]
LABELS = RNG.integers(0, 2, len(TEXTS))


def laid_out(spec: ModelSpec, train_spec: TrainSpec, touches_rows: bool) -> TextBatches:
    """One width and one chunk for all twenty batches."""
    batches = TextBatches.lay_out(spec, train_spec, TEXTS, LABELS)
    return replace(batches, widths=(spec.time_steps,), steps_a_call=STEPS, touches_rows=touches_rows)


def our_losses(spec: ModelSpec, train_spec: TrainSpec, model: Any, touches_rows: bool) -> tuple[np.ndarray, TrainingProgram]:
    batches = laid_out(spec, train_spec, touches_rows)
    program = TrainingProgram(accelerate(model), spec, train_spec, touches_rows)
    (chunk,) = batches.epoch(1)
    losses = program.run(batches.arrays(chunk)).losses
    program.settle()
    return losses, program


def keras_losses(spec: ModelSpec, train_spec: TrainSpec, model: Any, optimizer: Any) -> np.ndarray:
    model.compile(optimizer, "binary_crossentropy", metrics=[])
    batches = laid_out(spec, train_spec, False)
    (chunk,) = batches.epoch(1)
    arrays = batches.arrays(chunk)
    losses = []
    for words, labels in zip(arrays.words, arrays.labels, strict=True):  # each in parts
        texts = np.concatenate([part.T for part in words])
        losses.append(np.mean(model.train_on_batch(texts, labels.reshape(-1, 1).astype(np.float32))))
        model.reset_metrics()
    return np.array(losses)


@pytest.mark.parametrize("touches_rows", [True, False])
@pytest.mark.parametrize("decay", [0.0, 0.5])
def test_first_twenty_losses_are_those_of_stock_keras(touches_rows: bool, decay: float) -> None:
    train_spec = TrainSpec(batch_size=BATCH, learning_rate=0.01, weight_decay=decay)
    keras.utils.set_random_seed(1)
    stock = build(SPEC)
    ours = build(SPEC)
    set_weights(ours, SPEC, weights_of(stock, SPEC))
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=decay) if decay else keras.optimizers.Adam(0.01)
    expected = keras_losses(SPEC, train_spec, stock, optimizer)
    found, program = our_losses(SPEC, train_spec, ours, touches_rows)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.ptp(expected) > 0.1
    for name, weights in weights_of(stock, SPEC).items():
        np.testing.assert_allclose(program.weights()[name], weights, atol=2e-4, err_msg=name)


def test_a_row_is_caught_up_to_where_dense_adam_would_have_carried_it() -> None:
    rng = np.random.default_rng(0)
    rate, decay, steps = 1e-3, 0.1, 700
    weights, momentum = rng.normal(size=(6, 3)), rng.normal(size=(6, 3)) * 1e-3
    velocity = (rng.normal(size=(6, 3)) * 10.0 ** rng.uniform(-9, -1, (6, 1))) ** 2
    then = np.array([1, 2, 10, 300, 690, 700])
    sums = adam.catch_up_table(rate, decay, steps)
    as32 = [tf.constant(x, tf.float32) for x in (weights, momentum, velocity)]
    behind = tf.constant(steps - then, tf.int32)
    found = adam.caught_up(*as32, behind, tf.constant(sums[then]), tf.constant(sums[steps]), rate * decay)
    for row, start in enumerate(then):
        w, m, v = weights[row].copy(), momentum[row].copy(), velocity[row].copy()
        for alpha in adam.step_sizes(rate, steps)[start + 1 :]:
            m, v = m * adam.BETA_1, v * adam.BETA_2
            w = w * (1 - rate * decay) - alpha * m / (np.sqrt(v) + adam.EPSILON)
        moved = np.abs(w - weights[row]).max()
        np.testing.assert_allclose(found[0][row], w, atol=1e-5 * moved + 1e-6)
        np.testing.assert_allclose(found[1][row], m, rtol=1e-4, atol=1e-12)
        np.testing.assert_allclose(found[2][row], v, rtol=1e-4)


@pytest.mark.parametrize(
    "settings",
    [
        {"clip_norm": 0.05, "label_smoothing": 0.1},
        {"averaging": 0.9},
    ],
    ids=str,
)
def test_moving_only_the_rows_that_are_read_is_moving_all(settings: dict[str, Any]) -> None:
    train_spec = TrainSpec(batch_size=BATCH, learning_rate=0.01, **settings)
    results = []
    for touches_rows in (True, False):
        keras.utils.set_random_seed(1)
        losses, program = our_losses(SPEC, train_spec, build(SPEC), touches_rows)
        results.append({"losses": losses, **program.weights()})
    for name, expected in results[1].items():
        np.testing.assert_allclose(results[0][name], expected, atol=1e-4, err_msg=name)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "gru", "bidirectional": True, "pooling": "mean_max", "dropout": 0.3, "embedding_dropout": 0.3},
        {"kind": "lstm", "pooling": "every", "padding": "right", "labels": 3},
        {"kind": "simple_rnn", "layers": 2, "mask": False},
        {"kind": "bag_of_words"},
        {"kind": "dense"},
        {"kind": "conv1d"},
        {"kind": "transformer", "heads": 2},
    ],
    ids=lambda changes: changes["kind"],
)
def test_every_kind_learns(changes: dict[str, Any]) -> None:
    """A label that the first word gives away is learned by every network."""
    spec = SPEC.replace(**changes)
    texts = [np.array([2 + place % spec.labels, 7, 7], np.int32) for place in range(STEPS * BATCH)]
    labels = np.arange(len(texts)) % spec.labels
    train_spec = TrainSpec(batch_size=BATCH, learning_rate=0.02)
    batches = replace(TextBatches.lay_out(spec, train_spec, texts, labels), steps_a_call=STEPS)
    keras.utils.set_random_seed(0)
    program = TrainingProgram(accelerate(build(spec)), spec, train_spec, batches.touches_rows)
    losses = np.concatenate([program.run(batches.arrays(c)).losses for epoch in range(1, 4) for c in batches.epoch(epoch)])
    assert losses[-10:].mean() < 0.5 * losses[:5].mean()
