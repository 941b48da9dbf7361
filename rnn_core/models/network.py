"""A trained network in NumPy: word ids in, probabilities out, for every kind of `ModelSpec`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.models.blas import one_blas_thread
from rnn_core.models.feedforward import pooled_vectors, transformer_prefixes
from rnn_core.models.scan import PreparedCell, Scan, active_texts, pool, prepare_cell, scan
from rnn_core.models.weights import Array, Weights, pooled_width, recurrent_prefixes
from rnn_core.spec import PADDING_ID, ModelSpec

Ids = NDArray[np.int32]
Tables = dict[str, Array]  # prefix of a layer in the lowest place -> embeddings · kernel + bias, [V, G·U]
Lengths = NDArray[np.int64]  # words a text, [B]
Source = NDArray[Any]  # what a layer reads, time-major: word ids [T, B] or numbers [T, B, D]
FOLDED_LIMIT = 16_000_000  # numbers of embeddings · kernel, 64 MB; more is not worth its memory
CHUNK_LIMIT = 1_000_000  # numbers of one layer's states over a batch, 4 MB: what a processor's cache holds


@dataclass(frozen=True, eq=False)
class Network:
    """The forward pass of one trained model.

    A text is a vector of word ids [T]; only its first `time_steps` words are read. With `mask` it is read unpadded, which is
    what a masked Keras model does with padding; without, it is padded to `time_steps` and the padding is read as well.
    """

    spec: ModelSpec
    weights: Weights
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
        with one_blas_thread():
            logits = (rows @ self.weights["output/kernel"]).reshape(len(pooled), self.spec.outputs) + self.weights["output/bias"]
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
        tables = self._tables(sum(map(len, windows)))
        body = partial(self._recurrent, tables=tables) if self.spec.is_recurrent else self._feedforward
        return self._by_length(windows, body, pooled_width(self.spec))

    def pooled_prefixes(self, text: Ids) -> Array:
        """What the output layer sees of the first word, of the first two, and so on: [T, P] for one text [T]."""
        spec, read = self.spec, text[: self.spec.time_steps]
        if not (spec.mask and len(read)) or (spec.bidirectional and spec.layers > 1):
            return self.pooled([read[: end + 1] for end in range(len(read))])
        if spec.kind == "transformer":
            with one_blas_thread():
                return transformer_prefixes(spec, self.weights, self.weights["embeddings"][read])
        if not spec.is_recurrent:
            return self.pooled([read[: end + 1] for end in range(len(read))])
        scans = self.layer_scans(read)
        forward = self._parts_of_prefixes(scans["recurrent_2/" if spec.layers > 1 else ""].sequence())
        if not spec.bidirectional:
            return np.concatenate(forward, axis=1)
        # Backwards each prefix is a reading of its own, from its last word to the first.
        prefixes = [read[end::-1] for end in range(len(read))]
        joined = self._by_length(prefixes, self._backward_alone, len(forward) * spec.units)
        backward = np.split(joined, len(forward), axis=1)
        return np.concatenate([part for pair in zip(forward, backward, strict=True) for part in pair], axis=1)

    def pooled_features(self, features: Array) -> Array:
        """The same for numeric input: features [N, time_steps, D] -> [N, P]."""
        parts = [np.zeros((0, pooled_width(self.spec)), dtype=np.float32)]
        with one_blas_thread():
            for first in range(0, len(features), size := self._chunk_size(self.spec.time_steps)):
                part = np.asarray(features[first : first + size], dtype=np.float32)
                lengths = np.full(len(part), self.spec.time_steps, dtype=np.int64)
                if self.spec.is_recurrent:
                    parts.append(self._recurrent(np.ascontiguousarray(part.swapaxes(0, 1)), lengths, {}))
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
        with one_blas_thread():
            for layer in self._layers():
                for prefix in layer:
                    backward = prefix.startswith("backward")
                    result = self._scan(prefix, source[::-1] if backward else source, lengths, True, {})
                    scans[prefix] = result.reversed() if backward else result
                source = np.concatenate([scans[prefix].sequences() for prefix in layer], axis=-1)
        return scans

    def _by_length(self, texts: Sequence[Ids], body: Callable[[Source, Lengths], Array], width: int) -> Array:
        """body(ids [L, B], lengths [B]) -> [B, width] over chunks of texts of like length, put back in order: [N, width]."""
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        order = np.argsort(-lengths, kind="stable")
        results = np.zeros((len(texts), width), dtype=np.float32)
        with one_blas_thread():
            for rows in self._chunks(order, lengths):
                if lengths[rows[0]] == 0 and self.spec.kind != "dense":
                    break  # texts without words stand last, and their vector is zero
                results[rows] = body(_stacked([texts[row] for row in rows]), lengths[rows])
        return results

    def _feedforward(self, ids: Source, lengths: Lengths) -> Array:
        return pooled_vectors(self.spec, self.weights, ids.T, lengths)

    def _recurrent(self, source: Source, lengths: Lengths, tables: Tables) -> Array:
        """source: ids [L, B] or features [L, B, D] -> [B, P]."""
        layers = self._layers()
        for layer in layers[:-1]:
            below = [self._one_way(prefix, source, lengths, True, tables).sequences() for prefix in layer]
            source = np.concatenate([below[0], *(_reversed(states, lengths) for states in below[1:])], axis=-1)
        parts = [self._parts(self._one_way(prefix, source, lengths, self._pools, tables), lengths) for prefix in layers[-1]]
        return np.concatenate([part for same in zip(*parts, strict=True) for part in same], axis=1)

    def _backward_alone(self, reversed_ids: Source, lengths: Lengths) -> Array:
        return np.concatenate(self._parts(self._scan("backward/", reversed_ids, lengths, self._pools, {}), lengths), axis=1)

    def _one_way(self, prefix: str, source: Source, lengths: Lengths, keep: bool, tables: Tables) -> Scan:
        """One layer in one direction; a backward layer's states come in the order in which it read."""
        return self._scan(prefix, _reversed(source, lengths) if prefix.startswith("backward") else source, lengths, keep, tables)

    @property
    def _pools(self) -> bool:
        return self.spec.pooling not in ("last", "every")

    def _parts(self, result: Scan, lengths: Lengths) -> list[Array]:
        """What one direction of the top layer gives to the output layer, each [B, U]."""
        if not self._pools:
            return [result.last]
        mean, greatest = pool(result.sequences(), lengths)
        return {"mean": [mean], "max": [greatest]}.get(self.spec.pooling, [mean, greatest])

    def _parts_of_prefixes(self, states: Array) -> list[Array]:
        """The same for every prefix of one text that is read forward: states [T, U] -> each [T, U]."""
        if not self._pools:
            return [states]
        count = np.arange(1, len(states) + 1)[:, None]
        mean = (np.cumsum(states, axis=0, dtype=np.float64) / count).astype(np.float32)
        greatest = np.maximum.accumulate(states, axis=0)
        return {"mean": [mean], "max": [greatest]}.get(self.spec.pooling, [mean, greatest])

    def _scan(self, prefix: str, source: Source, lengths: Lengths, keep: bool, tables: Tables) -> Scan:
        cell = self._cell(prefix)
        active = active_texts(lengths).tolist()
        single = len(lengths) == 1
        table = tables.get(prefix)
        if table is not None and not single:
            return scan(cell, (table.take(ids[:n], axis=0) for ids, n in zip(source, active, strict=True)), lengths, keep)
        values = self.weights["embeddings"][source] if source.ndim == 2 else source
        if single:
            return scan(cell, values[:, 0] @ cell.kernel + cell.bias, lengths, keep)
        return scan(cell, (x[:n] @ cell.kernel + cell.bias for x, n in zip(values, active, strict=True)), lengths, keep)

    def _cell(self, prefix: str) -> PreparedCell:
        if prefix not in self._cells:
            self._cells[prefix] = prepare_cell(self.spec, self.weights, prefix)
        return self._cells[prefix]

    def _tables(self, words: int) -> Tables:
        """What every word of the vocabulary adds to the gates, where that is less work than to compute it for `words` words."""
        if not self.spec.is_recurrent or words < self.spec.vocabulary:
            return {}
        cells = {prefix: self._cell(prefix) for prefix in self._layers()[0]}
        if self.spec.vocabulary * sum(len(cell.bias) for cell in cells.values()) > FOLDED_LIMIT:
            return {}
        with one_blas_thread():
            return {prefix: self.weights["embeddings"] @ cell.kernel + cell.bias for prefix, cell in cells.items()}

    def _layers(self) -> list[list[str]]:
        """Prefixes of the directions of each recurrent layer, the lowest first."""
        prefixes = [prefix for prefix, _ in recurrent_prefixes(self.spec)]
        directions = len(prefixes) // self.spec.layers
        return [prefixes[first : first + directions] for first in range(0, len(prefixes), directions)]

    def _chunks(self, order: NDArray[np.int64], lengths: Lengths) -> Iterator[NDArray[np.int64]]:
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


def _stacked(texts: Sequence[Ids]) -> NDArray[np.intp]:
    """Texts of falling length side by side: [T, B], zeros below their ends."""
    ids = np.zeros((len(texts), len(texts[0])), dtype=np.intp)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    return np.ascontiguousarray(ids.T)


def _reversed(values: Source, lengths: Lengths) -> Source:
    """Each text from its last step to its first: [T, B] or [T, B, D], what lies beyond a text's end undefined."""
    if lengths[0] == lengths[-1]:
        return values[::-1]
    steps = np.maximum(lengths - 1 - np.arange(len(values))[:, None], 0)
    return np.asarray(values[steps, np.arange(len(lengths))])
