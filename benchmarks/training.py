"""Training speed as ratios: the project's loop, stock Keras, stock Keras with XLA and torch.nn.RNN in turn, on one machine.

    python benchmarks/training.py [--torch PYTHON] [--rounds 5] [--only reference short long seeds quick accuracy]

Each figure is a median over rounds in which every contender ran once (A B A B …). `--torch` names a Python that has torch
(`python -m venv /tmp/torchvenv && /tmp/torchvenv/bin/pip install torch==2.13.0`); without it its column stays empty.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from peers import stock_model

from rnn_core.data.samples import load_sample
from rnn_core.data.split import stratified_split
from rnn_core.data.tokens import Vocabulary, tokenize
from rnn_core.models.keras_build import build
from rnn_core.models.keras_fast_rnn import accelerate
from rnn_core.spec import ModelSpec, TrainSpec
from rnn_core.training.batches import TextBatches, padded
from rnn_core.training.fit import fit
from rnn_core.training.loop import TrainingProgram
from rnn_core.training.seeds import SeedTraining, SequenceModel

FLOORS = {"reference 32": (6, 4), "reference 128": (2.8, 2.3), "short 32": (8, 5), "long 32": (5, 3)}
VOCABULARY = 10_000
SETTLING = 0.5  # seconds in which the threads of the contender before fall asleep; torch lets its own wait busily


@dataclass(frozen=True)
class Work:
    """Texts as word ids, and how they are trained on."""

    name: str
    texts: Sequence[NDArray[np.int32]]
    labels: NDArray[np.int64]
    time_steps: int
    batch_size: int
    epochs: int = 1  # a round, so that it lasts long enough to be measured

    @property
    def spec(self) -> ModelSpec:
        return ModelSpec(vocabulary=VOCABULARY, time_steps=self.time_steps)

    @property
    def flops(self) -> float:
        """Of one epoch: three products of both kernels for each real word; embedding, output and optimiser not counted."""
        words = sum(len(text) for text in self.texts)
        return 6.0 * words * self.spec.units * (self.spec.features + self.spec.units)

    def rows(self) -> NDArray[np.int32]:
        """Every text padded to `time_steps`, [N, T], as a newcomer pads."""
        lengths = np.array([len(text) for text in self.texts])
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        return padded(np.concatenate(self.texts), starts, lengths, self.time_steps, left=True)


def reference(batch_size: int) -> Work:
    rng = np.random.default_rng(0)
    texts = list(rng.integers(1, VOCABULARY, (4096, 100), dtype=np.int32))
    return Work(f"reference {batch_size}", texts, rng.integers(0, 2, 4096), 100, batch_size, epochs=4)


def reviews(name: str, time_steps: int, most: int = 4096) -> Work:
    sample = load_sample(name)
    rows = np.random.default_rng(0).permutation(len(sample))[:most]
    words = [tokenize(sample.texts[row])[:time_steps] for row in rows]
    vocabulary = Vocabulary.learn(words, VOCABULARY)
    return Work(f"{name.split('_')[0]} 32", [vocabulary.ids(text) for text in words], sample.labels[rows], time_steps, 32)


def ours(work: Work) -> Callable[[], object]:
    """The loop that `fit` runs, batches laid out anew for each epoch."""
    train_spec = TrainSpec(batch_size=work.batch_size)
    batches = TextBatches.lay_out(work.spec, train_spec, work.texts, work.labels)
    program = TrainingProgram(accelerate(build(work.spec), left_padded=True), work.spec, train_spec, batches.touches_rows)
    numbers = iter(range(1, 10_000))

    def train() -> None:
        for _ in range(work.epochs):
            for chunk in batches.epoch(next(numbers)):
                program.run(batches.arrays(chunk))
            program.settle()

    return train


class Peer:
    """One of `peers.py` in a process of its own, with threads as TensorFlow or torch chooses them; it sleeps while others run."""

    def __init__(self, name: str, work: Work, python: str = sys.executable, ask: str = "epochs") -> None:
        self._ask = ask
        self._file = tempfile.NamedTemporaryFile(suffix=".npz")  # noqa: SIM115  # kept until the peer is gone
        np.savez(self._file, rows=work.rows(), labels=work.labels)
        self._file.flush()
        script = str(Path(__file__).with_name("peers.py"))
        command = [python, script, name, self._file.name, str(work.batch_size), str(work.epochs)]
        environment = {name: value for name, value in os.environ.items() if name != "TF_NUM_INTRAOP_THREADS"}
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self._answer()  # it is ready: nothing is imported while others are measured

    def __call__(self) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{self._ask}\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> float:
        assert self._process.stdout is not None
        return float(self._process.stdout.readline())

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def seconds(run: Callable[[], object]) -> float:
    """Wall clock, from a moment when nothing runs; a contender that measures itself returns a float."""
    time.sleep(SETTLING)
    start = time.perf_counter()
    told = run()
    return told if isinstance(told, float) else time.perf_counter() - start


def in_turn(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Each contender's seconds: the first call, then one call in each round."""
    times: dict[str, list[float]] = {name: [seconds(run)] for name, run in contenders.items()}
    for _ in range(rounds):
        for name, run in contenders.items():
            times[name].append(seconds(run))
    return times


def peak() -> float:
    """FLOP/s of the fastest large single-precision matrix product that NumPy or TensorFlow finds, on all cores."""
    a = np.random.default_rng(0).normal(size=(2048, 2048)).astype(np.float32)
    b = tf.constant(a)
    products = (lambda: a @ a, lambda: tf.matmul(b, b).numpy())
    return 2 * 2048**3 / min(seconds(product) for product in products for _ in range(8))


def print_work(work: Work, rounds: int, torch_python: str | None, top: float) -> float:
    peers = {"keras": Peer("keras", work), "keras xla": Peer("keras_xla", work)}
    if torch_python:
        peers["torch"] = Peer("torch", work, torch_python)
    times = in_turn({"ours": ours(work), **peers}, rounds)
    for peer in peers.values():
        peer.close()
    top = max(top, peak())  # a busy moment must not make the machine look slow and the share large
    own = np.array(times["ours"][1:])
    cells = []
    for name in ("keras", "keras xla", "torch"):
        ratio = np.median(np.array(times[name][1:]) / own) if name in times else None
        cells.append("      –" if ratio is None else f"{ratio:6.2f}×")
    median = float(np.median(own))
    compile_times = "/".join(f"{max(0.0, times[name][0] - np.median(times[name][1:])):.1f}" for name in times)
    floors = " and ".join(f"{floor}×" for floor in FLOORS[work.name])
    share = work.epochs * work.flops / median / top
    print(
        f"{work.name:14} {' '.join(cells)}   {median / work.epochs:7.3f} s an epoch, {share:5.1%} of peak, "
        f"compile {compile_times} s  (floors {floors})",
        flush=True,
    )
    return top


def recall(count: int, seeds: int, rng: np.random.Generator, gap: int = 20) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of 8 symbols stood first? inputs [count, seeds, 64, gap + 2], targets [count, seeds, 64]."""
    inputs = rng.integers(8, 16, (count, seeds, 64, gap + 2))
    inputs[..., 0] = rng.integers(0, 8, inputs.shape[:-1])
    inputs[..., -1] = 16
    return inputs, inputs[..., 0]


def print_seeds(rounds: int) -> None:
    model = SequenceModel("simple_rnn", 32, inputs=17, classes=8)
    inputs, targets = recall(100, 8, np.random.default_rng(0))
    together = SeedTraining(model, range(8))
    apart = [SeedTraining(model, [seed]) for seed in range(8)]

    def one_after_another() -> None:
        for place, training in enumerate(apart):
            training.run(inputs[:, place : place + 1], targets[:, place : place + 1])

    times = in_turn({"together": lambda: together.run(inputs, targets), "apart": one_after_another}, rounds)
    ratio = np.median(np.array(times["apart"][1:]) / np.array(times["together"][1:]))
    whole = times["apart"][0] / times["together"][0]
    print(f"8 seeds, recall  {ratio:6.2f}× faster than one after another; with compilation {whole:.2f}×  (floor 3×)", flush=True)


def print_quick(rounds: int) -> None:
    """From the click to five finished epochs on the quick sample, TensorFlow loaded, nothing compiled."""
    texts = load_sample("quick_reviews")

    train, _ = stratified_split(texts.labels, 0.2, 0)
    words = [tokenize(text)[:100] for text in texts.texts]
    vocabulary = Vocabulary.learn((words[row] for row in train), VOCABULARY)
    work = Work("quick 32", [vocabulary.ids(words[row]) for row in train], texts.labels[train], 100, 32)
    keras_way = Peer("keras", replace(work, epochs=5), ask="anew")  # its texts are ready-made: reading them counts for ours alone
    times = in_turn({"ours": lambda: fit(ModelSpec(), TrainSpec(epochs=5), texts), "keras": keras_way}, rounds)
    keras_way.close()
    own, theirs = (float(np.median(times[name][1:])) for name in ("ours", "keras"))
    print(f"quick sample, 5 epochs from the click: ours {own:.2f} s, stock Keras {theirs:.2f} s (floor: not slower)", flush=True)


def print_accuracy(seeds: int = 5, epochs: int = 2) -> None:
    """The textbook model on the short reviews, the same split and vocabulary for both."""
    texts = load_sample("short_reviews")
    scores: dict[str, list[float]] = {"ours": [], "keras": []}
    for seed in range(seeds):
        trained = fit(ModelSpec(), TrainSpec(epochs=epochs, seed=seed), texts)
        scores["ours"].append(trained.evaluation.accuracy.value)
        train, held_out = stratified_split(texts.labels, 0.2, seed)
        ids = [trained.vocabulary.ids(tokenize(text)[:100]) for text in texts.texts]
        work = Work("short 32", ids, texts.labels, 100, 32)
        rows = work.rows()
        keras.utils.set_random_seed(seed)
        fitted = replace(work, texts=[ids[row] for row in train], labels=texts.labels[train])
        model = stock_model(100)
        model.compile(optimizer="adam", loss="binary_crossentropy")
        model.fit(fitted.rows(), fitted.labels.astype(np.float32), batch_size=32, epochs=epochs, verbose=0)
        answers = model.predict(rows[held_out], batch_size=512, verbose=0)[:, 0] > 0.5
        scores["keras"].append(float((answers == texts.labels[held_out]).mean()))
    told = {name: f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}" for name, values in scores.items()}
    print(f"held-out accuracy, short reviews, {seeds} seeds: ours {told['ours']}, stock Keras {told['keras']}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ["reference", "short", "long", "seeds", "quick", "accuracy"]
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--torch", metavar="PYTHON")
    options = parser.parse_args()
    top = peak()
    print(f"{os.cpu_count()} cores, peak {top / 1e9:.0f} GFLOP/s; TensorFlow {tf.__version__}, Keras {keras.__version__}")
    print(f"{'':14} {'keras':>7} {'+ xla':>7} {'torch':>7}   (compile: ours/keras/keras xla/torch)")
    works: dict[str, Callable[[], list[Work]]] = {
        "reference": lambda: [reference(32), reference(128)],
        "short": lambda: [reviews("short_reviews", 100)],
        "long": lambda: [reviews("long_reviews", 400, most=8192)],
    }
    for name in [name for name in works if name in options.only]:
        for work in works[name]():
            top = print_work(work, options.rounds, options.torch, top)
    others = {
        "seeds": lambda: print_seeds(options.rounds),
        "quick": lambda: print_quick(options.rounds),
        "accuracy": print_accuracy,
    }
    for name in [name for name in others if name in options.only]:
        others[name]()


if __name__ == "__main__":
    main()
