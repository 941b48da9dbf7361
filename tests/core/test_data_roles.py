"""Role sentences: counting words is worth exactly 50 %, and what is held out was never seen."""

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest

from rnn_core.data.roles import (
    ADJECTIVES,
    ANIMALS,
    LABEL_NAMES,
    LENGTHS,
    OPENINGS,
    PERSONS,
    VERBS,
    role_sentences,
    twins,
    voice,
)
from rnn_core.data.texts import DataError
from rnn_core.data.tokens import tokenize

PERSON = {form: number for number, forms in enumerate(PERSONS) for form in forms}
ANIMAL = {form: number for number, forms in enumerate(ANIMALS) for form in forms}
VERB = {form: number for number, forms in enumerate(VERBS) for form in forms}


@pytest.fixture(scope="module")
def sentences():
    return role_sentences()


def parts(sentences):
    return sentences.train, sentences.unseen_pairs, sentences.unseen_lengths


def only(words, known):
    """The number of the one word of `known` in a sentence, openings and all."""
    found = {known[word] for word in words if word in known}
    assert len(found) == 1, words
    return found.pop()


def test_every_bag_of_words_has_both_labels_equally_often(sentences):
    for part in parts(sentences):
        counts = defaultdict(Counter)
        for text, label in zip(part.texts, part.labels, strict=True):
            counts[tuple(sorted(tokenize(text)))][int(label)] += 1
        assert all(count[0] == count[1] for count in counts.values())


def test_twins_are_one_sentence_with_its_roles_swapped(sentences):
    for part in parts(sentences):
        assert len(set(part.texts)) == len(part)
        assert np.array_equal(part.labels[::2], 1 - part.labels[1::2])
    first, second = twins(sentences.unseen_pairs, 12345)
    assert Counter(first.split()) == Counter(second.split())
    assert first != second
    assert voice(first) == voice(second)


def test_the_label_is_who_was_acted_upon(sentences):
    """Read off again by the grammar: the object of an active sentence, the subject of a passive one."""
    for part in parts(sentences):
        for text, label in zip(part.texts[:2000], part.labels, strict=False):
            actors = [word for word in text.split() if word in PERSON or word in ANIMAL]
            acted_upon = actors[1] if voice(text) == "active" else actors[0]
            assert LABEL_NAMES[label] == ("person" if acted_upon in PERSON else "animal")


def test_held_out_actors_never_met_in_training_nor_had_their_verb(sentences):
    met, did = set(), set()
    words_seen = set()
    for part in (sentences.train, sentences.unseen_lengths):
        for text in part.texts:
            words = text.split()
            person, animal, verb = only(words, PERSON), only(words, ANIMAL), only(words, VERB)
            met.add((person, animal))
            did |= {("person", person, verb), ("animal", animal, verb)}
    for text in sentences.train.texts:
        words_seen.update(text.split())
    for text in sentences.unseen_pairs.texts:
        words = text.split()
        person, animal, verb = only(words, PERSON), only(words, ANIMAL), only(words, VERB)
        assert (person, animal) not in met
        assert not {("person", person, verb), ("animal", animal, verb)} & did
        assert set(words) <= words_seen  # each word itself was learned
    assert len(met) == sentences.rules.pairs_seen == 500
    assert sentences.rules.pairs_held_out == 125


@pytest.mark.parametrize("seed", range(5))
def test_the_pages_first_pair_is_always_held_out(seed):
    part = role_sentences(train=1000, held_out=2, seed=seed).train
    assert not any({"dog", "man"} <= set(text.split()) for text in part.texts)


def test_whole_lengths_are_held_out_and_the_lengths_vary(sentences):
    seen = {len(text.split()) for text in sentences.train.texts}
    assert seen == set(sentences.rules.lengths_seen) == {len(text.split()) for text in sentences.unseen_pairs.texts}
    assert {len(text.split()) for text in sentences.unseen_lengths.texts} == set(sentences.rules.lengths_held_out)
    assert seen | set(sentences.rules.lengths_held_out) == set(LENGTHS) == set(range(3, 21))
    assert {voice(text) for text in sentences.train.texts} == {"active", "passive"}


def test_the_numbers_that_the_page_promises(sentences):
    assert len(set(PERSON) | set(ANIMAL)) == 100  # 50 actors, singular and plural
    assert len(VERBS) == len(set(VERBS)) >= 30
    own = set(PERSON) | set(ANIMAL) | set(VERB) | {"was", "were", "by"}
    assert not own & {word for opening in OPENINGS for word in opening.split()}
    assert not own & set(ADJECTIVES)
    assert len(sentences.train) == 8000
    assert len(sentences.unseen_pairs) == len(sentences.unseen_lengths) == 2000


def test_articles_agree(sentences):
    for text in sentences.train.texts:
        words = text.split()
        for article, following in pairwise(words):
            if article in ("a", "an"):
                assert (article == "an") == (following[0] in "aeiou"), text


def test_the_same_seed_gives_the_same_sentences():
    first, second, other = (role_sentences(200, 20, seed) for seed in (3, 3, 4))
    assert first.train.texts == second.train.texts
    assert first.unseen_pairs.texts == second.unseen_pairs.texts
    assert first.train.texts != other.train.texts


def test_for_fit_holds_out_the_unseen_pairs(sentences):
    texts = sentences.for_fit()
    assert texts.held_out is not None
    assert tuple(texts.texts[row] for row in texts.held_out) == sentences.unseen_pairs.texts
    assert texts.report is not None
    assert texts.report.majority_share == 0.5
    assert texts.report.exact_duplicates == texts.report.conflicting_texts == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"train": 3},
        {"held_out": 0},
        {"held_out_lengths": ()},
        {"held_out_lengths": range(3, 21)},
        {"held_out_lengths": [2]},
        {"held_out_lengths": range(4, 21), "train": 2},  # 1,500 held-out sentences of 3 words exist, 2,000 are asked for
    ],
)
def test_impossible_sets_are_refused(wrong):
    with pytest.raises(DataError):
        role_sentences(**wrong)
