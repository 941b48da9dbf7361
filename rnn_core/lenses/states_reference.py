"""The states of many real texts, against which one text's states are seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from sys import intern

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import tokenize
from rnn_core.lenses.states_source import Source, StatesError, WordStates, states_of, trace_of_ids, width_of
from rnn_core.models.network import Ids
from rnn_core.models.weights import Array

MOST_TEXTS = 1_000
MOST_WORDS = 300_000  # of all real texts together: what one answer to all of them may cost
MOST_NUMBERS = 4_000_000  # of all kept states together: 16 MB
FEWEST_TEXTS = 20


@dataclass(frozen=True, eq=False)
class RealTexts:
    """N real texts with labels, such as a run's held-out ones, as the network reads them.

    tokens: the words of each, at most `time_steps`. ids: [T] each. labels: [N] int64. seen: [N, P], what the output layer reads
    of each. right: [N], whether the network answers it rightly.
    """

    tokens: tuple[tuple[str, ...], ...]
    ids: tuple[Ids, ...]
    labels: NDArray[np.int64]
    seen: Array
    right: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True, eq=False)
class ReferenceStates:
    """The vector of one source after every word of the first M real texts, one text after the other.

    states: [S, W], S words in all, each text's in the order in which the source reads. starts: [M + 1], where each text begins.
    probabilities: [S, K], the answer so far; None for a source that reads backwards.
    """

    source: Source
    texts: RealTexts
    states: Array
    starts: NDArray[np.int64]
    probabilities: Array | None

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def labels(self) -> NDArray[np.int64]:
        """[M], of the texts whose states are kept."""
        return self.texts.labels[: len(self)]

    @property
    def final(self) -> Array:
        """[M, W], after the last word of each text."""
        return self.states[self.starts[1:] - 1]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """[S], the text that each state belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    @cached_property
    def squares(self) -> Array:
        """[S], the squared length of each state."""
        return np.asarray(np.einsum("sw,sw->s", self.states, self.states))

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """[W], the middle of all states."""
        return np.asarray(self.states.mean(axis=0, dtype=np.float64))

    @cached_property
    def covariance(self) -> NDArray[np.float64]:
        """[W, W], of all states."""
        total = np.zeros((self.states.shape[1],) * 2)
        for first in range(0, len(self.states), 8_192):
            part = self.states[first : first + 8_192] - self.mean
            total += part.T @ part
        return total / len(self.states)

    def words(self, row: int) -> tuple[str, ...]:
        """A text's words in the order in which the source reads them."""
        tokens = self.texts.tokens[row]
        return tokens[::-1] if self.source.is_backward else tokens


def real_texts(
    classifier: Classifier, texts: Sequence[str], labels: Sequence[int] | NDArray[np.int64], seed: int = 0
) -> RealTexts:
    """At most 1,000 of these texts and 300,000 words, drawn with a seed; texts without words are left out.

    Raises:
        StatesError: none of them has a word.
    """
    given = np.asarray(labels, dtype=np.int64)
    tokens: list[tuple[str, ...]] = []
    rows: list[int] = []
    words = 0
    for row in np.random.default_rng(seed).permutation(len(texts)).tolist():
        read = tuple(map(intern, tokenize(texts[row])[: classifier.spec.time_steps]))  # one word is kept once
        words += len(read)
        if len(tokens) >= MOST_TEXTS or (words > MOST_WORDS and len(tokens) >= FEWEST_TEXTS):
            break
        if read:
            tokens.append(read)
            rows.append(row)
    if not tokens:
        raise StatesError("None of these texts has a word to read.")
    ids = tuple(classifier.vocabulary.ids(read) for read in tokens)
    seen = classifier.network.pooled(ids)
    right = classifier.network.output(seen).argmax(axis=1) == given[rows]
    return RealTexts(tuple(tokens), ids, given[rows], seen, right)


def reference_states(classifier: Classifier, texts: RealTexts, source: Source) -> ReferenceStates:
    """The source's vector after every word of as many of the texts as may be kept."""
    spec = classifier.spec
    rereads = not spec.is_recurrent or not spec.mask or spec.bidirectional  # each prefix is then a reading of its own
    budget = MOST_NUMBERS // (4 if rereads else 1)
    found: list[WordStates] = []
    numbers = 0
    for tokens, ids in zip(texts.tokens, texts.ids, strict=True):
        numbers += len(ids) * width_of(spec, source) * (1 + len(ids) // 50 if rereads else 1)
        if numbers > budget and len(found) >= FEWEST_TEXTS:
            break
        found.append(states_of(classifier, trace_of_ids(classifier, ids, tokens), source))
    answers = [one.probabilities for one in found if one.probabilities is not None]
    return ReferenceStates(
        source=source,
        texts=texts,
        states=np.concatenate([one.states for one in found]),
        starts=np.concatenate([[0], np.cumsum([len(one.states) for one in found])]),
        probabilities=np.concatenate(answers) if answers else None,
    )
