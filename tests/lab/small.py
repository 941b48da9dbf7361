"""Texts and settings small enough to train on in a second."""

from __future__ import annotations

import numpy as np

from rnn_core.data.texts import LabelledTexts
from rnn_core.spec import ModelSpec, TrainSpec

MODEL = ModelSpec(units=8, time_steps=12, features=8, vocabulary=200)
TRAIN = TrainSpec(epochs=3, seed=4)


def small_texts(count: int = 200) -> LabelledTexts:
    """Sentences whose label is told by one of their words."""
    rng = np.random.default_rng(1)
    labels = np.arange(count, dtype=np.int64) % 2
    words = [("dull", "fine")[label] for label in labels]
    texts = tuple(f"a {word} film , number {rng.integers(20)} of {rng.integers(20)}" for word in words)
    return LabelledTexts(texts, labels, ("negative", "positive"))
