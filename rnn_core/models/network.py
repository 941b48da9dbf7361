"""A trained network in NumPy: word ids in, probabilities out, for every kind of `ModelSpec`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.models.feedforward import pooled_vectors
from rnn_core.models.scan import Array, PreparedCell, Scan, active_texts, prepare_cell, scan
from rnn_core.models.weights import Weights, pooled_width, recurrent_prefixes
from rnn_core.spec import PADDING_ID, ModelSpec

Ids = NDArray[np.int32]
Source = NDArray[Any]  # what a layer reads, time-major: word ids [T, B] or numbers [T, B, D]
FOLDED_LIMIT = 16_000_000  # numbers of an embedding · kernel table, 64 MB; a larger one is not worth its memory
CHUNK_LIMIT = 1_000_000  # numbers of one layer's states over a batch, 4 MB: what a processor's cache holds


@dataclass(frozen=True)
class Network:
    """The forward pass of one trained model.

    A text is a vector of word ids [T]; only its first `time_steps` words are read. With `mask` it is read unpadded, which is
    what a masked Keras model does with padding; without, it is padded to `time_steps` and the padding is read as well.
    """

    spec: ModelSpec
    weights: Weights
    _folded: dict[str, Array] = field(default_factory=dict, repr=False, compare=False)
    _cells: dict[str, PreparedCell] = field(default_factory=dict, repr=False, compare=False)

    def probabilities(self, texts: Sequence[Ids]) -> Array:
        """float32 [N, K], one row a text; a model with `pooling="every"` answers at its last step."""
        return self.output(self.pooled(texts))

    def probabilities_of_features(self, features: Array) -> Array:
        """float32 [N, K] for a model with numeric input; features: [N, time_steps, D]."""
        return self.output(self.pooled_features(features))

    def output(self, pooled: Array) -> Array:
        """The output layer: pooled [N, P] -> probabilities float32 [N, K]."""
        # One product a row where order must make no difference: in one large product a row's last bit depends on its neighbours.
        rows = pooled[:, None, :] if self.is_order_blind else pooled
        logits = (rows @ self.weights["output/kernel"]).reshape(len(pooled), -1) + self.weights["output/bias"]
        if self.spec.labels == 2:
            positive = np.float32(0.5) * np.tanh(np.float32(0.5) * logits) + np.float32(0.5)
            return np.concatenate([1 - positive, positive], axis=1)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)

    @property
    def is_order_blind(self) -> bool:
        """Whether the order of the words cannot matter: ids are then sorted first, so that it does not in the last bit either."""
        return self.spec.kind == "bag_of_words" or (self.spec.kind == "transformer" and not self.spec.positions)

    def pooled(self, texts: Sequence[Ids]) -> Array:
        """What the output layer sees of each text: [N, P]."""
        windows = [self.window(text) for text in texts]
        if self.is_order_blind:
            windows = [np.sort(window) for window in windows]
        lengths = np.array([len(window) for window in windows], dtype=np.int64)
        order = np.argsort(-lengths, kind="stable")
        fold = self._worth_folding(int(lengths.sum()))
        pooled = np.zeros((len(texts), pooled_width(self.spec)), dtype=np.float32)
        for rows in self._chunks(order, lengths):
            if lengths[rows[0]] == 0 and self.spec.kind != "dense":
                break  # empty texts stand last and their vector is zero
            ids = _stacked([windows[row] for row in rows])
            if self.spec.is_recurrent:
                pooled[rows] = self._recurrent(ids, lengths[rows], fold)
            else:
                pooled[rows] = pooled_vectors(self.spec, self.weights, ids.T, lengths[rows])
        return pooled

    def pooled_features(self, features: Array) -> Array:
        """The same for numeric input: features [N, time_steps, D] -> [N, P]."""
        parts = [np.zeros((0, pooled_width(self.spec)), dtype=np.float32)]
        for first in range(0, len(features), size := self._chunk_size(self.spec.time_steps)):
            part = np.asarray(features[first : first + size], dtype=np.float32)
            lengths = np.full(len(part), self.spec.time_steps, dtype=np.int64)
            if self.spec.is_recurrent:
                parts.append(self._recurrent(np.ascontiguousarray(part.swapaxes(0, 1)), lengths, fold=False))
            else:
                parts.append(pooled_vectors(self.spec, self.weights, part, lengths))
        return np.concatenate(parts)

    def window(self, text: Ids) -> Ids:
        """The ids that are read: the first `time_steps`, padded to as many where padding is not masked."""
        read = text[: self.spec.time_steps]
        if self.spec.mask:
            return read
        missing = self.spec.time_steps - len(read)
        return np.pad(read, (missing, 0) if self.spec.padding == "left" else (0, missing), constant_values=PADDING_ID)

    def layer_scans(self, ids: Ids) -> dict[str, Scan]:
        """Every recurrent layer over one window of ids [T]: prefix of its weights' names -> its states [T, 1, U].

        A backward layer's states stand at the words after which they were reached: at t it has read the end down to word t.
        """
        source: Source = ids[:, None]
        lengths = np.array([len(ids)])
        scans: dict[str, Scan] = {}
        for layer in self._layers():
            for prefix in layer:
                result = self._scan(prefix, source[::-1] if prefix.startswith("backward") else source, lengths, True, False)
                if prefix.startswith("backward") and result.states is not None:
                    result = Scan(result.last, result.states[::-1], None if result.cells is None else result.cells[::-1])
                scans[prefix] = result
            source = np.concatenate([states for prefix in layer if (states := scans[prefix].states) is not None], axis=-1)
        return scans

    def pool_prefixes(self, states: Array) -> Array:
        """What the output layer of a forward network sees after each step: states [T, U] -> [T, P]."""
        if self.spec.pooling in ("last", "every"):
            return states
        mean = np.cumsum(states, axis=0, dtype=np.float64) / np.arange(1, len(states) + 1)[:, None]
        greatest = np.maximum.accumulate(states, axis=0)
        parts = {"mean": [mean], "max": [greatest], "mean_max": [mean, greatest]}[self.spec.pooling]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def _recurrent(self, source: Source, lengths: NDArray[np.int64], fold: bool) -> Array:
        """source: ids [T, B] or features [T, B, D] -> [B, P]."""
        layers = self._layers()
        for number, layer in enumerate(layers, start=1):
            top = number == len(layers)
            keep = not top or self.spec.pooling not in ("last", "every")
            scans = [
                self._scan(prefix, _reversed(source, lengths) if prefix.startswith("backward") else source, lengths, keep, fold)
                for prefix in layer
            ]
            if not top:
                states = [result.states for result in scans if result.states is not None]
                source = np.concatenate([states[0], *(_reversed(other, lengths) for other in states[1:])], axis=-1)
        if self.spec.pooling in ("last", "every"):
            return np.concatenate([result.last for result in scans], axis=1)
        pools = [_pool(result.states, lengths) for result in scans if result.states is not None]
        means, maxima = [mean for mean, _ in pools], [greatest for _, greatest in pools]
        return np.concatenate({"mean": means, "max": maxima, "mean_max": means + maxima}[self.spec.pooling], axis=1)

    def _scan(self, prefix: str, source: Source, lengths: NDArray[np.int64], keep: bool, fold: bool) -> Scan:
        cell = self._cell(prefix)
        active = active_texts(lengths).tolist()
        single = len(lengths) == 1
        if source.ndim == 2 and (fold or prefix in self._folded):
            table = self._table(prefix)
            rows: Iterable[Array] = (
                table[source[:, 0]] if single else (table[ids[:n]] for ids, n in zip(source, active, strict=True))
            )
            return scan(cell, rows, lengths, keep)
        values = self.weights["embeddings"][source] if source.ndim == 2 else source
        if single:
            return scan(cell, values[:, 0] @ cell.kernel + cell.bias, lengths, keep)
        return scan(cell, (x[:n] @ cell.kernel + cell.bias for x, n in zip(values, active, strict=True)), lengths, keep)

    def _cell(self, prefix: str) -> PreparedCell:
        if prefix not in self._cells:
            self._cells[prefix] = prepare_cell(self.spec, self.weights, prefix)
        return self._cells[prefix]

    def _table(self, prefix: str) -> Array:
        """embeddings · kernel + bias, [V, G·U]: what every word adds to the gates, computed once."""
        if prefix not in self._folded:
            cell = self._cell(prefix)
            self._folded[prefix] = self.weights["embeddings"] @ cell.kernel + cell.bias
        return self._folded[prefix]

    def _worth_folding(self, words: int) -> bool:
        columns = self.weights["kernel"].shape[1] if self.spec.is_recurrent else 0
        return 0 < self.spec.vocabulary * columns <= FOLDED_LIMIT and words >= self.spec.vocabulary

    def _layers(self) -> list[list[str]]:
        """Prefixes of the directions of each recurrent layer, the lowest first."""
        prefixes = [prefix for prefix, _ in recurrent_prefixes(self.spec)]
        directions = len(prefixes) // self.spec.layers
        return [prefixes[first : first + directions] for first in range(0, len(prefixes), directions)]

    def _chunks(self, order: NDArray[np.int64], lengths: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """Rows of like length, the longest first; of the same length where a text attends to itself or has no order."""
        first = 0
        edges = [len(order)]
        if self.spec.kind in ("transformer", "bag_of_words"):
            edges = [*(np.flatnonzero(np.diff(lengths[order])) + 1).tolist(), len(order)]
        for edge in edges:
            while first < edge:
                end = min(edge, first + self._chunk_size(int(lengths[order[first]])))
                yield order[first:end]
                first = end

    def _chunk_size(self, length: int) -> int:
        spec = self.spec
        width = {"dense": spec.time_steps * spec.features, "transformer": length * (spec.heads * length + spec.units)}.get(
            spec.kind, length * max(spec.features, spec.units)
        )
        return max(1, min(512, CHUNK_LIMIT // max(1, width)))


def _stacked(texts: Sequence[Ids]) -> Ids:
    """Texts of falling length side by side: [T, B], zeros below their ends."""
    ids = np.zeros((len(texts), len(texts[0])), dtype=np.int32)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    return np.ascontiguousarray(ids.T)


def _reversed(values: Source, lengths: NDArray[np.int64]) -> Source:
    """Each text from its last step to its first: [T, B] or [T, B, D], what lies beyond a text's end undefined."""
    if lengths[0] == lengths[-1]:
        return values[::-1]
    steps = np.maximum(lengths - 1 - np.arange(len(values))[:, None], 0)
    return np.asarray(values[steps, np.arange(len(lengths))])


def _pool(states: Array, lengths: NDArray[np.int64]) -> tuple[Array, Array]:
    """Mean and greatest value of each unit over each text's steps: two times [B, U]; zero for an empty text."""
    if lengths[0] == lengths[-1] > 0:
        return np.asarray(states.mean(axis=0)), np.asarray(states.max(axis=0))
    total = np.zeros(states.shape[1:], dtype=np.float32)
    greatest = np.full(states.shape[1:], -np.inf, dtype=np.float32)
    for step, texts in zip(states, active_texts(lengths).tolist(), strict=True):
        np.add(total[:texts], step[:texts], total[:texts])
        np.maximum(greatest[:texts], step[:texts], greatest[:texts])
    greatest[lengths == 0] = 0
    count: Array = np.maximum(lengths, 1)[:, None].astype(np.float32)
    return total / count, greatest
