"""The bundled models are small, and as good on texts that they never saw as they say they are."""

import numpy as np
import pytest

from rnn_core.bundled import FOLDER, bundled, bundled_untrained, example_reviews, held_out_texts, record
from rnn_core.data.samples import load_sample
from rnn_core.data.split import split_texts
from rnn_core.data.tokens import Vocabulary, tokenize
from rnn_core.spec import RECURRENT_KINDS, TrainSpec


@pytest.fixture(scope="module")
def reviews():
    return load_sample("short_reviews")


@pytest.mark.parametrize("kind", RECURRENT_KINDS)
def test_the_recorded_accuracy_is_what_predict_proba_gives(kind, reviews):
    model = bundled(kind)
    train_spec = TrainSpec.from_dict(model.notes["train_spec"])
    _, rows = split_texts(reviews, train_spec.held_out, train_spec.seed)
    held_out = reviews.subset(rows)
    right = model.predict_proba(held_out.texts).argmax(axis=1) == held_out.labels
    accuracy = model.notes["accuracy"]
    assert len(rows) == model.notes["held_out"]
    assert right.mean() == pytest.approx(accuracy["value"], abs=2 / len(rows))  # two texts may stand on the fence
    assert 0.70 < accuracy["low"] < accuracy["value"] < accuracy["high"] < 0.85


def test_the_vocabulary_was_learned_from_the_training_part_alone(reviews):
    train_spec = TrainSpec.from_dict(bundled().notes["train_spec"])
    rows, _ = split_texts(reviews, train_spec.held_out, train_spec.seed)
    expected = Vocabulary.learn([tokenize(reviews.texts[row]) for row in rows], limit=2_400)
    assert bundled().vocabulary == expected


def test_they_are_tiny_and_one_of_each_kind():
    assert [bundled(kind).spec.kind for kind in RECURRENT_KINDS] == list(RECURRENT_KINDS)
    assert all(8 <= bundled(kind).spec.units <= 16 for kind in RECURRENT_KINDS)
    files = [path for path in FOLDER.glob("reviews*") if path.suffix in (".npz", ".json")]
    assert len(files) == 5  # three trained, what they started from, and what is said of them
    assert sum(path.stat().st_size for path in files) < 200_000


def test_the_example_reviews_are_real_and_were_not_trained_on(reviews):
    train_spec = TrainSpec.from_dict(bundled().notes["train_spec"])
    _, rows = split_texts(reviews, train_spec.held_out, train_spec.seed)
    assert [len(tokenize(text)) for text in example_reviews()] == [10, 100, 300]
    for example in record()["examples"]:
        assert load_sample(example["sample"]).texts[example["row"]] == example["text"]
        assert example["sample"] != "short_reviews" or example["row"] in rows


def test_weights_are_finite_and_read_without_pickle():
    for kind in RECURRENT_KINDS:
        assert all(np.isfinite(array).all() for array in bundled(kind).weights.values())


def test_the_untrained_ones_know_nothing_and_the_held_out_texts_are_those_of_the_split(reviews):
    held_out = held_out_texts()
    _, rows = split_texts(reviews, 0.2, 0)
    assert held_out.texts == reviews.subset(rows).texts
    for kind in RECURRENT_KINDS:
        untrained, trained = bundled_untrained(kind), bundled(kind)
        assert untrained.spec == trained.spec
        accuracy = (untrained.predict_proba(held_out.texts).argmax(axis=1) == held_out.labels).mean()
        assert abs(accuracy - 0.5) < 0.06
        assert np.abs(untrained.weights["embeddings"]).max() < 0.051  # as Keras draws them
