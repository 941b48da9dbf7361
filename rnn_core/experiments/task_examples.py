"""One sequence of each task as a reader sees it: the very numbers that a network is given, as letters and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_core.bundled import example_reviews
from rnn_core.data.tokens import tokenize
from rnn_core.experiments.tasks import COPIED, POSITIVE, SYMBOLS, TASK, TaskName
from rnn_core.spec import FIRST_WORD_ID

LETTERS = "ABCDEFGH"
BLANK, QUESTION = "·", "?"


@dataclass(frozen=True)
class Example:
    """What is read step by step, which of the steps must be remembered, and the answer."""

    steps: tuple[str, ...]
    remembered: frozenset[int]
    answer: str


def example(task: TaskName, gap: int = 6, seed: int = 0) -> Example:
    """A sequence of this task with this gap; of the task in real text one with the opening words of a real review."""
    if task == "first_word":
        words = tokenize(example_reviews()[1])[:gap]
        return Example((POSITIVE[seed % len(POSITIVE)], *words), frozenset({0}), "praise")
    drawn = TASK[task].sequences(np.random.default_rng(seed), 1, gap)
    if task == "adding":
        numbers, marks = drawn.inputs[0].T
        marked = frozenset(np.flatnonzero(marks).tolist())
        return Example(tuple(f"{number:.2f}" for number in numbers), marked, f"{float(drawn.targets[0]):.2f}")
    steps = tuple(map(_sign, drawn.inputs[0].tolist()))
    if task == "copy":
        return Example(steps, frozenset(range(COPIED)), " ".join(_letters(drawn.targets[0, -COPIED:].tolist())))
    return Example(steps, frozenset({0}), LETTERS[int(drawn.targets[0])])


def _sign(word: int) -> str:
    place = word - FIRST_WORD_ID
    return LETTERS[place] if place < SYMBOLS else (BLANK, QUESTION)[place - SYMBOLS]


def _letters(symbols: Sequence[int]) -> list[str]:
    return [LETTERS[symbol] for symbol in symbols]
