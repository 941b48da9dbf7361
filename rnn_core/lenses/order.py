"""What the order of the words is worth to a network: its accuracy on texts as written and on the same words in other orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import tokenize
from rnn_core.estimates import Estimate
from rnn_core.lenses.order_intervals import mean_difference, mean_distance, mean_share
from rnn_core.models.network import Ids

Numbers = NDArray[np.float64]
ORDERS = ("shuffled", "reversed", "neighbours_swapped")
FEWEST_TEXTS = 10  # below, an interval would span nearly everything
SHUFFLES = 20
_AT_ONCE = 1_000  # reordered texts between two words of progress


class OrderError(ValueError):
    """Texts that the order meter cannot measure; the message says what it needs."""


@dataclass(frozen=True)
class PerOrder:
    """One number for each way in which the words are put into another order."""

    shuffled: Estimate
    reversed: Estimate
    neighbours_swapped: Estimate


@dataclass(frozen=True)
class OrderScore:
    """Accuracy on the same N texts in four orders, and what each change of the order costs.

    lost: how much more often the text as written is answered rightly, a paired difference. moved: mean distance between the
    answer to the reordered text and the answer to the text as written, ½ Σ |p − q| over the labels; with two labels that is by
    how much the probability moves.
    """

    as_written: Estimate
    shuffled: Estimate
    reversed: Estimate
    neighbours_swapped: Estimate
    lost: PerOrder
    moved: PerOrder
    texts: int
    one_word: int  # of them, texts of at most one word: no order to change
    shuffles: int
    seed: int
    largest_move: float  # of any answer in any order; 0 for a model that cannot see the order

    def to_dict(self) -> dict[str, Any]:
        """Every number by name, as JSON knows it."""
        plain = {name: value for name, value in vars(self).items() if isinstance(value, (int, float))}
        orders = {name: value.to_dict() for name, value in vars(self).items() if isinstance(value, Estimate)}
        nested = {
            name: {order: estimate.to_dict() for order, estimate in vars(getattr(self, name)).items()}
            for name in ("lost", "moved")
        }
        return {**orders, **nested, **plain}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The score that `to_dict` gave."""

        def per_order(of: dict[str, Any]) -> PerOrder:
            return PerOrder(**{order: Estimate.from_dict(of[order]) for order in ORDERS})

        known: dict[str, Any] = {name: values[name] for name in ("texts", "one_word", "shuffles", "seed", "largest_move")}
        known |= {name: Estimate.from_dict(values[name]) for name in ("as_written", *ORDERS)}
        return cls(**known, lost=per_order(values["lost"]), moved=per_order(values["moved"]))


def order_meter(
    classifier: Classifier,
    texts: Sequence[str],
    labels: ArrayLike,
    shuffles: int = SHUFFLES,
    seed: int = 0,
    *,
    groups: ArrayLike | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> OrderScore:
    """How much of the accuracy rests on the order of the words.

    Each text is answered as written, in `shuffles` uniformly random orders of its own, from its last word to its first, and
    with the first and second, third and fourth, … word exchanged. Only the words that the network reads (its first `time_steps`)
    change places, so that every order has the same words. The 95 % intervals are over the texts and over their shuffles.

    Args:
        classifier: the network.
        texts: N texts that training never saw.
        labels: [N], each an index into `classifier.label_names`.
        shuffles: random orders of each text.
        seed: of the shuffles.
        groups: [N], equal for texts that were drawn together, such as a sentence and its swap; by default each text stands alone.
        on_progress: told the share that is done, 0 to 1, several times a second; what it raises ends the measurement.

    Raises:
        OrderError: fewer than 10 texts, no text with two or more words, or a label that the network does not know.
    """
    answers = _labels(classifier, texts, labels)
    if not 1 <= shuffles <= 1_000:
        raise OrderError(f"The order meter takes 1 to 1,000 shuffles, not {shuffles}.")
    ids = [classifier.vocabulary.ids(tokenize(text))[: classifier.spec.time_steps] for text in texts]
    one_word = sum(len(words) < 2 for words in ids)
    if one_word == len(ids):
        raise OrderError("None of these texts has two or more words, so there is no order that could be changed.")
    reading = _Reading(classifier, answers, 3 + shuffles, on_progress)
    written = reading.answers(ids)
    rng = np.random.default_rng(seed)
    changed: dict[str, tuple[Numbers, Numbers]] = {
        "shuffled": reading.against(written, ([rng.permutation(words) for words in ids] for _ in range(shuffles))),
        "reversed": reading.against(written, [[words[::-1] for words in ids]]),
        "neighbours_swapped": reading.against(written, [[swap_neighbours(words) for words in ids]]),
    }
    right, drawn = reading.right(written), np.arange(len(ids)) if groups is None else np.asarray(groups)
    shares = {order: mean_share(share, drawn) for order, (share, _) in changed.items()}
    return OrderScore(
        as_written=mean_share(right, drawn),
        shuffled=shares["shuffled"],
        reversed=shares["reversed"],
        neighbours_swapped=shares["neighbours_swapped"],
        lost=PerOrder(**{order: _lost(right - share, moved, drawn) for order, (share, moved) in changed.items()}),
        moved=PerOrder(**{order: mean_distance(moved, drawn) for order, (_, moved) in changed.items()}),
        texts=len(ids),
        one_word=one_word,
        shuffles=shuffles,
        seed=seed,
        largest_move=reading.largest_move,
    )


def swap_neighbours(words: Ids) -> Ids:
    """The first and second word exchanged, the third and fourth, and so on; the last of an odd number stays."""
    swapped = words.copy()
    even = len(words) // 2 * 2
    swapped[:even] = words[:even].reshape(-1, 2)[:, ::-1].ravel()
    return swapped


def _labels(classifier: Classifier, texts: Sequence[str], labels: ArrayLike) -> NDArray[np.int64]:
    answers = np.asarray(labels)
    if len(texts) < FEWEST_TEXTS:
        raise OrderError(
            f"{len(texts)} {'text is' if len(texts) == 1 else 'texts are'} too few to measure what order is worth: bring at "
            f"least {FEWEST_TEXTS} with their labels."
        )
    if answers.shape != (len(texts),) or not np.issubdtype(answers.dtype, np.integer):
        raise OrderError("The order meter needs one whole number as the label of each text.")
    if answers.min() < 0 or answers.max() >= len(classifier.label_names):
        raise OrderError(f"Labels must be 0 to {len(classifier.label_names) - 1}: the network knows no others.")
    return answers.astype(np.int64)


def _lost(difference: Numbers, moved: Numbers, drawn: NDArray[Any]) -> Estimate:
    """The paired difference; where no answer moved by a single bit in any order, it is nothing, and not by chance."""
    return mean_difference(difference, drawn) if moved.any() else Estimate(0.0, 0.0, 0.0)


class _Reading:
    """Answers to all texts in one order after another, with progress over all orders."""

    def __init__(
        self, classifier: Classifier, labels: NDArray[np.int64], orders: int, on_progress: Callable[[float], None] | None
    ) -> None:
        self._network = classifier.network
        self._labels = labels
        self._on_progress = on_progress
        self._total = orders * len(labels)
        self._done = 0
        self.largest_move = 0.0

    def answers(self, ids: Sequence[Ids]) -> NDArray[np.float32]:
        """Probabilities [N, K]."""
        parts = []
        for start in range(0, len(ids), _AT_ONCE):
            parts.append(self._network.probabilities(ids[start : start + _AT_ONCE]))
            self._done += len(parts[-1])
            if self._on_progress is not None:
                self._on_progress(self._done / self._total)
        return np.concatenate(parts)

    def right(self, probabilities: NDArray[np.float32]) -> Numbers:
        """1 where the answer is the label, else 0: [N]."""
        return np.asarray(probabilities.argmax(axis=1) == self._labels, dtype=np.float64)

    def against(self, written: NDArray[np.float32], orders: Iterable[Sequence[Ids]]) -> tuple[Numbers, Numbers]:
        """How often each text is right [N], and how far its answer moves from `written` [N]: means over these orders."""
        right, moved, count = np.zeros(len(written)), np.zeros(len(written)), 0
        for ids in orders:
            probabilities = self.answers(ids)
            distance = np.abs(probabilities.astype(np.float64) - written).sum(axis=1) / 2
            self.largest_move = max(self.largest_move, float(distance.max()))
            right, moved, count = right + self.right(probabilities), moved + distance, count + 1
        return right / count, moved / count
