"""What a network must beat: bags of words, fitted on the same training part and judged on the same held-out part.

scikit-learn is imported where it computes: the web process reads results and must not wait for it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from rnn_core.data.texts import LabelledTexts
from rnn_core.data.tokens import tokenize
from rnn_core.estimates import Estimate, paired_difference, share
from rnn_core.training.evaluation import Evaluation, bits_from_text, bits_to_text

BaselineKind = Literal["logistic_regression", "naive_bayes", "majority"]
BASELINE_KINDS: tuple[BaselineKind, ...] = get_args(BaselineKind)

TITLES: dict[BaselineKind, str] = {
    "logistic_regression": "Logistic regression on words and word pairs",
    "naive_bayes": "Naive Bayes on words and word pairs",
    "majority": "Always the most frequent label",
}
# Chosen on splits of the sample reviews with seeds from 100; scikit-learn's own C = 1 is 1 to 2 points weaker with TF-IDF.
INVERSE_REGULARISATION = 10.0
LEAST_TEXTS = 2  # training texts in which a word or pair must occur


class BaselineError(ValueError):
    """Texts that no baseline can be fitted on; the message says why."""


@dataclass(frozen=True)
class Baseline:
    """One baseline's result on the held-out part.

    correct: [N] bool, in the order of the held-out rows.
    """

    kind: BaselineKind
    accuracy: Estimate
    seconds: float  # counting words, fitting and answering
    correct: NDArray[np.bool_]

    @property
    def title(self) -> str:
        """What it is, for a reader."""
        return TITLES[self.kind]

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON knows it."""
        return {
            "kind": self.kind,
            "accuracy": self.accuracy.to_dict(),
            "seconds": self.seconds,
            "correct": bits_to_text(self.correct),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The baseline that `to_dict` gave."""
        accuracy = Estimate.from_dict(values["accuracy"])
        return cls(values["kind"], accuracy, float(values["seconds"]), bits_from_text(values["correct"]))


def baselines(train_texts: LabelledTexts, held_out_texts: LabelledTexts, seed: int = 0) -> tuple[Baseline, ...]:
    """Logistic regression (TF-IDF), multinomial naive Bayes (counts) and the majority, in this order.

    Both bags of words count the network's own words (`tokenize`, nothing cut off) and pairs of neighbours that occur in at
    least two training texts. Nothing is learned from the held-out texts.

    seed: of the solver's coin, where it throws one.

    Raises:
        BaselineError: a part without texts, training texts of fewer than two labels, or none with a word in it.
    """
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.naive_bayes import MultinomialNB

    if not len(train_texts) or not len(held_out_texts):
        raise BaselineError("A baseline needs texts to fit on and held-out texts to be judged on.")
    if len(np.unique(train_texts.labels)) < 2:
        raise BaselineError("A baseline needs training texts of at least two labels.")
    start = time.perf_counter()
    train_counts, held_out_counts = _counts(train_texts.texts, held_out_texts.texts)
    counted = time.perf_counter() - start

    start = time.perf_counter()
    weighting = TfidfTransformer(sublinear_tf=True)
    train_weights, held_out_weights = weighting.fit_transform(train_counts), weighting.transform(held_out_counts)
    regression = _logistic_regression(len(np.unique(train_texts.labels)), seed).fit(train_weights, train_texts.labels)
    first = _judged("logistic_regression", regression.predict(held_out_weights), held_out_texts, counted, start)

    start = time.perf_counter()
    bayes = MultinomialNB().fit(train_counts, train_texts.labels)
    second = _judged("naive_bayes", bayes.predict(held_out_counts), held_out_texts, counted, start)

    start = time.perf_counter()
    majority = np.full(len(held_out_texts), np.bincount(train_texts.labels).argmax())
    return first, second, _judged("majority", majority, held_out_texts, 0.0, start)


def difference(evaluation: Evaluation, baseline: Baseline) -> Estimate:
    """By how much the network is right more often than the baseline, on the same held-out texts."""
    return paired_difference(evaluation.correct, baseline.correct)


def verdict(evaluation: Evaluation, results: tuple[Baseline, ...]) -> str:
    """Who wins, in plain words: the network against the better of the two bags of words."""
    bags = [baseline for baseline in results if baseline.kind != "majority"]
    best = max(bags, key=lambda baseline: baseline.accuracy.value)
    gap = difference(evaluation, best)
    own, other = f"{evaluation.accuracy.value * 100:.1f} %", f"{best.accuracy.value * 100:.1f} %"
    points = f"{abs(gap.value) * 100:.1f} points"
    rival = best.title[0].lower() + best.title[1:] if best.kind == "logistic_regression" else best.title
    figures = f"of {evaluation.count:,} held-out texts the network answers {own} rightly, {rival} {other}"
    if not gap.value:
        sentence = f"A draw: {figures}."
    elif not gap.excludes_zero:
        ahead = "the network" if gap.value > 0 else "the bag of words"
        sentence = f"Too close to call: {figures}. That puts {ahead} ahead by {points}, which is within chance."
    else:
        winner = "The network" if gap.value > 0 else "The bag of words"
        sentence = f"{winner} wins by {points}, more than chance explains: {figures}."
    if evaluation.accuracy.low <= evaluation.majority:
        sentence += (
            " The network is not clearly better than always answering the most frequent label"
            f" ({evaluation.majority * 100:.1f} %)."
        )
    return sentence


def _words_and_pairs(text: str) -> list[str]:
    words = tokenize(text)
    return words + [f"{first} {second}" for first, second in pairwise(words)]


def _counts(train: tuple[str, ...], held_out: tuple[str, ...]) -> tuple[Any, Any]:
    """Sparse counts [N_train, W] and [N_held_out, W] of the words and pairs that the training part knows."""
    from sklearn.feature_extraction.text import CountVectorizer

    counter = CountVectorizer(analyzer=_words_and_pairs, dtype=np.float64)
    try:
        counts = counter.fit_transform(train)
    except ValueError:  # scikit-learn's only word for an empty vocabulary
        raise BaselineError("None of the training texts holds a word.") from None
    texts_with = np.bincount(counts.indices, minlength=counts.shape[1])
    kept = np.flatnonzero(texts_with >= min(LEAST_TEXTS, int(texts_with.max())))
    return counts[:, kept], counter.transform(held_out)[:, kept]


def _logistic_regression(labels: int, seed: int) -> Any:
    """One label against the rest where there are more than two: a softmax over 50 labels and 10⁶ pairs would need gigabytes."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    regression = LogisticRegression(C=INVERSE_REGULARISATION, solver="liblinear", max_iter=1000, random_state=seed)
    return regression if labels == 2 else OneVsRestClassifier(regression)


def _judged(kind: BaselineKind, predicted: NDArray[np.int64], held_out: LabelledTexts, counted: float, start: float) -> Baseline:
    correct = np.asarray(predicted == held_out.labels, dtype=np.bool_)
    return Baseline(kind, share(int(correct.sum()), len(correct)), counted + time.perf_counter() - start, correct)
