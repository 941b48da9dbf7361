"""How long an answer remembers how a text began: swap the opening for its opposite and let more and more real words follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import tokenize
from rnn_core.estimates import Estimate, bootstrap_mean, share
from rnn_core.models.network import Ids, Network
from rnn_core.spec import Kind

FOLLOWING = (0, 1, 2, 5, 10, 20, 50, 100, 200)
OPENINGS = ("a wonderful film , i loved every minute of it .", "a terrible film , i hated every minute of it .")


class OpeningError(ValueError):
    """An opening or texts that the question cannot be asked with; the message says why."""


@dataclass(frozen=True)
class OpeningEffect:
    """How much the answer at the end still depends on the opening.

    following: [N] numbers of real words after the opening. effect: [N], how far the two answers lie apart: half the sum of the
    differences of their probabilities, for two labels the difference of one; 0 no trace of the opening, 1 nothing else counts.
    flips: [N], share of texts whose prediction the opening decides. texts: how many, the same for every number of words.
    not_read: numbers of words that were asked for and that this network cannot read.
    """

    kind: Kind
    openings: tuple[str, str]
    following: tuple[int, ...]
    effect: tuple[Estimate, ...]
    flips: tuple[Estimate, ...]
    texts: int
    time_steps: int  # the longest text in training: beyond it the network reads further than it ever did
    not_read: tuple[int, ...]

    @property
    def half_gone(self) -> int | None:
        """The first number of following words at which no more than half of the first effect is left; None if none is."""
        return next((n for n, e in zip(self.following, self.effect, strict=True) if e.value <= self.effect[0].value / 2), None)


def reachable(
    texts: Sequence[str], openings: tuple[str, str] = OPENINGS, following: Sequence[int] = FOLLOWING, least: int = 200
) -> tuple[int, ...]:
    """Those of the numbers of words that at least so many texts have after an opening of this length."""
    longest = max(len(tokenize(opening)) for opening in openings)
    rests = np.array([len(tokenize(text)) - longest for text in texts])
    return tuple(n for n in following if int((rests >= n).sum()) >= least)


def opening_effect(
    classifier: Classifier,
    texts: Sequence[str],
    openings: tuple[str, str] = OPENINGS,
    following: Sequence[int] = FOLLOWING,
    most_texts: int = 300,
) -> OpeningEffect:
    """Two openings before the same real words, for one classifier of words of any kind.

    Of every text as many words are left out at its start as the longer opening has: its own opening. Only texts that can give all
    the words asked for take part, the same for every number; the first `most_texts` of them.

    Raises:
        OpeningError: an opening without words, two openings that read the same, or no text that is long enough.
    """
    first, second = (classifier.vocabulary.ids(tokenize(opening)) for opening in openings)
    if not len(first) or not len(second):
        raise OpeningError("Each of the two openings needs at least one word.")
    if np.array_equal(first, second):
        raise OpeningError("To this network the two openings are the same words: it knows none in which they differ.")
    longest = max(len(first), len(second))
    network, limit = _far_reader(classifier, longest + max(following, default=0))
    wanted = sorted({int(n) for n in following if 0 <= n <= limit - longest})
    if not wanted:
        raise OpeningError(f"This network reads {limit} words: an opening of {longest} leaves no room for what follows.")
    rests = _rests(classifier, texts, longest, wanted[-1], most_texts)
    measured = [_effects(network, first, second, [rest[:n] for rest in rests]) for n in wanted]
    return OpeningEffect(
        kind=classifier.spec.kind,
        openings=openings,
        following=tuple(wanted),
        effect=tuple(bootstrap_mean(distances) for distances, _ in measured),
        flips=tuple(share(int(flipped.sum()), len(flipped)) for _, flipped in measured),
        texts=len(rests),
        time_steps=classifier.spec.time_steps,
        not_read=tuple(sorted({int(n) for n in following} - set(wanted))),
    )


def _far_reader(classifier: Classifier, words: int) -> tuple[Network, int]:
    """The network and how many words it reads: as many as are needed, but for one whose weights or padding fix the length."""
    spec = classifier.spec
    if spec.kind == "dense" or not spec.mask or words <= spec.time_steps:
        return classifier.network, spec.time_steps
    return Network(spec.replace(time_steps=words), classifier.weights), words


def _rests(classifier: Classifier, texts: Sequence[str], opening: int, words: int, most: int) -> list[Ids]:
    rests: list[Ids] = []
    for text in texts:
        tokens = tokenize(text)[opening : opening + words]
        if len(tokens) == words:
            rests.append(classifier.vocabulary.ids(tokens))
        if len(rests) == most:
            break
    if not rests:
        raise OpeningError(f"No text has {words} words after an opening of {opening}.")
    return rests


def _effects(network: Network, first: Ids, second: Ids, rests: list[Ids]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Distance of the two answers [N] and whether the prediction differs [N]."""
    one, other = (network.probabilities([np.concatenate([opening, rest]) for rest in rests]) for opening in (first, second))
    distances = np.abs(one.astype(np.float64) - other).sum(axis=1) / 2
    return distances, one.argmax(axis=1) != other.argmax(axis=1)
