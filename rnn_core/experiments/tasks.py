"""Four tasks that ask for a memory of a chosen length: sequences drawn anew for every batch, and what no memory can reach."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from rnn_core.data.samples import load_sample
from rnn_core.data.tokens import Vocabulary, tokenize
from rnn_core.spec import FIRST_WORD_ID, PADDING_ID

TaskName = Literal["recall", "adding", "copy", "first_word"]
Filler = Literal["random", "blank"]
TASKS: tuple[TaskName, ...] = get_args(TaskName)
FILLERS: tuple[Filler, ...] = get_args(Filler)

SYMBOLS = 8
COPIED = 10  # symbols of the copy task
POSITIVE = ("wonderful", "great", "excellent", "brilliant", "superb", "perfect", "beautiful", "amazing", "fantastic", "enjoyable")
NEGATIVE = ("terrible", "awful", "horrible", "boring", "dull", "poor", "worst", "bad", "stupid", "waste")
_REVIEWS = 2_000  # long reviews that give the real words
_REAL_WORDS = 1_000
_BLANK, _MARK = FIRST_WORD_ID + SYMBOLS, FIRST_WORD_ID + SYMBOLS + 1


@dataclass(frozen=True)
class Sequences:
    """N sequences of T steps with their answers.

    inputs: int32 [N, T] ids, 0 where a step is padding; for the adding task float32 [N, T, 2]. targets: int32 [N], float32 [N]
    for adding, int32 [N, T] for copy (an answer at every step). remembered: int32 [N], the step that holds what must be
    remembered. present: bool [N, T], False where a step is padding; None where there is none.
    """

    inputs: NDArray[np.int32] | NDArray[np.float32]
    targets: NDArray[np.int32] | NDArray[np.float32]
    remembered: NDArray[np.int32]
    present: NDArray[np.bool_] | None = None


Draw = Callable[[np.random.Generator, int, int, Filler], Sequences]


@dataclass(frozen=True)
class Task:
    """A question about a sequence whose answer lies `gap` steps back.

    vocabulary: rows of the embedding, padding included; 0 where the input is two numbers a step. labels: answers to choose from;
    0 where the answer is a number.
    """

    name: TaskName
    title: str
    sentence: str
    vocabulary: int
    labels: int
    measure: Literal["accuracy", "error"]
    extra_steps: int  # of a sequence beyond its gap
    every_step: bool  # whether an answer is asked for at every step
    solved_at: float  # mean accuracy or error of 200 training steps at which training ends early
    baseline_name: str
    draw: Draw

    def steps(self, gap: int) -> int:
        """T of a sequence with this gap."""
        return gap + self.extra_steps

    def baseline(self, gap: int) -> float:
        """What can be reached without any memory: chance, or the error of the best constant or memoryless answer."""
        if self.name == "adding":
            return 1 / 6  # variance of the sum of two uniform numbers
        if self.name == "copy":  # Arjovsky, Shah and Bengio 2016, arXiv:1511.06464, section 5.1
            return COPIED * math.log(SYMBOLS) / (gap + 2 * COPIED)
        return 1 / self.labels

    def is_solved(self, score: float) -> bool:
        """Whether a mean score over 200 steps ends a training early."""
        return score >= self.solved_at if self.measure == "accuracy" else score <= self.solved_at

    def sequences(
        self, rng: np.random.Generator, count: int, gap: int, filler: Filler = "random", curriculum: bool = False
    ) -> Sequences:
        """Fresh sequences.

        curriculum: about half of them have a shorter gap, any from 1 up with equal chance, and padding before their start, so
        that what is short can be learnt first. Every kind of network gets the same sequences.
        """
        if not curriculum:
            return self.draw(rng, count, gap, filler)
        gaps = np.where(rng.random(count) < 0.5, rng.integers(1, gap + 1, size=count), gap)
        return _padded([self.draw(rng, 1, int(one), filler) for one in gaps], self.steps(gap))


def _recall(rng: np.random.Generator, count: int, gap: int, filler: Filler) -> Sequences:
    symbols = rng.integers(SYMBOLS, size=count, dtype=np.int32)
    inputs = np.full((count, gap + 2), _BLANK, dtype=np.int32)
    if filler == "random":
        inputs[:, 1:-1] = FIRST_WORD_ID + rng.integers(SYMBOLS, size=(count, gap), dtype=np.int32)
    inputs[:, 0], inputs[:, -1] = FIRST_WORD_ID + symbols, _MARK
    return Sequences(inputs, symbols, np.zeros(count, dtype=np.int32))


def _adding(rng: np.random.Generator, count: int, gap: int, filler: Filler) -> Sequences:
    """Hochreiter and Schmidhuber 1997, in the form of Arjovsky et al. 2016: one mark in each half of the series."""
    steps, rows = gap + 1, np.arange(count)
    numbers = rng.random((count, steps), dtype=np.float32)
    first, second = rng.integers(steps // 2, size=count), rng.integers(steps // 2, steps, size=count)
    marks = np.zeros((count, steps), dtype=np.float32)
    marks[rows, first] = marks[rows, second] = 1
    return Sequences(np.stack([numbers, marks], axis=2), numbers[rows, first] + numbers[rows, second], first.astype(np.int32))


def _copy(rng: np.random.Generator, count: int, gap: int, filler: Filler) -> Sequences:
    """Hochreiter and Schmidhuber 1997, as Arjovsky et al. 2016 have it: ten symbols, a gap, a mark, then the ten once more."""
    symbols = rng.integers(SYMBOLS, size=(count, COPIED), dtype=np.int32)
    inputs = np.full((count, gap + 2 * COPIED), _BLANK, dtype=np.int32)
    inputs[:, :COPIED], inputs[:, -COPIED - 1] = FIRST_WORD_ID + symbols, _MARK
    targets = np.full_like(inputs, SYMBOLS)  # "nothing" until the end
    targets[:, -COPIED:] = symbols
    return Sequences(inputs, targets, np.zeros(count, dtype=np.int32))


def _first_word(rng: np.random.Generator, count: int, gap: int, filler: Filler) -> Sequences:
    vocabulary, words = real_words()
    labels = rng.integers(2, size=count, dtype=np.int32)
    openings = np.array([vocabulary.ids(NEGATIVE), vocabulary.ids(POSITIVE)])
    starts = rng.integers(len(words) - gap, size=count)
    inputs = np.empty((count, gap + 1), dtype=np.int32)
    inputs[:, 0] = openings[labels, rng.integers(openings.shape[1], size=count)]
    inputs[:, 1:] = words[starts[:, None] + np.arange(gap)]
    return Sequences(inputs, labels, np.zeros(count, dtype=np.int32))


@cache
def real_words() -> tuple[Vocabulary, NDArray[np.int32]]:
    """A vocabulary of the most frequent words, the opening words among them, and the ids of all words of 2,000 long reviews."""
    texts = [tokenize(text) for text in load_sample("long_reviews").texts[:: 25_000 // _REVIEWS]]
    openings = (*NEGATIVE, *POSITIVE)
    learnt = Vocabulary.learn(texts, _REAL_WORDS, 1).words
    others = [word for word in learnt if word not in openings][: _REAL_WORDS - FIRST_WORD_ID - len(openings)]
    vocabulary = Vocabulary((*openings, *others))
    return vocabulary, np.concatenate([vocabulary.ids(words) for words in texts]).astype(np.int32)


def _padded(drawn: list[Sequences], steps: int) -> Sequences:
    """Sequences of different length side by side, padded before their start."""
    count, first = len(drawn), drawn[0]
    missing = np.array([steps - one.inputs.shape[1] for one in drawn], dtype=np.int32)
    inputs = np.full((count, steps, *first.inputs.shape[2:]), PADDING_ID, dtype=first.inputs.dtype)
    targets = np.full((count, *((steps,) if first.targets.ndim == 2 else ())), SYMBOLS, dtype=first.targets.dtype)
    for row, (one, start) in enumerate(zip(drawn, missing, strict=True)):
        inputs[row, start:] = one.inputs[0]
        targets[row, ...] = targets[row, ...] if targets.ndim == 2 else one.targets[0]
        if targets.ndim == 2:
            targets[row, start:] = one.targets[0]
    present = np.arange(steps) >= missing[:, None]
    return Sequences(inputs, targets, missing + np.array([one.remembered[0] for one in drawn], dtype=np.int32), present)


_IDS = _MARK + 1

TASK: dict[TaskName, Task] = {
    "recall": Task(
        "recall",
        "Recall",
        "A symbol, then a gap of other symbols or blanks, then the question: which was the first? Eight to choose from.",
        _IDS,
        SYMBOLS,
        "accuracy",
        2,
        False,
        0.995,
        "chance",
        _recall,
    ),
    "adding": Task(
        "adding",
        "Adding",
        "A long series of numbers, two of them marked, one in each half: what is the sum of the two?",
        0,
        0,
        "error",
        1,
        False,
        0.001,
        "always the mean",
        _adding,
    ),
    "copy": Task(
        "copy",
        "Copy memory",
        "Ten symbols, a gap of blanks, then a mark: say the ten symbols again, in their order.",
        _IDS,
        SYMBOLS + 1,
        "error",
        2 * COPIED,
        True,
        0.002,
        "no memory",
        _copy,
    ),
    "first_word": Task(
        "first_word",
        "First word of a real text",
        "A word of praise or blame, then real words of film reviews: was the first word praise?",
        _REAL_WORDS,
        2,
        "accuracy",
        1,
        False,
        0.995,
        "chance",
        _first_word,
    ),
}
