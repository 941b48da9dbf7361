"""From a specification and labelled texts to a trained network: all at once, or epoch by epoch."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from rnn_core.data.split import split_texts
from rnn_core.data.texts import DataError, LabelledTexts
from rnn_core.data.tokens import Vocabulary, tokenize
from rnn_core.models.keras_build import build, draw_start
from rnn_core.models.keras_fast_rnn import accelerate
from rnn_core.models.network import Network
from rnn_core.models.weights import Weights
from rnn_core.spec import DEFAULT_VOCABULARY, UNKNOWN_ID, ModelSpec, TrainSpec
from rnn_core.training.batches import Chunk, Ids, TextBatches, slices
from rnn_core.training.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from rnn_core.training.evaluation import SMALLEST_PROBABILITY, evaluate
from rnn_core.training.history import EpochMetrics, best_epoch
from rnn_core.training.loop import TrainingProgram
from rnn_core.training.trained import Trained

MEASURED_AT_ONCE = 500  # held-out texts between two words of progress


class TrainingStopped(Exception):
    """Raised by whoever watches the progress, to end training in the middle of an epoch."""


@dataclass(frozen=True)
class BatchProgress:
    """Where training stands within an epoch."""

    epoch: int  # the one that runs, from 1
    epochs: int  # that were asked for
    batch: int  # batches done in this epoch
    batches: int  # batches in this epoch
    loss: float  # running mean over this epoch; NaN before the first batch is done
    accuracy: float  # as above
    seconds: float  # since this epoch began


def fit(
    model_spec: ModelSpec,
    train_spec: TrainSpec,
    texts: LabelledTexts,
    on_epoch: Callable[[EpochMetrics], None] | None = None,
) -> Trained:
    """Trains until the epochs are done or the held-out loss no longer falls.

    The held-out part is split off before anything is learned, the vocabulary included. `model_spec.vocabulary` is the most
    rows that the embedding may have (10,000 if 0) and `model_spec.labels` is ignored: the texts decide.

    Raises:
        DataError: texts that cannot be split, or that hold no words.

    Example:
        >>> trained = fit(ModelSpec(), TrainSpec(epochs=5), load_sample("quick_reviews"))
        >>> trained.evaluation.accuracy
    """
    training = Training(model_spec, train_spec, texts)
    while training.epochs_done < train_spec.epochs and not training.should_stop:
        metrics = training.run_epoch()
        if on_epoch is not None:
            on_epoch(metrics)
    return training.finish()


class Training:
    """One training that is driven epoch by epoch, saved between epochs and restored later to the same final numbers.

    Example:
        >>> training = Training(ModelSpec(), TrainSpec(), texts)
        >>> training.run_epoch()
        >>> training.save_checkpoint(path)
        >>> training = Training.restore(ModelSpec(), TrainSpec(), texts, path)
    """

    def __init__(self, model_spec: ModelSpec, train_spec: TrainSpec, texts: LabelledTexts) -> None:
        self.train_spec = train_spec
        self.label_names = texts.label_names
        self.train_rows, self.held_out_rows = split_texts(texts, train_spec.held_out, train_spec.seed)
        self.history: list[EpochMetrics] = []
        words = [tokenize(text) for text in texts.texts]
        limit = model_spec.vocabulary or DEFAULT_VOCABULARY
        self.vocabulary = Vocabulary.learn((words[row] for row in self.train_rows), limit, train_spec.min_count)
        if not self.vocabulary.words:
            raise DataError(f"The texts to train on hold no word that occurs {train_spec.min_count} times or more.")
        self.spec = model_spec.replace(vocabulary=self.vocabulary.size, labels=len(texts.label_names))
        ids = [self.vocabulary.ids(tokens[: self.spec.time_steps]) for tokens in words]
        self._held_out = [ids[row] for row in self.held_out_rows]
        self._held_out_labels = texts.labels[self.held_out_rows]
        train_ids = [ids[row] for row in self.train_rows]
        self._batches = TextBatches.lay_out(self.spec, train_spec, train_ids, texts.labels[self.train_rows])
        model = accelerate(build(self.spec), left_padded=self.spec.padding == "left")
        draw_start(model, self.spec, train_spec.seed)
        self._program = TrainingProgram(model, self.spec, train_spec, self._batches.touches_rows)
        self._best: Weights = {}

    @property
    def epochs_done(self) -> int:
        """Epochs that are finished, those before a restore included."""
        return len(self.history)

    def weights(self) -> Weights:
        """The weights as they stand after the last finished epoch, the running mean where there is one."""
        return self._program.weights()

    @property
    def should_stop(self) -> bool:
        """Whether `patience` epochs went by without a better held-out loss."""
        patience = self.train_spec.patience
        return bool(patience and self.history) and self.epochs_done - best_epoch(self.history).epoch >= patience

    def run_epoch(self, on_progress: Callable[[BatchProgress], None] | None = None) -> EpochMetrics:
        """One pass over the training part, then the held-out part is measured.

        `on_progress` is called several times a second. What it raises ends the epoch and leaves the weights in between two
        epochs: go on from a checkpoint then.
        """
        watch = _Watch(self, on_progress)
        chunks = self._batches.epoch(self.epochs_done + 1)
        watch.batches = sum(len(chunk.rows) for chunk in chunks)
        watch.tell()
        for chunk in chunks:
            self._run_chunk(chunk, watch)
        self._program.settle()
        weights = self._program.weights()
        probabilities = self._probabilities(weights, watch.tell)
        held_out_loss, held_out_accuracy = _measured(probabilities, self._held_out_labels)
        metrics = EpochMetrics(self.epochs_done + 1, watch.loss, watch.accuracy, held_out_loss, held_out_accuracy, watch.seconds)
        self.history.append(metrics)
        if self.train_spec.patience and best_epoch(self.history) is metrics:
            self._best = weights
        return metrics

    def save_checkpoint(self, path: Path | str) -> None:
        """Everything that later epochs depend on, in one file that is whole or not there."""
        arrays = self._program.state()
        arrays |= {f"best/{name}": array for name, array in self._best.items()}
        meta = {
            "model_spec": self.spec.to_dict(),
            "step": self._program.step,
            "history": [metrics.to_dict() for metrics in self.history],
            "data": self._fingerprint(),
        }
        write_checkpoint(Path(path), meta, arrays)

    @classmethod
    def restore(cls, model_spec: ModelSpec, train_spec: TrainSpec, texts: LabelledTexts, path: Path | str) -> Self:
        """The training as it stood when `save_checkpoint` wrote the file; its next epochs give the numbers they would have given.

        `train_spec` may ask for more epochs or other patience than before.

        Raises:
            CheckpointError: the file is damaged, or belongs to another model or other texts.
        """
        meta, arrays = read_checkpoint(Path(path))
        training = cls(model_spec, train_spec, texts)
        if meta["model_spec"] != training.spec.to_dict() or meta["data"] != training._fingerprint():
            raise CheckpointError("This checkpoint belongs to another model or to other texts.")
        for name, array in training._program.state().items():
            if name not in arrays or arrays[name].shape != array.shape:
                raise CheckpointError(f"The checkpoint lacks {name}, or has it in another shape.")
        training._program.set_state(arrays, int(meta["step"]))
        training.history = [EpochMetrics.from_dict(values) for values in meta["history"]]
        training._best = {name.removeprefix("best/"): array for name, array in arrays.items() if name.startswith("best/")}
        return training

    def finish(self) -> Trained:
        """The result: with patience the weights of the best epoch, else those of the last one."""
        weights = self._best or self._program.weights()
        probabilities = self._probabilities(weights)
        return Trained(
            spec=self.spec,
            train_spec=self.train_spec,
            vocabulary=self.vocabulary,
            label_names=self.label_names,
            weights=weights,
            history=tuple(self.history),
            evaluation=evaluate(probabilities, self._held_out_labels, self.label_names),
            held_out_rows=self.held_out_rows,
            held_out_probabilities=probabilities,
            held_out_unknown=_share_of(UNKNOWN_ID, self._held_out),
        )

    def _run_chunk(self, chunk: Chunk, watch: _Watch) -> None:
        arrays = self._batches.arrays(chunk)
        result = self._program.run(arrays)
        watch.add(result.losses, result.right, arrays.weights[: arrays.count])
        watch.tell()

    def _probabilities(self, weights: Weights, tell: Callable[[], None] = lambda: None) -> NDArray[np.float32]:
        network = Network(self.spec, weights)
        parts = []
        for part in slices(len(self._held_out), MEASURED_AT_ONCE):
            parts.append(network.probabilities(self._held_out[part]))
            tell()
        return np.concatenate(parts)

    def _fingerprint(self) -> str:
        """Changes when the training part, the vocabulary or the order of the texts does."""
        seen = hashlib.sha256("\n".join([*self.vocabulary.words, *self.label_names]).encode())
        for part in (self._batches.flat, self._batches.labels, self.held_out_rows):
            seen.update(part.tobytes())
        return seen.hexdigest()


class _Watch:
    """The running means of one epoch, and who wants to hear of them."""

    def __init__(self, training: Training, on_progress: Callable[[BatchProgress], None] | None) -> None:
        self._epoch, self._epochs = training.epochs_done + 1, training.train_spec.epochs
        self._on_progress = on_progress
        self._began = time.perf_counter()
        self._loss_sum = self._right = self._texts = 0.0
        self.batch = self.batches = 0

    @property
    def loss(self) -> float:
        return self._loss_sum / self._texts if self._texts else float("nan")

    @property
    def accuracy(self) -> float:
        return self._right / self._texts if self._texts else float("nan")

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began

    def add(self, losses: NDArray[np.float32], right: int, weights: NDArray[np.float32]) -> None:
        self._loss_sum += float((losses * weights.sum(axis=(1, 2))).sum())
        self._right += right
        self._texts += float(weights.sum())
        self.batch += len(losses)

    def tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(
                BatchProgress(self._epoch, self._epochs, self.batch, self.batches, self.loss, self.accuracy, self.seconds)
            )


def _share_of(word: int, texts: Sequence[Ids]) -> float:
    ids = np.concatenate(texts)
    return float((ids == word).mean()) if len(ids) else 0.0


def _measured(probabilities: NDArray[np.float32], labels: NDArray[np.int64]) -> tuple[float, float]:
    """(mean cross-entropy, accuracy)"""
    of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    accuracy = float((probabilities.argmax(axis=1) == labels).mean())
    return float(-np.log(np.maximum(of_label, SMALLEST_PROBABILITY)).mean()), accuracy
