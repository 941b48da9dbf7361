"""What the store gives back: runs, their epochs, uploads and the data that a run reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from rnn_core.spec import Kind, ModelSpec, TrainSpec

State = Literal["queued", "running", "done", "stopped", "failed"]

STATES: tuple[State, ...] = get_args(State)
ACTIVE: tuple[State, ...] = ("queued", "running")


@dataclass(frozen=True)
class DataRef:
    """The texts that a run reads: a sample by its name, or an upload by its id."""

    title: str  # as the pages show it
    sample: str = ""
    upload: str = ""
    texts: int = 0  # how many
    labels: int = 2


@dataclass(frozen=True)
class Run:
    """Anything that trains, as it stood when the store was asked."""

    id: str
    owner: str
    name: str
    job: str  # which registered job does the work: "train", …
    data: DataRef
    model_spec: ModelSpec
    train_spec: TrainSpec
    state: State
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    epoch: int = 0  # finished epochs
    epochs: int = 0  # epochs at most
    epoch_progress: float = 0.0  # 0 to 1, of the epoch under way
    batch_loss: float | None = None  # mean over the batches of the epoch under way
    batch_accuracy: float | None = None
    activity: str = ""  # what a running run does just now: "reading the texts", "training", "measuring"
    seconds_left: float | None = None
    seconds: float = 0.0  # spent working so far
    reason: str = ""  # why it failed, or why it ended before its last epoch
    held_out_accuracy: float | None = None
    has_result: bool = False  # model, evaluation, predictions and bundle can be read
    parent: str | None = None  # the run that this one trains longer
    params: Mapping[str, Any] = field(default_factory=dict)  # of jobs other than "train"
    segment: int = 0  # how often it was resumed; the worker of an older segment may write nothing

    @property
    def kind(self) -> Kind:
        """The kind of its model."""
        return self.model_spec.kind

    @property
    def is_active(self) -> bool:
        """Whether it waits or works."""
        return self.state in ACTIVE

    @property
    def is_changing(self) -> bool:
        """Whether a page should go on polling: it is active, or was stopped and its model is being measured."""
        return self.is_active or bool(self.activity)

    @property
    def can_resume(self) -> bool:
        """Whether `resume` would take it up again."""
        return self.state in ("stopped", "failed")


@dataclass(frozen=True)
class Upload:
    """Texts that a person brought."""

    id: str
    owner: str
    name: str  # of the file
    texts: int
    labels: int
    created_at: datetime

    @property
    def data(self) -> DataRef:
        """What `submit` takes."""
        return DataRef(title=self.name, upload=self.id, texts=self.texts, labels=self.labels)
