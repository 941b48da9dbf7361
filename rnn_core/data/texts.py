"""Texts with labels, and what happened on the way to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rnn_core.spec import FIRST_WORD_ID


class DataError(ValueError):
    """Texts or labels that cannot be used as they are; the message says why."""


@dataclass(frozen=True)
class DroppedRow:
    """A row that was read and not kept."""

    line: int  # 1-based line of the file on which the row starts
    reason: str  # "empty text", "empty label", "too long", "broken row"
    detail: str = ""


@dataclass(frozen=True)
class ReadingReport:
    """What the reader found, in numbers; labels are never altered or guessed."""

    source: str  # file name or sample name
    encoding: str  # "utf-8", "utf-16", "windows-1252", …
    layout: str  # a sentence: "CSV, separator ;, text column 'review', label column 'stars'"
    rows_read: int
    rows_kept: int
    dropped: tuple[DroppedRow, ...]
    exact_duplicates: int  # rows that repeat an earlier row's text and label
    conflicting_texts: int  # different texts that stand under two or more labels
    label_counts: dict[str, int]
    majority_share: float
    length_median: float  # words a text
    length_95: float
    length_max: int
    length_counts: tuple[tuple[int, int], ...] = ()  # (words, texts of so many words), by rising words
    word_counts: tuple[tuple[int, int], ...] = ()  # (occurrences, different words with so many), by falling occurrences

    def cut_share(self, time_steps: int) -> float:
        """Share of the texts that have more words than this, so that their end would not be read."""
        return sum(texts for words, texts in self.length_counts if words > time_steps) / max(self.rows_kept, 1)

    def unknown_share(self, rows: int, min_count: int = 1) -> float:
        """Share of all words that stand outside a vocabulary learned from these very texts.

        rows: of the embedding, padding and unknown word included. min_count: occurrences that a word needs.
        """
        room, known, total = rows - FIRST_WORD_ID, 0, 0
        for occurrences, different in self.word_counts:
            total += occurrences * different
            if occurrences >= min_count:
                taken = min(room, different)
                room -= taken
                known += taken * occurrences
        return 1 - known / max(total, 1)


@dataclass(frozen=True)
class LabelledTexts:
    """Texts and their labels.

    texts: N strings. labels: [N] int64, an index into `label_names`.
    held_out: rows that this set itself keeps from training, [M] int64 sorted; None leaves the choice to a random split.
    """

    texts: tuple[str, ...]
    labels: NDArray[np.int64]
    label_names: tuple[str, ...]
    report: ReadingReport | None = field(default=None, compare=False)
    held_out: NDArray[np.int64] | None = field(default=None, compare=False)

    def __len__(self) -> int:
        return len(self.texts)

    def subset(self, rows: Sequence[int] | NDArray[np.int64]) -> LabelledTexts:
        """The texts at these rows, with the same label names, without a report and without `held_out`."""
        index = np.asarray(rows, dtype=np.int64)
        return LabelledTexts(tuple(self.texts[i] for i in index), self.labels[index], self.label_names)
