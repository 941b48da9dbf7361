"""The order meter: exactly nothing for models that cannot see order, and intervals that cover on a model with known answers."""

import math

import numpy as np
import pytest

from rnn_core.classifier import Classifier
from rnn_core.estimates import paired_difference, share
from rnn_core.lenses.order import OrderError, OrderScore, order_meter, swap_neighbours
from rnn_core.lenses.order_intervals import mean_difference, mean_share
from tests.core.small import TEXT, WORDS, small_classifier

ORDER_BLIND = [{"kind": "bag_of_words"}, {"kind": "transformer", "positions": False, "features": 4, "heads": 2}]
ORDERS = ("shuffled", "reversed", "neighbours_swapped")


def random_texts(count, rng, least=4, most=10):
    return [" ".join(rng.choice(WORDS, rng.integers(least, most + 1))) for _ in range(count)]


def last_word_reader():
    """Answers label 1 where the last word is one of the first four, by a SimpleRNN that keeps nothing of the words before."""
    model = small_classifier(units=1, features=1)
    weights = {name: np.zeros_like(array) for name, array in model.weights.items()}
    weights["embeddings"][2:, 0] = [1, 1, 1, 1, -1, -1, -1, -1]
    weights["kernel"][:], weights["output/kernel"][:] = 5.0, 50.0
    return Classifier(model.spec, model.vocabulary, model.label_names, weights)


@pytest.mark.parametrize(("settings", "labels"), [(ORDER_BLIND[0], 2), (ORDER_BLIND[0], 3), (ORDER_BLIND[1], 2)])
def test_order_blind_kinds_differ_by_exactly_nothing_over_1000_permutations(settings, labels):
    model = small_classifier(labels=labels, **settings)
    rng = np.random.default_rng(0)
    texts = random_texts(10, rng)
    score = order_meter(model, texts, rng.integers(labels, size=10), shuffles=1_000)
    assert score.largest_move == 0.0
    for order in ORDERS:
        assert getattr(score, order).value == score.as_written.value
        for change in (getattr(score.lost, order), getattr(score.moved, order)):
            assert (change.value, change.low, change.high) == (0, 0, 0)


@pytest.mark.parametrize("kind", ["simple_rnn", "gru", "lstm", "dense", "conv1d", "transformer"])
def test_every_other_kind_is_moved_by_order(kind):
    model = small_classifier(kind=kind, features=4, **({"heads": 2} if kind == "transformer" else {}))
    rng = np.random.default_rng(0)
    score = order_meter(model, random_texts(12, rng), rng.integers(2, size=12))
    assert score.largest_move > 1e-3
    assert score.moved.shuffled.value > 1e-4


def test_each_order_is_the_one_it_says():
    """A reader of the last word alone sees the last word, the first, the one before the last, and any of them."""
    model = last_word_reader()
    texts = ["good a", "a good", "good good", "a was"] * 3  # the first four words of WORDS say label 1, "a" and "was" label 0
    labels = [0, 1, 1, 0] * 3
    score = order_meter(model, texts, labels, shuffles=200)
    assert score.as_written.value == 1
    assert score.reversed.value == score.neighbours_swapped.value == 0.5  # two of the four have the same word at both ends
    assert score.shuffled.value == pytest.approx(0.75, abs=0.03)
    assert score.lost.reversed.value == 0.5
    assert score.moved.reversed.value == pytest.approx(0.5, abs=1e-3)


def test_neighbours_are_swapped_in_pairs_and_an_odd_last_word_stays():
    assert swap_neighbours(np.arange(5)).tolist() == [1, 0, 3, 2, 4]
    assert swap_neighbours(np.arange(1)).tolist() == [0]


def test_only_words_that_are_read_change_places():
    model = small_classifier(time_steps=3, kind="bag_of_words")
    texts = ["good bad film the the the the", "bad a very good good"] * 6
    assert order_meter(model, texts, [0, 1] * 6).largest_move == 0.0


def test_the_intervals_cover_on_a_model_with_known_answers():
    """Texts of half, three quarters or all right words: as written 80 % end on the right one, shuffled as many as are right."""
    model, rng = last_word_reader(), np.random.default_rng(5)
    right_words, wrong_words = WORDS[:4], WORDS[4:]
    truth = {"as_written": 0.8, "shuffled": 0.7, "lost": 0.1}
    hits = dict.fromkeys(truth, 0)
    repeats, texts_each = 200, 60
    for _ in range(repeats):
        texts = []
        for share_right in rng.choice([0.5, 0.75, 1.0], p=[0.4, 0.4, 0.2], size=texts_each):
            count = round(4 * share_right)
            # 80 % over all texts: those without a wrong word always end right
            last_right = rng.random() < (1.0 if share_right == 1 else 0.75)
            words = [*rng.choice(right_words, count - last_right), *rng.choice(wrong_words, 4 - count - (not last_right))]
            rng.shuffle(words)
            texts.append(" ".join([*words, rng.choice(right_words if last_right else wrong_words)]))
        score = order_meter(model, texts, np.ones(texts_each, dtype=int), shuffles=5, seed=int(rng.integers(2**31)))
        for name, estimate in (("as_written", score.as_written), ("shuffled", score.shuffled), ("lost", score.lost.shuffled)):
            hits[name] += estimate.low <= truth[name] <= estimate.high
    for name, hit in hits.items():  # 95 %, give or take three standard errors of 200 repeats
        assert 0.904 <= hit / repeats <= 0.996, (name, hit)


def test_the_intervals_cover_where_texts_were_drawn_in_pairs():
    """Both of a pair are right or both wrong: there are half as many independent texts as texts."""
    rng, hits = np.random.default_rng(6), {"pairs": 0, "alone": 0}
    for _ in range(400):
        values = np.repeat(rng.random(40) < 0.7, 2).astype(float)
        for name, groups in (("pairs", np.arange(80) // 2), ("alone", np.arange(80))):
            estimate = mean_share(values, groups)
            hits[name] += estimate.low <= 0.7 <= estimate.high
    assert 0.92 <= hits["pairs"] / 400 <= 0.98
    assert hits["alone"] / 400 < 0.9


def test_one_reading_of_single_texts_gives_wilson_and_agresti_min():
    rng = np.random.default_rng(1)
    first, second = rng.random(4_000) < 0.8, rng.random(4_000) < 0.7
    alone = np.arange(4_000)
    for ours, known in (
        (mean_share(first.astype(float), alone), share(int(first.sum()), 4_000)),
        (mean_difference(first.astype(float) - second, alone), paired_difference(first, second)),
    ):
        assert ours.value == pytest.approx(known.value)
        assert ours.low == pytest.approx(known.low, abs=1e-4)
        assert ours.high == pytest.approx(known.high, abs=1e-4)


def test_the_same_seed_gives_the_same_numbers_and_json_keeps_them():
    model, rng = small_classifier(), np.random.default_rng(2)
    texts, labels = random_texts(30, rng), rng.integers(2, size=30)
    score = order_meter(model, texts, labels, seed=3)
    assert score == order_meter(model, texts, labels, seed=3)
    assert score.moved.shuffled != order_meter(model, texts, labels, seed=4).moved.shuffled
    assert OrderScore.from_dict(score.to_dict()) == score


def test_progress_rises_to_one_and_may_end_the_measurement():
    told = []
    order_meter(small_classifier(), [TEXT] * 20, [0, 1] * 10, shuffles=4, on_progress=told.append)
    assert told == sorted(told)
    assert math.isclose(told[-1], 1)

    def enough(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        order_meter(small_classifier(), [TEXT] * 20, [0, 1] * 10, on_progress=enough)


@pytest.mark.parametrize(
    ("texts", "labels", "sentence"),
    [
        ([TEXT] * 3, [0, 1, 0], "3 texts are too few"),
        ([TEXT], [0], "1 text is too few"),
        ([], [], "0 texts are too few"),
        (["good"] * 20, [0, 1] * 10, "no order that could be changed"),
        (["", "good"] * 10, [0, 1] * 10, "no order that could be changed"),
        ([TEXT] * 20, [0, 2] * 10, "Labels must be 0 to 1"),
        ([TEXT] * 20, [0, 1], "one whole number"),
        ([TEXT] * 20, ["a", "b"] * 10, "one whole number"),
    ],
)
def test_what_cannot_be_measured_gets_a_sentence(texts, labels, sentence):
    with pytest.raises(OrderError, match=sentence):
        order_meter(small_classifier(), texts, labels)


def test_texts_of_one_word_among_others_are_counted():
    score = order_meter(small_classifier(), [TEXT, "good"] * 10, [0, 1] * 10)
    assert (score.texts, score.one_word) == (20, 10)
