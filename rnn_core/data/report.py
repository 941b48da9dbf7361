"""The numbers of a reading report, and how well a vocabulary covers a set of texts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_core.data.texts import DroppedRow, LabelledTexts, ReadingReport
from rnn_core.data.tokens import Vocabulary, tokenize


@dataclass(frozen=True)
class Coverage:
    """How much of a set of texts a model with this vocabulary and this many time steps reads."""

    words: int  # in all texts together, those beyond the cut included
    unknown_share: float  # of the words, those outside the vocabulary
    cut_share: float  # of the texts, those with more words than time steps


def coverage(texts: Sequence[str], vocabulary: Vocabulary, time_steps: int) -> Coverage:
    """The share of words outside the vocabulary and the share of texts cut at `time_steps`; 0 where there is nothing."""
    words = unknown = cut = 0
    for text in texts:
        tokens = tokenize(text)
        words += len(tokens)
        unknown += sum(vocabulary.unknown(tokens))
        cut += len(tokens) > time_steps
    return Coverage(words, unknown / max(words, 1), cut / max(len(texts), 1))


def reading_report(
    texts: Sequence[str],
    labels: Sequence[str],
    source: str,
    encoding: str,
    layout: str,
    dropped: Sequence[DroppedRow] = (),
) -> ReadingReport:
    """What is said of the rows that were kept (`texts`, `labels`, one a row) and of those that were not.

    labels: their names as they stand in the file; empty for texts without labels.
    """
    label_counts = Counter(labels)
    words: Counter[str] = Counter()
    lengths = np.zeros(max(len(texts), 1), dtype=np.int64)
    for row, text in enumerate(texts):
        tokens = tokenize(text)
        lengths[row] = len(tokens)
        words.update(tokens)
    labels_of: dict[str, set[str]] = defaultdict(set)
    for text, label in zip(texts, labels, strict=False):
        labels_of[text].add(label)
    distinct_rows = sum(map(len, labels_of.values())) if labels else len(set(texts))
    return ReadingReport(
        source=source,
        encoding=encoding,
        layout=layout,
        rows_read=len(texts) + len(dropped),
        rows_kept=len(texts),
        dropped=tuple(dropped),
        exact_duplicates=len(texts) - distinct_rows,
        conflicting_texts=sum(len(names) > 1 for names in labels_of.values()),
        label_counts=dict(label_counts.most_common()),
        majority_share=max(label_counts.values(), default=0) / max(len(texts), 1),
        length_median=float(np.median(lengths)),
        length_95=float(np.percentile(lengths, 95)),
        length_max=int(lengths.max()),
        length_counts=tuple(sorted(Counter(lengths.tolist()).items())) if texts else (),
        word_counts=tuple(sorted(Counter(words.values()).items(), reverse=True)),
    )


def with_report(
    texts: Sequence[str],
    labels: Sequence[str],
    label_names: Sequence[str],
    source: str,
    encoding: str,
    layout: str,
    dropped: Sequence[DroppedRow] = (),
) -> LabelledTexts:
    """Texts and their labels' names, one a row, as `LabelledTexts` with their report."""
    index = {name: number for number, name in enumerate(label_names)}
    return LabelledTexts(
        tuple(texts),
        np.array([index[label] for label in labels], dtype=np.int64),
        tuple(label_names),
        reading_report(texts, labels, source, encoding, layout, dropped),
    )
