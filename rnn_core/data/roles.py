"""Generated sentences of who did what to whom: the set in which only the order of the words tells the label.

Each sentence has one person and one animal and is labelled by which of the two was acted upon. Each stands in the set with
its roles swapped as well ("the dog bit the man", "the man bit the dog"), so every bag of words occurs under both labels
equally often and counting words is worth exactly 50 %.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rnn_core.data.report import with_report
from rnn_core.data.texts import DataError, LabelledTexts

LABEL_NAMES = ("animal", "person")  # who was acted upon
Voice = Literal["active", "passive"]
_VOICES: tuple[Voice, Voice] = ("active", "passive")

# Singular and plural. The first person, animal and verb are those of the page's first pair; they are always held out together.
PERSONS: tuple[tuple[str, str], ...] = (
    ("man", "men"), ("woman", "women"), ("boy", "boys"), ("girl", "girls"), ("sailor", "sailors"),
    ("farmer", "farmers"), ("teacher", "teachers"), ("doctor", "doctors"), ("nurse", "nurses"), ("baker", "bakers"),
    ("hunter", "hunters"), ("painter", "painters"), ("dancer", "dancers"), ("soldier", "soldiers"), ("pilot", "pilots"),
    ("singer", "singers"), ("student", "students"), ("lawyer", "lawyers"), ("waiter", "waiters"), ("gardener", "gardeners"),
    ("judge", "judges"), ("king", "kings"), ("thief", "thieves"), ("child", "children"), ("actor", "actors"),
)  # fmt: skip
ANIMALS: tuple[tuple[str, str], ...] = (
    ("dog", "dogs"), ("cat", "cats"), ("wolf", "wolves"), ("horse", "horses"), ("goat", "goats"),
    ("bear", "bears"), ("fox", "foxes"), ("goose", "geese"), ("monkey", "monkeys"), ("lion", "lions"),
    ("tiger", "tigers"), ("donkey", "donkeys"), ("camel", "camels"), ("bull", "bulls"), ("pig", "pigs"),
    ("owl", "owls"), ("eagle", "eagles"), ("parrot", "parrots"), ("otter", "otters"), ("elephant", "elephants"),
    ("zebra", "zebras"), ("rabbit", "rabbits"), ("badger", "badgers"), ("swan", "swans"), ("mule", "mules"),
)  # fmt: skip
VERBS: tuple[tuple[str, str], ...] = (  # past, past participle
    ("bit", "bitten"), ("saw", "seen"), ("chased", "chased"), ("followed", "followed"), ("shook", "shaken"),
    ("woke", "woken"), ("heard", "heard"), ("found", "found"), ("caught", "caught"), ("kicked", "kicked"),
    ("pushed", "pushed"), ("pulled", "pulled"), ("carried", "carried"), ("scared", "scared"), ("attacked", "attacked"),
    ("watched", "watched"), ("rescued", "rescued"), ("helped", "helped"), ("fed", "fed"), ("hit", "hit"),
    ("beat", "beaten"), ("threw", "thrown"), ("knew", "known"), ("forgot", "forgotten"), ("chose", "chosen"),
    ("took", "taken"), ("trapped", "trapped"), ("surprised", "surprised"), ("held", "held"), ("hid", "hidden"),
)  # fmt: skip
ADJECTIVES: tuple[str, ...] = (
    "old", "young", "hungry", "angry", "tired", "small", "tall", "quiet", "clever", "nervous", "lonely", "happy", "brave",
    "gentle", "proud", "sleepy", "curious", "lazy", "thin", "strong",
)  # fmt: skip
OPENINGS: tuple[str, ...] = (
    "", "yesterday", "suddenly", "finally", "last night", "this morning", "long ago", "in the morning", "near the river",
    "after the storm", "early in the evening", "on a dark street", "at the village fair", "on the way to town",
    "at the end of summer", "not far from the harbour", "in the middle of the night", "on the road to the city",
    "on the other side of town", "on the first warm day of spring", "while the rain fell on the roofs",
    "at the edge of the deep forest", "as the sun went down behind the hills", "a few minutes after the end of lunch",
    "when nobody else in the street looked up", "just before the first snow of the long winter",
    "on the far side of the bridge near town", "in the second week of a very dry august",
)  # fmt: skip

LENGTHS = tuple(range(3, 21))  # words that a sentence can have
HELD_OUT_LENGTHS = (8, 11, 16, 17, 18, 19, 20)  # two in between, to interpolate, and all from 16 on, to extrapolate
_REPEATS = 1_000  # in a row, after which no new sentence is to be expected
_GROUPS = 5  # of persons, animals and verbs; a held-out sentence takes all three from one group, a training sentence never two


@dataclass(frozen=True)
class RoleRules:
    """The numbers by which the sentences were made."""

    persons: int
    animals: int
    verbs: int
    adjectives: int
    openings: int
    lengths_seen: tuple[int, ...]  # words a sentence, in training
    lengths_held_out: tuple[int, ...]
    pairs_seen: int  # of a person and an animal that may meet in training
    pairs_held_out: int  # that never meet in training


@dataclass(frozen=True)
class RoleSentences:
    """A training part and two parts that training never sees. In each, rows 2k and 2k + 1 are one sentence and its swap."""

    train: LabelledTexts
    unseen_pairs: LabelledTexts  # actors that never met in training, with a verb that training had with neither of them
    unseen_lengths: LabelledTexts  # pairs and verbs as in training, in sentences of lengths that training never had
    rules: RoleRules

    def for_fit(self) -> LabelledTexts:
        """The training part and, as its fixed held-out rows, the unseen pairs."""
        labels = np.concatenate([self.train.labels, self.unseen_pairs.labels])
        rules = self.rules
        layout = (
            f"generated: {len(self.train):,} sentences to train on and {len(self.unseen_pairs):,} held out, whose actors never "
            f"met in training; {rules.persons} persons, {rules.animals} animals, {rules.verbs} verbs"
        )
        texts = with_report(
            self.train.texts + self.unseen_pairs.texts, [LABEL_NAMES[label] for label in labels], LABEL_NAMES,
            source="roles", encoding="utf-8", layout=layout,
        )  # fmt: skip
        held_out = np.arange(len(self.train), len(labels), dtype=np.int64)
        return LabelledTexts(texts.texts, texts.labels, texts.label_names, texts.report, held_out)


def role_sentences(
    train: int = 8_000,
    held_out: int = 2_000,
    seed: int = 0,
    held_out_lengths: Sequence[int] = HELD_OUT_LENGTHS,
) -> RoleSentences:
    """Sentences of who did what to whom; the same seed gives the same sentences.

    train: sentences to train on, swaps included. held_out: sentences of each held-out part. held_out_lengths: numbers of
    words that no training sentence has.

    Raises:
        DataError: a number of sentences that is not even and between 2 and 100,000, or is more than these lengths have; lengths
            that leave nothing to train on.
    """
    seen = tuple(length for length in LENGTHS if length not in held_out_lengths)
    unseen = tuple(length for length in LENGTHS if length in held_out_lengths)
    if not seen or not unseen or len(unseen) != len(set(held_out_lengths)):
        raise DataError("The held-out lengths must be some, and not all, of 3 to 20 words.")
    for count in (train, held_out):
        if count < 2 or count % 2 or count > 100_000:
            raise DataError(f"A part has an even number of 2 to 100,000 sentences, each beside its swap, not {count}.")
    rng = np.random.default_rng(seed)
    groups = tuple(_grouped(len(words), rng) for words in (PERSONS, ANIMALS, VERBS))
    rules = RoleRules(
        len(PERSONS), len(ANIMALS), len(VERBS), len(ADJECTIVES), len(OPENINGS) - 1, seen, unseen,
        pairs_seen=sum(bool(a != b) for a, b in product(groups[0], groups[1])),
        pairs_held_out=sum(bool(a == b) for a, b in product(groups[0], groups[1])),
    )  # fmt: skip
    return RoleSentences(
        train=_part(train, seen, groups, False, rng),
        unseen_pairs=_part(held_out, seen, groups, True, rng),
        unseen_lengths=_part(held_out, unseen, groups, False, rng),
        rules=rules,
    )


def twins(part: LabelledTexts, number: int) -> tuple[str, str]:
    """One sentence of a part of `RoleSentences` and its swap; `number` counts the pairs from 0 and wraps around."""
    row = 2 * (number % (len(part) // 2))
    return part.texts[row], part.texts[row + 1]


def voice(sentence: str) -> Voice:
    """Whether a role sentence is active ("the dog bit the man") or passive ("the man was bitten by the dog")."""
    return "passive" if "by" in sentence.split() else "active"


@dataclass(frozen=True)
class _Form:
    """The shape of a sentence, all but its actors, verb and adjectives."""

    voice: Voice
    plural: bool
    article: bool  # before each actor
    adjectives: tuple[int, int]  # before the first and before the second actor
    opening: int  # words of the opening

    @property
    def length(self) -> int:
        return self.opening + 2 * (1 + self.article) + sum(self.adjectives) + (3 if self.voice == "passive" else 1)


@cache
def _forms() -> dict[tuple[int, Voice], list[_Form]]:
    """The forms by the number of words and the voice."""
    forms: dict[tuple[int, Voice], list[_Form]] = defaultdict(list)
    openings = sorted({len(opening.split()) for opening in OPENINGS})
    for chosen, plural, article, first, second, opening in product(
        _VOICES, (False, True), (False, True), range(3), range(3), openings
    ):
        if article or plural:
            form = _Form(chosen, plural, article, (first, second), opening)
            forms[form.length, chosen].append(form)
    return forms


def _grouped(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A group for each of `count` words, all groups of one size, the first word always in group 0."""
    groups = np.arange(count) % _GROUPS
    groups[1:] = rng.permutation(groups[1:])
    return groups


def _part(
    count: int, lengths: tuple[int, ...], groups: tuple[NDArray[np.int64], ...], held_out: bool, rng: np.random.Generator
) -> LabelledTexts:
    texts: dict[str, int] = {}
    repeats = 0
    while len(texts) < count:
        length = lengths[rng.integers(len(lengths))]
        voices = [v for v in _VOICES if _forms().get((length, v))]
        forms = _forms()[length, voices[rng.integers(len(voices))]]
        form = forms[rng.integers(len(forms))]
        pair = list(_pair(form, _actors_and_verb(groups, held_out, rng), rng))
        repeats = repeats + 1 if pair[0][0] in texts else 0
        if not repeats:
            texts.update(pair if rng.random() < 0.5 else pair[::-1])
        elif repeats > _REPEATS:
            raise DataError(
                f"There are not {count:,} different sentences of {', '.join(map(str, lengths))} words; ask for fewer."
            )
    return LabelledTexts(tuple(texts), np.array(list(texts.values()), dtype=np.int64), LABEL_NAMES)


def _actors_and_verb(groups: tuple[NDArray[np.int64], ...], held_out: bool, rng: np.random.Generator) -> tuple[int, int, int]:
    """A person, an animal and a verb, all of one group (held out), or of three different groups (training)."""
    of_person, of_animal, of_verb = rng.choice(_GROUPS, size=3, replace=False) if not held_out else [rng.integers(_GROUPS)] * 3
    person, animal, verb = (
        int(rng.choice(np.flatnonzero(group == wanted)))
        for group, wanted in zip(groups, (of_person, of_animal, of_verb), strict=True)
    )
    return person, animal, verb


def _pair(form: _Form, chosen: tuple[int, int, int], rng: np.random.Generator) -> Iterator[tuple[str, int]]:
    """A sentence and its swap, each with its label: the whole noun phrases change places, so both have the same words."""
    person, animal, verb = chosen
    used = rng.permutation(len(ADJECTIVES))[: sum(form.adjectives)]
    adjectives = [ADJECTIVES[number] for number in used]
    phrases = (
        _noun_phrase(PERSONS[person][form.plural], adjectives[: form.adjectives[0]], form, rng),
        _noun_phrase(ANIMALS[animal][form.plural], adjectives[form.adjectives[0] :], form, rng),
    )
    openings = [opening for opening in OPENINGS if len(opening.split()) == form.opening]
    opening = openings[rng.integers(len(openings))]
    past, participle = VERBS[verb]
    middle = past if form.voice == "active" else f"{'were' if form.plural else 'was'} {participle} by"
    for first, second in (phrases, phrases[::-1]):
        acted_upon = second if form.voice == "active" else first
        yield (
            f"{opening} {first} {middle} {second}".strip(),
            LABEL_NAMES.index("person" if acted_upon is phrases[0] else "animal"),
        )


def _noun_phrase(noun: str, adjectives: list[str], form: _Form, rng: np.random.Generator) -> str:
    words = [*adjectives, noun]
    if form.article:
        definite = form.plural or rng.random() < 0.5
        words.insert(0, "the" if definite else "an" if words[0][0] in "aeiou" else "a")
    return " ".join(words)
