"""What one epoch of training measured; kept apart from the training itself so that a reader needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class EpochMetrics:
    """One pass over the training part.

    Losses are mean cross-entropies in natural logarithms. Those of the training part are running means over the epoch, with
    dropout and label smoothing on; those of the held-out part are measured after it, without either.
    """

    epoch: int  # from 1
    loss: float
    accuracy: float
    held_out_loss: float
    held_out_accuracy: float
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Every number by name."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The metrics that `to_dict` gave."""
        return cls(**values)


def best_epoch(history: Sequence[EpochMetrics]) -> EpochMetrics:
    """The epoch with the lowest held-out loss, the earlier of equals."""
    return min(history, key=lambda metrics: metrics.held_out_loss)
