"""Baselines against scikit-learn's own pipelines, and the verdict in each of its cases."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from rnn_core.data.texts import LabelledTexts
from rnn_core.data.tokens import tokenize
from rnn_core.estimates import share
from rnn_core.training.baselines import Baseline, BaselineError, baselines, difference, verdict
from rnn_core.training.evaluation import evaluate

WORDS = ["good", "great", "fine", "bad", "awful", "poor", "film", "plot", "actor", "scene", "and", "the", "but", "not", "very"]


def labelled(count: int, seed: int, labels: int = 2) -> LabelledTexts:
    """Texts whose labels lean on some words, so that no baseline is right always."""
    rng = np.random.default_rng(seed)
    answers = rng.integers(0, labels, count)
    leaning = np.ones((labels, len(WORDS)))
    for label in range(labels):
        leaning[label, label * 3 : label * 3 + 3] += 2
    texts = [" ".join(rng.choice(WORDS, size=6, p=leaning[label] / leaning[label].sum())) for label in answers]
    return LabelledTexts(tuple(texts), answers.astype(np.int64), tuple(f"label {k}" for k in range(labels)))


@pytest.fixture(scope="module")
def parts() -> tuple[LabelledTexts, LabelledTexts]:
    return labelled(600, 0), labelled(300, 1)


def test_the_bags_of_words_answer_as_scikit_learns_pipelines_do(parts) -> None:
    train, held_out = parts
    settings = {"tokenizer": tokenize, "token_pattern": None, "ngram_range": (1, 2), "min_df": 2}
    expected = {
        "logistic_regression": make_pipeline(
            TfidfVectorizer(**settings, sublinear_tf=True), LogisticRegression(C=10.0, solver="liblinear", max_iter=1000)
        ),
        "naive_bayes": make_pipeline(CountVectorizer(**settings), MultinomialNB()),
    }
    results = {baseline.kind: baseline for baseline in baselines(train, held_out)}
    for kind, pipeline in expected.items():
        predicted = pipeline.fit(train.texts, train.labels).predict(held_out.texts)
        np.testing.assert_array_equal(results[kind].correct, predicted == held_out.labels)
        assert results[kind].accuracy == share(int((predicted == held_out.labels).sum()), len(held_out))
        assert results[kind].seconds > 0


def test_the_majority_is_that_of_the_training_part() -> None:
    train = LabelledTexts(("a b", "a c", "b c"), np.array([1, 1, 0]), ("no", "yes"))
    held_out = LabelledTexts(("a", "b", "c", "d"), np.array([0, 0, 0, 1]), ("no", "yes"))
    assert baselines(train, held_out)[2].accuracy.value == 0.25


def test_many_labels_are_learned_too() -> None:
    results = baselines(labelled(900, 2, labels=5), labelled(300, 3, labels=5))
    assert results[0].accuracy.value > 2 * results[2].accuracy.value
    assert results[1].accuracy.value > 2 * results[2].accuracy.value


def test_nothing_is_learned_from_the_held_out_part(parts) -> None:
    train, held_out = parts
    longer = LabelledTexts((*held_out.texts, *["good"] * 50), np.append(held_out.labels, [1] * 50), held_out.label_names)
    for alone, joined in zip(baselines(train, held_out), baselines(train, longer), strict=True):
        np.testing.assert_array_equal(alone.correct, joined.correct[: len(held_out)])


def test_a_handful_of_texts_without_a_repeated_word_still_has_baselines() -> None:
    train = LabelledTexts(("good", "bad"), np.array([1, 0]), ("no", "yes"))
    held_out = LabelledTexts(("good good", "bad"), np.array([1, 0]), ("no", "yes"))
    assert [baseline.accuracy.value for baseline in baselines(train, held_out)] == [1.0, 1.0, 0.5]


@pytest.mark.parametrize(
    ("texts", "labels"), [((), []), (("a", "b"), [1, 1]), (("\u200b", "\u200b"), [0, 1])], ids=["none", "one label", "no word"]
)
def test_what_cannot_be_fitted_is_refused_in_a_sentence(texts, labels) -> None:
    train = LabelledTexts(texts, np.array(labels, dtype=np.int64), ("no", "yes"))
    with pytest.raises(BaselineError, match=r"^\S.*\.$"):
        baselines(train, LabelledTexts(("a",), np.array([0]), ("no", "yes")))


def test_a_baseline_survives_json(parts) -> None:
    for before in baselines(*parts):
        after = Baseline.from_dict(json.loads(json.dumps(before.to_dict())))
        assert after.to_dict() == before.to_dict()
        np.testing.assert_array_equal(after.correct, before.correct)


def judged(own: list[int], rival: list[int]):
    """An evaluation and baselines that are right (1) on these texts of alternating labels."""
    labels = np.arange(len(own)) % 2
    right = np.array(own) == 1
    probabilities = np.where((right == (labels == 1))[:, None], [[0.2, 0.8]], [[0.8, 0.2]])
    correct = np.array(rival) == 1
    regression = Baseline("logistic_regression", share(int(correct.sum()), len(correct)), 1.0, correct)
    majority = Baseline("majority", share(len(own) // 2, len(own)), 0.0, labels == 0)
    return evaluate(probabilities, labels, ("no", "yes")), (regression, majority)


def test_the_verdict_says_who_wins_and_whether_by_chance() -> None:
    evaluation, results = judged([1] * 800 + [0] * 200, [1] * 880 + [0] * 120)
    assert verdict(evaluation, results) == (
        "The bag of words wins by 8.0 points, more than chance explains: of 1,000 held-out texts the network "
        "answers 80.0 % rightly, logistic regression on words and word pairs 88.0 %."
    )
    assert difference(evaluation, results[0]).value == pytest.approx(-0.08)
    assert verdict(*judged([1] * 880 + [0] * 120, [1] * 800 + [0] * 200)).startswith("The network wins by 8.0 points")
    close = verdict(*judged([1] * 80 + [0] * 20, [0] + [1] * 80 + [0] * 19))
    assert close.startswith("A draw")
    near = verdict(*judged([1] * 78 + [0] * 22, [0] * 5 + [1] * 75 + [0] * 20))
    assert near.startswith("Too close to call")
    assert "the network ahead by 3.0 points, which is within chance" in near


def test_the_verdict_warns_of_a_network_no_better_than_the_majority() -> None:
    text = verdict(*judged([1] * 52 + [0] * 48, [1] * 80 + [0] * 20))
    assert "not clearly better than always answering the most frequent label (50.0 %)" in text
