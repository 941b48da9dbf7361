"""Seeds as a batch: the same numbers as trainings one by one, and as Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from rnn_core.training.seeds import SeedTraining, SequenceModel

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("model", "numbers"),
    [
        (SequenceModel("simple_rnn", 4, inputs=5, classes=3, features=3), False),
        (SequenceModel("gru", 4, inputs=5, classes=3, answer_steps=2), False),
        (SequenceModel("lstm", 4, inputs=2, symbols=False), True),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_three_together_are_three_apart(model: SequenceModel, numbers: bool) -> None:
    steps, seeds, batch, length = 5, (7, 2, 9), 4, 6
    shape = (steps, 3, batch, length)
    inputs = RNG.normal(size=(*shape, 2)) if numbers else RNG.integers(0, 5, shape)
    answers = (steps, 3, batch, *([model.answer_steps] if model.answer_steps > 1 else []))
    targets = RNG.normal(size=answers) if numbers else RNG.integers(0, 3, answers)
    together = SeedTraining(model, seeds, learning_rate=0.01, clip_norm=0.5)
    losses = together.run(inputs, targets)
    apart = SeedTraining(model, seeds[1:2], learning_rate=0.01, clip_norm=0.5)
    np.testing.assert_allclose(losses[:, 1:2], apart.run(inputs[:, 1:2], targets[:, 1:2]), atol=1e-5)
    for name, weights in apart.weights(0).items():
        np.testing.assert_allclose(together.weights(1)[name], weights, atol=1e-4, err_msg=name)
    scores = together.scores(inputs[0, 0], targets[0, 0])
    assert scores.losses[1] == pytest.approx(apart.scores(inputs[0, 0], targets[0, 0]).losses[0], rel=1e-3)
    again = SeedTraining(model, seeds, learning_rate=0.01, clip_norm=0.5)
    again.set_state(together.state())
    np.testing.assert_array_equal(again.run(inputs, targets), together.run(inputs, targets))


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm"])
def test_one_seed_is_the_same_network_in_keras(kind: str) -> None:
    model = SequenceModel(kind, 4, inputs=5, classes=3)  # type: ignore[arg-type]  # one of its three
    training = SeedTraining(model, [1], learning_rate=0.01)
    cell = {"simple_rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[kind]
    stock = keras.Sequential([keras.Input((6, 5)), cell(4), keras.layers.Dense(3)])
    stock.set_weights(list(training.weights(0).values()))
    stock.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    inputs, targets = RNG.integers(0, 5, (4, 1, 8, 6)), RNG.integers(0, 3, (4, 1, 8))
    expected = []
    for words, labels in zip(inputs[:, 0], targets[:, 0], strict=True):
        expected.append(float(stock.train_on_batch(np.eye(5, dtype=np.float32)[words], labels)))
        stock.reset_metrics()
    np.testing.assert_allclose(training.run(inputs, targets)[:, 0], expected, atol=1e-5)
