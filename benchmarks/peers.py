"""What training is compared with: stock Keras as a newcomer writes it, and torch.nn.RNN, each in a process with its own settings.

    python benchmarks/peers.py keras|keras_xla|torch FILE BATCH EPOCHS

FILE: .npz with `rows` [N, T] of word ids and `labels` [N]. Each line on standard input asks for EPOCHS epochs, of the same model
again or, with the word `anew`, of a new one; the answer is a line with the seconds that they took. A first line with 0 says that
the model is there.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

VOCABULARY, FEATURES, UNITS = 10_000, 32, 64
Training = Callable[[int], None]


def stock_model(time_steps: int) -> Any:
    """The textbook model in stock Keras, not yet compiled."""
    import keras

    return keras.Sequential(
        [
            keras.Input((time_steps,), dtype="int32"),
            keras.layers.Embedding(VOCABULARY, FEATURES),
            keras.layers.SimpleRNN(UNITS),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def keras_training(rows: np.ndarray, labels: np.ndarray, batch: int, jit_compile: bool) -> Training:
    """`model.fit`; all else as Keras has it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    model = stock_model(rows.shape[1])
    how = {"jit_compile": True} if jit_compile else {}
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"], **how)
    return lambda epochs: model.fit(rows, labels.astype(np.float32), batch_size=batch, epochs=epochs, verbose=0)


def torch_training(rows: np.ndarray, labels: np.ndarray, batch: int) -> Training:
    """The same model and optimiser in PyTorch."""
    import torch

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding(VOCABULARY, FEATURES)
            self.rnn = torch.nn.RNN(FEATURES, UNITS, batch_first=True)
            self.output = torch.nn.Linear(UNITS, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.output(self.rnn(self.embedding(x))[1][0])

    texts, targets = torch.from_numpy(rows).long(), torch.from_numpy(labels).float()[:, None]
    net, loss = Net(), torch.nn.BCEWithLogitsLoss()
    adam = torch.optim.Adam(net.parameters())

    def train(epochs: int) -> None:
        for _ in range(epochs):
            order = torch.randperm(len(texts))
            for first in range(0, len(texts), batch):
                at = order[first : first + batch]
                adam.zero_grad()
                loss(net(texts[at]), targets[at]).backward()
                adam.step()

    return train


def main() -> None:
    name, file, batch, epochs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    with np.load(file) as data:
        rows, labels = data["rows"], data["labels"]

    def begin() -> Training:
        if name == "torch":
            return torch_training(rows, labels, batch)
        return keras_training(rows, labels, batch, jit_compile=name == "keras_xla")

    training = begin()
    print(0.0, flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        training = begin() if "anew" in line else training
        training(epochs)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
