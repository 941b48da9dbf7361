"""Texts of like length together, padded to one of a few fixed widths: every epoch's batches, from (seed, epoch) alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rnn_core.spec import PADDING_ID, ModelSpec, TrainSpec
from rnn_core.training import adam

Ids = NDArray[np.int32]

WIDTHS_AT_MOST = 4
PARTS = 2  # of a batch, that are worked on side by side; not the number of cores, so that every machine gives the same numbers
SMALLEST_PART = 4  # texts; less would not pay
STEPS_A_CALL = 32  # optimiser steps that one call of the compiled program takes
WORK_A_CALL = 3_000_000_000  # multiplications after which a call should end, so that a stop is noticed in time
# Compiling the program for one more width costs about as long as reading this many word positions in training.
POSITIONS_A_WIDTH = 2_000_000
ROW_COST = 4  # moving one row by itself costs as much as passing over so many in the whole table
PAY_BACK_EPOCHS = 5  # epochs over which one more width must earn its compilation


@dataclass(frozen=True)
class Chunk:
    """Up to `STEPS_A_CALL` batches of one width, for one call of the compiled program.

    rows: [K, B] int64, rows of the training part; -1 where the last batch of an epoch is not full.
    """

    width: int
    rows: NDArray[np.int64]


@dataclass(frozen=True)
class ChunkArrays:
    """A chunk as the compiled program takes it, with room for K batches of which the first `count` are used.

    Each batch is in P parts of b texts. words: [K, P, width, b] int32, time-major. With `rows` a word is its place in that
    batch's rows, else its id; 0 is padding. rows: [K, M] int32, the rows of the embedding that each batch reads, row 0 first;
    places without a row hold `vocabulary`. labels: [K, P, b] int32. weights: [K, P, b] float32, 1 for a text and 0 where there
    is none.
    """

    words: Ids
    rows: Ids | None
    labels: NDArray[np.int32]
    weights: NDArray[np.float32]
    count: int
    full: bool  # no text is padded, so that no step needs to be masked


@dataclass(frozen=True)
class TextBatches:
    """The training part as word ids, and how it is laid out in batches.

    flat: all ids one after another. starts: [N + 1] where each text begins in `flat`. labels: [N] int32.
    """

    flat: Ids
    starts: NDArray[np.int64]
    labels: NDArray[np.int32]
    widths: tuple[int, ...]  # ascending; the last takes every text
    batch_size: int
    seed: int
    left: bool
    vocabulary: int
    steps_a_call: int
    all_full: bool  # whether every text is as long as the one width
    touches_rows: bool  # whether a batch reads so few rows of the embedding that moving only those is faster
    room_for_rows: dict[int, int] = field(default_factory=dict)  # width -> rows that a batch of it may read

    @classmethod
    def lay_out(cls, spec: ModelSpec, train_spec: TrainSpec, texts: Sequence[Ids], labels: NDArray[np.int64]) -> TextBatches:
        """The batches of these texts, each already cut to `time_steps`."""
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        widths = widths_for(lengths, spec) if pads_freely(spec) else (spec.time_steps,)
        work = train_spec.batch_size * widths[-1] * _multiplications_a_word(spec)
        flat = np.concatenate([*texts, np.zeros(0, np.int32)]).astype(np.int32)
        few = _rows_a_batch(flat, len(texts), train_spec.batch_size) * ROW_COST < spec.vocabulary
        return cls(
            flat=flat,
            starts=starts,
            labels=labels.astype(np.int32),
            widths=widths,
            batch_size=train_spec.batch_size,
            seed=train_spec.seed,
            left=spec.padding == "left",
            vocabulary=spec.vocabulary,
            all_full=len(widths) == 1 and bool((lengths == widths[0]).all()),
            touches_rows=few and adam.can_catch_up(train_spec.learning_rate, train_spec.weight_decay),
            steps_a_call=int(np.clip(WORK_A_CALL // work, 1, STEPS_A_CALL)),
        )

    @property
    def parts(self) -> int:
        """Parts of a batch."""
        return PARTS if self.batch_size >= PARTS * SMALLEST_PART else 1

    def epoch(self, number: int) -> list[Chunk]:
        """The chunks of one epoch, each text once; the same for the same seed and number."""
        rng = np.random.default_rng([self.seed, number])
        order = rng.permutation(len(self.labels))
        lengths = np.diff(self.starts)[order]
        bucket = np.searchsorted(self.widths, lengths)
        chunks: list[Chunk] = []
        left_over = np.zeros(0, np.int64)
        for place, width in enumerate(self.widths):
            # What does not fill a batch goes to the next width; only the widest has a batch that is not full.
            rows = np.concatenate([left_over, order[bucket == place]])
            full = len(rows) if place == len(self.widths) - 1 else len(rows) // self.batch_size * self.batch_size
            rows, left_over = rows[:full], rows[full:]
            missing = -len(rows) % self.batch_size
            batches = np.concatenate([rows, np.full(missing, -1)]).reshape(-1, self.batch_size)
            chunks += [
                Chunk(width, part) for part in np.split(batches, range(self.steps_a_call, len(batches), self.steps_a_call))
            ]
        chunks = [chunk for chunk in chunks if len(chunk.rows)]
        return [chunks[place] for place in rng.permutation(len(chunks))]

    def arrays(self, chunk: Chunk) -> ChunkArrays:
        """The chunk's words, labels and weights, padded to `steps_a_call` batches."""
        spare = self.steps_a_call - len(chunk.rows)
        chosen = np.pad(chunk.rows, [(0, spare), (0, -self.batch_size % self.parts)], constant_values=-1)
        chosen = chosen.reshape(len(chosen), self.parts, -1)
        taken = np.maximum(chosen, 0).reshape(-1)
        lengths = np.where(chosen.reshape(-1) >= 0, self.starts[taken + 1] - self.starts[taken], 0)
        ids = padded(self.flat, self.starts[taken], lengths, chunk.width, self.left).reshape(*chosen.shape, chunk.width)
        ids = np.ascontiguousarray(ids.swapaxes(2, 3))
        words, rows = self._places(ids, chunk.width) if self.touches_rows else (ids, None)
        labels = np.where(chosen >= 0, self.labels[np.maximum(chosen, 0)], 0).astype(np.int32)
        return ChunkArrays(words, rows, labels, (chosen >= 0).astype(np.float32), len(chunk.rows), self.all_full)

    def _places(self, ids: Ids, width: int) -> tuple[Ids, Ids]:
        """Each word's place among the rows that its batch reads, and those rows, [K, M]."""
        read = _rows_read(ids, self.vocabulary)
        place = np.cumsum(read, axis=1, dtype=np.int32) - 1
        most = int(place[:, -1].max()) + 1
        if most > self.room_for_rows.get(width, 0):
            # A little more than is needed now: a larger array would have to be compiled anew.
            self.room_for_rows[width] = min(int(most * 1.15) // 64 * 64 + 64, self.vocabulary)
        rows = np.full((len(ids), self.room_for_rows[width]), self.vocabulary, dtype=np.int32)
        batch, row = np.nonzero(read)
        rows[batch, place[batch, row]] = row
        return np.take_along_axis(place, ids.reshape(len(ids), -1), axis=1).reshape(ids.shape), rows


def _rows_read(ids: Ids, vocabulary: int) -> NDArray[np.bool_]:
    """Whether a batch reads a row, [K, vocabulary]; row 0 counts as read by every batch."""
    read = np.zeros((len(ids), vocabulary), dtype=bool)
    read[np.arange(len(ids))[:, None], ids.reshape(len(ids), -1)] = True
    read[:, PADDING_ID] = True
    return read


def padded(flat: Ids, starts: NDArray[np.int64], lengths: NDArray[np.int64], width: int, left: bool) -> Ids:
    """Texts of at most `width` words as one array [N, width], zeros on the left or the right."""
    place = np.arange(width)[None, :] - (width - lengths[:, None] if left else 0)
    present = (place >= 0) & (place < lengths[:, None])
    ids = np.full(present.shape, PADDING_ID, dtype=np.int32)
    ids[present] = flat[(starts[:, None] + place)[present]]
    return ids


def _rows_a_batch(flat: Ids, texts: int, batch_size: int) -> float:
    """Different words that a batch is expected to hold: Σ over words of 1 - (1 - batch / N)^(texts with the word)."""
    share = min(1.0, batch_size / max(1, texts))
    return float((1 - (1 - share) ** np.bincount(flat)).sum())


def pads_freely(spec: ModelSpec) -> bool:
    """Whether more or less padding leaves the answer as it is, so that a batch need not be `time_steps` wide."""
    return spec.mask and spec.kind != "dense"


def widths_for(lengths: NDArray[np.int64], spec: ModelSpec) -> tuple[int, ...]:
    """The few widths that cost least, padding and compilation together; each a multiple of 4 or the longest text."""
    longest = int(lengths.max(initial=1))
    candidates = sorted({min(longest, -(-int(q) // 4) * 4) for q in np.quantile(lengths, np.linspace(0.1, 1, 19))} | {longest})
    candidates = [width for width in candidates if width > 0]
    texts_up_to = np.searchsorted(np.sort(lengths), candidates, side="right")
    relative = POSITIONS_A_WIDTH * _multiplications_a_word(ModelSpec()) / _multiplications_a_word(spec) / PAY_BACK_EPOCHS
    # best[i]: (cost, widths) of all texts up to candidates[i], the last width being candidates[i].
    best: list[tuple[float, tuple[int, ...]]] = []
    for i, width in enumerate(candidates):
        options: list[tuple[float, tuple[int, ...]]] = [(float(texts_up_to[i]) * width, (width,))]
        options += [
            (cost + relative + float(texts_up_to[i] - texts_up_to[j]) * width, (*chosen, width))
            for j, (cost, chosen) in enumerate(best)
            if len(chosen) < WIDTHS_AT_MOST
        ]
        best.append(min(options))
    return best[-1][1]


def _multiplications_a_word(spec: ModelSpec) -> int:
    """Roughly, forward and backward, of one word of one text."""
    gates = {"gru": 3, "lstm": 4}.get(spec.kind, 1)
    directions = 2 if spec.bidirectional else 1
    if spec.kind == "bag_of_words":
        return 3 * spec.features
    if spec.kind == "transformer":
        return 3 * spec.features * (4 * spec.features + 2 * spec.units + 2 * spec.time_steps)
    if spec.kind in ("conv1d", "dense"):
        return 3 * spec.features * spec.units * (spec.kernel_size if spec.kind == "conv1d" else 1)
    first = spec.units * (spec.features + spec.units)
    upper = (spec.layers - 1) * spec.units * (directions * spec.units + spec.units)
    return 3 * gates * directions * (first + upper)


def slices(count: int, size: int) -> Iterator[slice]:
    """0…count in pieces of at most `size`."""
    for first in range(0, count, size):
        yield slice(first, min(first + size, count))
