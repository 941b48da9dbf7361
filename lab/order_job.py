"""The job that measures what order is worth to a trained network: on its held-out texts, or on texts that its owner brought."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lab import results
from lab.artifacts import Artifacts, run_key
from lab.jobs import RunFailed, Step, Work, job
from lab.lab import Lab
from lab.records import Run, Upload
from lab.store import StoreError
from rnn_core.classifier import Classifier
from rnn_core.data.texts import LabelledTexts
from rnn_core.lenses.order import SHUFFLES, OrderError, OrderScore, order_meter
from rnn_core.spec import TrainSpec

JOB: Final = "order"
RESULT = "order.json"
NETWORK = "network"  # parameter: the id of the run whose model is measured
MOST_TEXTS = 5_000  # more would make the interval little narrower
NOTE_SECONDS = 0.4  # between two notes of progress, each of which finds out whether a person has stopped the run
DONE: Final = "done"


@dataclass(frozen=True)
class MeasuredOrder:
    """What a finished job leaves."""

    score: OrderScore
    network: str  # the name of the measured run
    texts: str  # what it was measured on
    left_out: int  # texts whose label the network does not know
    drawn_from: int  # texts of which those of the score were drawn; as many as there are, unless there are over 5,000


def submit(lab: Lab, owner: str, network: Run, upload: Upload | None = None) -> Run:
    """Asks the worker to measure a trained network on its held-out texts, or on an upload.

    Raises:
        StoreError: the run has no model yet.
        LimitReached: too many runs are waiting.
    """
    if not network.has_result:
        raise StoreError("Only a run with a result can be measured.")
    data = network.data if upload is None else upload.data
    name = f"Word order: {network.name}" if upload is None else f"Word order: {network.name}, on {upload.name}"
    train = TrainSpec(epochs=1, seed=network.train_spec.seed)
    return lab.queue.submit(owner, data, network.model_spec, train, name, job=JOB, params={NETWORK: network.id})


def result(artifacts: Artifacts, run: Run) -> MeasuredOrder:
    """What the job found.

    Raises:
        ArtifactError: it is not done.
    """
    values = json.loads(artifacts.read(run_key(run, RESULT)))
    return MeasuredOrder(**{**values, "score": OrderScore.from_dict(values["score"])})


@job(JOB)
def measure(work: Work) -> Generator[Step, str, None]:
    """One step: it takes seconds and is done again from its start after a crash, to the same numbers."""
    yield _Measurement(work).measure


class _Measurement:
    def __init__(self, work: Work) -> None:
        self._run = work.run
        self._lab = work.lab
        self._claim = work.claim
        self._began = time.monotonic()
        self._noted_at = 0.0

    def measure(self) -> str:
        """Reads model and texts, measures, and leaves the result."""
        self._claim.note(activity="reading the texts")
        network = self._lab.store.run(self._run.owner, str(self._run.params[NETWORK]))
        classifier = results.classifier(self._lab.artifacts, network)
        texts, title, left_out = self._texts(network, classifier)
        rows = _drawn(len(texts))
        chosen = texts.subset(rows)
        self._claim.note(activity="measuring")
        swaps = rows // 2 if self._run.data.sample == "roles" else None  # a sentence and its swap stand side by side
        try:
            score = order_meter(classifier, chosen.texts, chosen.labels, SHUFFLES, groups=swaps, on_progress=self._note)
        except OrderError as error:
            raise RunFailed(str(error)) from error
        self._write(
            {
                "score": score.to_dict(),
                "network": network.name,
                "texts": title,
                "left_out": left_out,
                "drawn_from": len(texts),
            }
        )
        self._claim.finish(epoch=1, epoch_progress=0.0)
        return DONE

    def _texts(self, network: Run, classifier: Classifier) -> tuple[LabelledTexts, str, int]:
        """The texts, what they are, and how many were left out for their label."""
        if (self._run.data.sample, self._run.data.upload) == (network.data.sample, network.data.upload):
            # Of the texts that it was trained on, only the held-out ones can tell.
            kept = results.held_out(self._lab.artifacts, network)
            return LabelledTexts(kept.texts, kept.labels, classifier.label_names), f"{network.data.title}, held out", 0
        return _with_known_labels(self._lab.texts(self._run.owner, self._run.data), classifier, self._run.data.title)

    def _note(self, share: float) -> None:
        """Tells the page how far it is; raises ClaimLost where a person has stopped the run."""
        now = time.monotonic()
        if now - self._noted_at < NOTE_SECONDS:
            return
        self._claim.note(epoch_progress=share, seconds_left=(now - self._began) * (1 - share) / max(share, 0.01))
        self._noted_at = now

    def _write(self, values: dict[str, Any]) -> None:
        self._lab.artifacts.write(run_key(self._run, RESULT), json.dumps(values).encode())


def _with_known_labels(texts: LabelledTexts, classifier: Classifier, title: str) -> tuple[LabelledTexts, str, int]:
    places = {name: place for place, name in enumerate(classifier.label_names)}
    labels = np.array([places.get(texts.label_names[label], -1) for label in texts.labels], dtype=np.int64)
    rows = np.flatnonzero(labels >= 0)
    if not len(rows):
        known = ", ".join(f"“{name}”" for name in classifier.label_names[:10])
        raise RunFailed(f"No label in {title} is one that this network knows: it answers {known}.")
    kept = LabelledTexts(tuple(texts.texts[row] for row in rows), labels[rows], classifier.label_names)
    return kept, title, len(texts) - len(rows)


def _drawn(count: int) -> NDArray[np.int64]:
    """All rows, or 5,000 of more, always the same."""
    if count <= MOST_TEXTS:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, MOST_TEXTS, replace=False))
