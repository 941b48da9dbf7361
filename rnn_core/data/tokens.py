"""Texts to words, and words to the ids that an embedding knows."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rnn_core.data.texts import DataError
from rnn_core.spec import FIRST_WORD_ID, LIMITS, UNKNOWN_ID

LONGEST_WORD = 100  # characters; a longer run of letters is no word and never enters a vocabulary


def _bmp_combining_marks() -> str:
    """The combining marks as the inside of a character class: `re` has no `\\p{M}` and does not count them as letters."""
    ranges: list[list[int]] = []
    for code in range(0x300, 0x10000):
        if unicodedata.category(chr(code))[0] == "M":
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


_MARKS = _bmp_combining_marks()
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # written without spaces: one word a character
_LETTER = rf"(?:[^\W_{_CJK}]|[{_MARKS}\u200c\u200d])"
_SKIN_TONES = "\U0001f3fb-\U0001f3ff"
_FLAG = "[\U0001f1e6-\U0001f1ff]"
_INVISIBLE = "\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff"

_TOKEN = re.compile(
    rf"[0-9]+(?:[.,][0-9]+)+(?!{_LETTER})"  # 3.5 and 1,000
    rf"|(?:[^\W_{_CJK}]){_LETTER}*(?:'[^\W_{_CJK}]{_LETTER}*)*"  # words, don't and rock'n'roll among them
    rf"|[{_CJK}][{_MARKS}]*"
    rf"|{_FLAG}{_FLAG}"
    r"|\.{2,3}|-{2,3}|!{2,3}|\?{2,3}|\*{2,3}|={2,3}|_{2,3}|~{2,3}"
    rf"|(?:[^\w\s{_INVISIBLE}]|_)(?:[{_MARKS}{_SKIN_TONES}]|\u200d[^\w\s])*"  # one mark, or one emoji with all that belongs to it
)
_ASCII_TOKEN = re.compile(
    r"[0-9]+(?:[.,][0-9]+)+(?![a-z0-9])"
    r"|[a-z0-9]+(?:'[a-z0-9]+)*"
    r"|\.{2,3}|-{2,3}|!{2,3}|\?{2,3}|\*{2,3}|={2,3}|_{2,3}|~{2,3}"
    r"|[!-/:-@\[-`{-~]"
)
_TAG = re.compile(r"</?(?:br|p|i|b|u|em|strong|hr|div|span|li|ul|ol) ?/?>")
_LONG_RUN = re.compile(r"([.!?*=_~-])\1{3,}")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "“": '"', "”": '"', "\u00ad": None})


def tokenize(text: str) -> list[str]:
    """The words of a text, lower-cased, in their order.

    `don't` and `3.5` stay whole; a punctuation mark is a word of its own (`...` and `!!` are one, and a run of more than
    three of the same mark counts as three); tags like `<br />` are spaces; a Chinese or Japanese character, a flag or an
    emoji with its skin tone is one word. Curly quotes are read as straight ones; invisible characters are left out.

    Example:
        >>> tokenize("It's good,<br />isn't it?")
        ["it's", 'good', ',', "isn't", 'it', '?']
    """
    text = text.lower()
    ascii_only = text.isascii()
    if not ascii_only:
        text = unicodedata.normalize("NFC", text).translate(_QUOTES)
    if "<" in text:
        text = _TAG.sub(" ", text)
    text = _LONG_RUN.sub(r"\1\1\1", text)
    return (_ASCII_TOKEN if ascii_only else _TOKEN).findall(text)


@dataclass(frozen=True)
class Vocabulary:
    """The words that a model knows, each with its id: 0 is padding, 1 any unknown word, 2 the first of `words`.

    Example:
        >>> vocabulary = Vocabulary.learn([["a", "b", "a"]])
        >>> vocabulary.ids(["a", "b", "c"])
        array([2, 3, 1], dtype=int32)
    """

    words: tuple[str, ...]  # in the order of their ids, the most frequent first

    def __post_init__(self) -> None:
        if len(self._ids) != len(self.words):
            raise DataError("A vocabulary must not hold a word twice.")

    @classmethod
    def learn(cls, token_lists: Iterable[Sequence[str]], limit: int = 20_000, min_count: int = 1) -> Vocabulary:
        """The most frequent words of the training part; equally frequent ones in alphabetical order.

        limit: rows of the embedding, those of padding and of the unknown word included.
        min_count: occurrences that a word needs.
        """
        counts: Counter[str] = Counter()
        for tokens in token_lists:
            counts.update(tokens)
        frequent = [(-count, word) for word, count in counts.items() if count >= min_count and len(word) <= LONGEST_WORD]
        return cls(tuple(word for _, word in sorted(frequent)[: max(0, limit - FIRST_WORD_ID)]))

    @property
    def size(self) -> int:
        """Rows that an embedding of this vocabulary needs."""
        return len(self.words) + FIRST_WORD_ID

    def ids(self, tokens: Iterable[str]) -> NDArray[np.int32]:
        """One id a word: [T] int32."""
        known = self._ids
        return np.array([known.get(token, UNKNOWN_ID) for token in tokens], dtype=np.int32)

    def unknown(self, tokens: Iterable[str]) -> list[bool]:
        """For each word, whether the vocabulary lacks it."""
        known = self._ids
        return [token not in known for token in tokens]

    def __contains__(self, word: object) -> bool:
        return word in self._ids

    def to_list(self) -> list[str]:
        """The words in the order of their ids, from 2."""
        return list(self.words)

    @classmethod
    def from_list(cls, words: object) -> Vocabulary:
        """The vocabulary that `to_list` gave.

        Raises:
            DataError: not a list of different, non-empty words of at most 100 characters, or more than 199,998 of them.
        """
        most = int(LIMITS["vocabulary"][1]) - FIRST_WORD_ID
        if not isinstance(words, list) or len(words) > most:
            raise DataError(f"A vocabulary must be a list of at most {most:,} words.")
        if not all(isinstance(word, str) and 0 < len(word) <= LONGEST_WORD for word in words):
            raise DataError(f"Each word of a vocabulary must be a text of 1 to {LONGEST_WORD} characters.")
        return cls(tuple(words))

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words, start=FIRST_WORD_ID)}
