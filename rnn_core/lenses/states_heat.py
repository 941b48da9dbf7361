"""Units by words: the order of the units in which bands show, and the numbers on an absolute or a relative scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnn_core.lenses.states_source import WordStates
from rnn_core.models.weights import Array

Order = Literal["as they are", "by similarity"]
Scale = Literal["absolute", "relative"]
MOST_ORDERED = 128  # units up to which neighbours in the tree are turned to fit; the search grows with their square


@dataclass(frozen=True, eq=False)
class HeatMap:
    """A text's states for a picture of units by words.

    units: [W], which unit stands in each row, from the top. values: [W, T] in that order, as the network has them. shown: [W, T],
    between -limit and limit: the values themselves, or relative to each unit's own range over this text. scale: which of the two.
    """

    words: WordStates
    units: NDArray[np.int64]
    values: Array
    shown: Array
    limit: float
    scale: Scale
    order: Order


def heat_map(words: WordStates, order: Order = "as they are", scale: Scale = "absolute") -> HeatMap:
    """The states of one text as units by words.

    "relative" puts the middle of each unit's range over this text at 0 and its ends at -1 and 1; a unit that never changes is 0.
    """
    units = similar_together(words.states) if order == "by similarity" else np.arange(words.states.shape[1])
    values = np.ascontiguousarray(words.states[:, units].T)
    greatest = float(np.abs(values).max())
    if scale == "absolute":
        return HeatMap(words, units, values, values, even_limit(greatest), scale, order)
    low, high = values.min(axis=1, keepdims=True), values.max(axis=1, keepdims=True)
    half = (high - low) / 2
    shown = np.where(half > 1e-9, (values - (low + high) / 2) / np.maximum(half, 1e-9), 0).astype(np.float32)
    return HeatMap(words, units, values, shown, 1.0, scale, order)


def similar_together(states: Array) -> NDArray[np.int64]:
    """The units [W] in an order in which those that move alike over the words stand together: [T, W] -> [W].

    Leaves of an average-linkage tree over Euclidean distances between the units' courses (Eisen and others 1998), turned so that
    neighbours are alike (Bar-Joseph and others 2001) where there are at most 128 units.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage  # half a second that only this order should wait for

    width = states.shape[1]
    if width < 3:
        return np.arange(width)
    tree = linkage(states.T.astype(np.float64), "average", optimal_ordering=width <= MOST_ORDERED)
    return np.asarray(leaves_list(tree), dtype=np.int64)


def even_limit(greatest: float) -> float:
    """The next of 0.1, 0.2, 0.5, 1, 2, 5 …: the same for most texts, so that their pictures can be compared."""
    steps = (first * 10.0**power for power in range(-1, 4) for first in (1, 2, 5))
    return next((step for step in steps if greatest <= step * (1 + 1e-6)), greatest)
