"""What a finished run leaves: its model, how good it is, its answers to the held-out texts, and its weights after each epoch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from lab.artifacts import Artifacts, run_key
from lab.records import Run
from rnn_core.classifier import Classifier
from rnn_core.data.texts import LabelledTexts

if TYPE_CHECKING:  # they import scikit-learn: seconds that only a page which shows them should wait for
    from rnn_core.training.baselines import Baseline
    from rnn_core.training.evaluation import Evaluation

MODEL = "model.zip"  # what Classifier.load reads
KERAS_MODEL = "model.keras"
EVALUATION = "evaluation.json"
BASELINES = "baselines.json"
HELD_OUT = "held_out.parquet"
EPOCHS = "epochs"  # folder; 0000.zip is the untrained model

MOST_EPOCHS_KEPT = 100
MOST_BYTES_KEPT = 64_000_000  # of all epochs of one run


@dataclass(frozen=True)
class HeldOut:
    """The model's answers to the texts that training never saw.

    rows: [N] int64, their places in the data. labels: [N] int64. probabilities: [N, K] float32.
    """

    rows: NDArray[np.int64]
    texts: tuple[str, ...]
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float32]


def classifier(artifacts: Artifacts, run: Run) -> Classifier:
    """The model of a run with a result.

    Raises:
        ArtifactError: the run has no result.
    """
    with artifacts.reading(run_key(run, MODEL)) as path:
        return Classifier.load(path)


def evaluation(artifacts: Artifacts, run: Run) -> Evaluation:
    """How good the model is on the held-out part."""
    from rnn_core.training.evaluation import Evaluation

    return Evaluation.from_dict(json.loads(artifacts.read(run_key(run, EVALUATION))))


def baselines(artifacts: Artifacts, run: Run) -> tuple[Baseline, ...]:
    """How good bags of words are on the same parts."""
    from rnn_core.training.baselines import Baseline

    return tuple(Baseline.from_dict(values) for values in json.loads(artifacts.read(run_key(run, BASELINES))))


def held_out(artifacts: Artifacts, run: Run) -> HeldOut:
    """The held-out texts with the model's answers, in the order that `Evaluation.correct` has."""
    table = pq.ParquetFile(pa.BufferReader(artifacts.read(run_key(run, HELD_OUT)))).read()
    return HeldOut(
        rows=np.array(table.column("row").to_pylist(), dtype=np.int64),
        texts=tuple(table.column("text").to_pylist()),
        labels=np.array(table.column("label").to_pylist(), dtype=np.int64),
        probabilities=np.array(table.column("probabilities").to_pylist(), dtype=np.float32),
    )


def held_out_bytes(texts: LabelledTexts, rows: NDArray[np.int64], probabilities: NDArray[np.float32]) -> bytes:
    """What `held_out` reads."""
    part = texts.subset(rows)
    columns = {
        "row": pa.array(rows, pa.int64()),
        "text": pa.array(part.texts, pa.large_string()),
        "label": pa.array(part.labels, pa.int64()),
        "probabilities": pa.array(list(probabilities), pa.list_(pa.float32())),
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, compression="zstd")
    data: bytes = sink.getvalue().to_pybytes()
    return data


def epochs_kept(artifacts: Artifacts, run: Run) -> tuple[int, ...]:
    """The epochs whose weights were kept, 0 for the untrained model; all of them, or thinned evenly where that is too much."""
    return tuple(int(name.removesuffix(".zip")) for name in artifacts.names(run_key(run, EPOCHS)))


def classifier_after(artifacts: Artifacts, run: Run, epoch: int) -> Classifier:
    """The model as it stood after one of the epochs that `epochs_kept` names."""
    with artifacts.reading(epoch_key(run, epoch)) as path:
        return Classifier.load(path)


def epoch_key(run: Run, epoch: int) -> str:
    """Where the model after an epoch is kept."""
    return run_key(run, f"{EPOCHS}/{epoch:04d}.zip")


def is_kept(epoch: int, epochs: int, model_bytes: int) -> bool:
    """Whether the model after this epoch is kept: at most 100 of them and 64 MB in all, evenly spread, and the untrained one."""
    most = max(1, min(MOST_EPOCHS_KEPT - 1, MOST_BYTES_KEPT // max(model_bytes, 1) - 1))
    return epoch % -(-epochs // most) == 0
