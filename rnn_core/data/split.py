"""Which rows training sees and which it never sees."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnn_core.data.texts import DataError, LabelledTexts


def stratified_split(labels: ArrayLike, held_out: float = 0.2, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows for training and rows held out, each sorted, [N_train] and [N_held_out] int64, both with every label.

    labels: [N] whole numbers. held_out: share of the rows. The held-out part is larger than its share where it would
    otherwise lack a label.

    Raises:
        DataError: fewer than 2 labels, a label on fewer than 2 rows, or a share that is not between 0 and 1.
    """
    from sklearn.model_selection import train_test_split  # slow to import, and needed here alone

    labels = np.asarray(labels, dtype=np.int64)
    names, counts = np.unique(labels, return_counts=True)
    if len(names) < 2:
        raise DataError("A held-out part needs texts of at least 2 labels.")
    if counts.min() < 2:
        raise DataError("Each label needs at least 2 texts: one to train on and one to hold out.")
    if not 0 < held_out < 1:
        raise DataError(f"The held-out share must be between 0 and 1, not {held_out}.")
    size = min(max(math.ceil(held_out * len(labels)), len(names)), len(labels) - len(names))
    _, chosen = train_test_split(np.arange(len(labels)), test_size=size, random_state=seed, stratify=labels)
    is_held_out = np.zeros(len(labels), dtype=bool)
    is_held_out[chosen] = True
    _give_both_sides_every_label(is_held_out, labels, names, np.random.default_rng(seed))
    return np.flatnonzero(~is_held_out), np.flatnonzero(is_held_out)


def split_texts(texts: LabelledTexts, held_out: float = 0.2, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The split that a set of texts fixes itself (`texts.held_out`), else a stratified random one.

    Raises:
        DataError: as `stratified_split`; or a fixed part with rows that do not exist, or that leaves nothing to train on.
    """
    if texts.held_out is None:
        return stratified_split(texts.labels, held_out, seed)
    fixed = np.unique(np.asarray(texts.held_out, dtype=np.int64))
    if not 0 < len(fixed) < len(texts) or fixed[0] < 0 or fixed[-1] >= len(texts):
        raise DataError(f"The fixed held-out part must be some, and not all, of the {len(texts):,} texts.")
    return np.setdiff1d(np.arange(len(texts)), fixed, assume_unique=True), fixed


def _give_both_sides_every_label(
    is_held_out: NDArray[np.bool_], labels: NDArray[np.int64], names: NDArray[np.int64], rng: np.random.Generator
) -> None:
    """Moves one row of each label that stands wholly on one side; scikit-learn rounds the share of a rare label to nothing."""
    for name in names:
        rows = np.flatnonzero(labels == name)
        if is_held_out[rows].all() or not is_held_out[rows].any():
            moved = rng.choice(rows)
            is_held_out[moved] = not is_held_out[moved]
