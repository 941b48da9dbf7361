"""The job that trains a network: one epoch is one durable step, then the model is measured and held against a bag of words."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Generator
from statistics import median
from typing import Any, Final

from lab.artifacts import run_key
from lab.claims import ClaimLost
from lab.jobs import GIVEN_UP, RunFailed, Step, Work, job
from lab.queue import AFTER_EPOCH, CHECKPOINT
from lab.results import BASELINES, EVALUATION, HELD_OUT, KERAS_MODEL, MODEL, epoch_key, held_out_bytes, is_kept
from rnn_core.classifier import Classifier
from rnn_core.data.texts import LabelledTexts
from rnn_core.training.baselines import baselines
from rnn_core.training.fit import BatchProgress, Training, TrainingStopped

MORE: Final = "more"
ENOUGH: Final = "enough"
STOPPED: Final = "stopped"
DONE: Final = "done"
NOTE_SECONDS = 0.4  # between two notes of progress, each of which finds out whether a person has stopped the run


@job("train")
def train(work: Work) -> Generator[Step, str, None]:
    """Epochs until there are enough or a person stops; then what is there is made into a result."""
    training = TrainingJob(work)
    answer = MORE
    while answer == MORE:
        answer = yield training.epoch
    if (yield training.measure) == DONE:
        yield training.compare


class TrainingJob:
    """The steps of one training. Between them everything that counts is on disk; what is in memory only saves time."""

    def __init__(self, work: Work) -> None:
        self._run = work.run
        self._lab = work.lab
        self._claim = work.claim
        self._after = int(work.run.params.get(AFTER_EPOCH, 0))
        self._texts: LabelledTexts | None = None
        self._training: Training | None = None
        self._noted_at = 0.0
        self._compiled = False  # whether this process has trained a batch of this run: the first waits for XLA

    def epoch(self) -> str:
        """One more epoch, or word that there are enough or that a person stopped the run."""
        if self._claim.standing() == "stopped":
            return STOPPED
        try:
            training = self._open()
            if not self._is_enough(training):
                self._claim.note(activity="training" if self._compiled else "compiling the training program")
                training.run_epoch(self._note)
                self._keep(training)
            self._claim.epochs_done(training.history, self._seconds_left(training))
        except (ClaimLost, TrainingStopped):
            self._training = None  # stands in the middle of an epoch: the checkpoint is what counts
            return STOPPED if self._claim.standing() == "stopped" else GIVEN_UP
        return ENOUGH if self._is_enough(training) else MORE

    def measure(self) -> str:
        """The model's files: itself, its Keras twin, its answers to the held-out texts and how good they are."""
        if not self._lab.artifacts.exists(run_key(self._run, CHECKPOINT)):
            return STOPPED  # before its first epoch ended
        self._claim.note_if_held(activity="measuring")
        trained = self._open().finish()
        with self._lab.artifacts.writing(run_key(self._run, MODEL)) as path:
            trained.save(path)
        with self._lab.artifacts.writing(run_key(self._run, KERAS_MODEL)) as path:
            named = path.with_suffix(".keras")  # Keras takes no other name
            trained.keras_model().save(named)
            named.rename(path)
        answers = held_out_bytes(self._read_texts(), trained.held_out_rows, trained.held_out_probabilities)
        self._lab.artifacts.write(run_key(self._run, HELD_OUT), answers)
        self._write_json(EVALUATION, trained.evaluation.to_dict())
        return DONE

    def compare(self) -> str:
        """The bags of words on the same parts; then the run is done."""
        self._claim.note_if_held(activity="comparing with bags of words")
        training, texts = self._open(), self._read_texts()
        results = baselines(texts.subset(training.train_rows), texts.subset(training.held_out_rows), self._run.train_spec.seed)
        self._write_json(BASELINES, [result.to_dict() for result in results])
        evaluation = json.loads(self._lab.artifacts.read(run_key(self._run, EVALUATION)))
        self._claim.result(training.history, evaluation["accuracy"]["value"], self._why_early(training))
        return DONE

    def _read_texts(self) -> LabelledTexts:
        if self._texts is None:
            texts, most = self._lab.texts(self._run.owner, self._run.data), self._lab.settings.max_texts
            if len(texts) > most:
                raise RunFailed(f"{len(texts):,} texts are too many for this server: it takes at most {most:,}.")
            self._texts = texts
        return self._texts

    def _open(self) -> Training:
        """The training after its last finished epoch, from memory or from the disk."""
        if self._training is None:
            self._claim.note_if_held(activity="reading the texts")
            texts, key = self._read_texts(), run_key(self._run, CHECKPOINT)
            specs = (self._run.model_spec, self._run.train_spec)
            if self._lab.artifacts.exists(key):
                with self._lab.artifacts.reading(key) as path:
                    self._training = Training.restore(*specs, texts, path)
            else:
                self._training = Training(*specs, texts)
                self._keep_weights(self._training)
        return self._training

    def _keep(self, training: Training) -> None:
        with self._lab.artifacts.writing(run_key(self._run, CHECKPOINT)) as path:
            training.save_checkpoint(path)
        self._keep_weights(training)

    def _keep_weights(self, training: Training) -> None:
        """The model as it stands after this epoch, so that it can be looked at later beside the others."""
        weights = training.weights()
        size = sum(array.nbytes for array in weights.values())
        if is_kept(training.epochs_done, self._run.train_spec.epochs, size):
            model = Classifier(training.spec, training.vocabulary, training.label_names, weights)
            with self._lab.artifacts.writing(epoch_key(self._run, training.epochs_done)) as path:
                model.save(path)

    def _is_enough(self, training: Training) -> bool:
        done = training.epochs_done
        # A run that trains an early ended one longer gives it its patience anew.
        tired = training.should_stop and done - self._after >= training.train_spec.patience
        return done >= training.train_spec.epochs or tired

    def _why_early(self, training: Training) -> str:
        done, train_spec = training.epochs_done, training.train_spec
        if done >= train_spec.epochs:
            return ""
        return (
            f"Ended after epoch {done}: the held-out loss had not fallen for {train_spec.patience} epochs. "
            "The weights of its best epoch are kept."
        )

    def _note(self, progress: BatchProgress) -> None:
        """Tells the page where the epoch stands; raises TrainingStopped when the run is not this worker's any more."""
        if time.monotonic() - self._noted_at < NOTE_SECONDS:
            return
        share = progress.batch / max(progress.batches, 1)
        self._compiled = self._compiled or progress.batch > 0
        try:
            self._claim.note(
                activity="training" if self._compiled else "compiling the training program",
                epoch_progress=share,
                batch_loss=_number(progress.loss),
                batch_accuracy=_number(progress.accuracy),
                seconds_left=self._seconds_left(self._training, share, progress.seconds),
            )
        except ClaimLost as lost:
            raise TrainingStopped from lost
        self._noted_at = time.monotonic()

    def _seconds_left(self, training: Training | None, share: float = 0.0, seconds: float = 0.0) -> float | None:
        """By the pace of the last epochs, the first one left out: it also compiles; before that by the epoch's own pace."""
        history = training.history if training else []
        if len(history) > 1:
            pace = median(metrics.seconds for metrics in history[1:][-3:])
        elif share >= 0.05:
            pace = seconds / share
        else:
            return None
        return pace * max(0.0, self._run.train_spec.epochs - len(history) - share)

    def _write_json(self, name: str, value: Any) -> None:
        self._lab.artifacts.write(run_key(self._run, name), json.dumps(value).encode())


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
