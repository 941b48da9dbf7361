"""Questions about recurrent networks whose right answers are computed by the networks that come with the lab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from rnn_core.bundled import Network, bundled, bundled_untrained, example_reviews, held_out_texts
from rnn_core.data.tokens import tokenize
from rnn_core.estimates import share
from rnn_core.lenses.any_length import any_length
from rnn_core.lenses.gradients import ThroughTime, through_time
from rnn_core.lenses.order_pair import pair_answers
from rnn_core.lenses.reading import reading
from rnn_core.models.summary import layer_table
from rnn_core.spec import RECURRENT_KINDS, Kind, ModelSpec

DOG, MAN = "the dog bit the man", "the man bit the dog"
TURNING = "the acting is fine and the story starts well , but the second half is a dull , overlong mess"
GAP = 20  # words
MOST_SENTENCES = 400  # that a network is asked about
TITLES: dict[Network, str] = {
    "simple_rnn": "the SimpleRNN",
    "gru": "the GRU",
    "lstm": "the LSTM",
    "transformer": "the Transformer with positions",
    "transformer_without_positions": "the Transformer without positions",
}


@dataclass(frozen=True)
class Question:
    """A question with its options, the one that the computed numbers say is right, and those numbers in words."""

    text: str
    options: tuple[str, ...]
    right: int | None  # None as long as the network that answers it has not been trained
    explanation: str


def bag() -> Question:
    """Whether counting words can tell two orders apart."""
    difference = pair_answers(bundled("bag_of_words", "roles"), DOG, MAN).difference
    return Question(
        f"A bag of words is trained to tell who got bitten. How far apart are its answers to “{DOG}” and “{MAN}”?",
        ("exactly 0", "a little, less than one point of a hundred", "more than one point of a hundred"),
        _first(difference == 0, difference < 0.01, True),
        f"The difference is {_exactly(difference)}: a mean of the same word vectors is the same, in whatever order they come.",
    )


def positions() -> Question:
    """Which network without a loop reads no order either."""
    kinds: tuple[Network, ...] = ("simple_rnn", "lstm", "transformer", "transformer_without_positions")
    found = {kind: pair_answers(bundled(kind, "roles"), DOG, MAN).difference for kind in kinds}
    said = "; ".join(f"{TITLES[kind]} {_exactly(value)}" for kind, value in found.items())
    return Question(
        f"One of these four gives “{DOG}” and “{MAN}” the same answer. Which?",
        tuple(TITLES[kind] for kind in kinds),
        _least(list(found.values())),
        f"The two answers lie this far apart: {said}. Attention by itself looks at a set of words; order enters with positions, "
        "or with a loop.",
    )


def state_size() -> Question:
    """How large the memory of a long text is."""
    short, _, long = example_reviews()
    readings = any_length(bundled(), (short, long)).readings
    few, many, size = readings[0].words, readings[1].words, len(readings[0].state)
    offered = (size, size * many // few, many)
    return Question(
        f"After a review of {few} words a small SimpleRNN holds {size} numbers. How many does it hold after one of {many} words?",
        tuple(f"{count:,}" for count in offered),
        offered.index(len(readings[1].state)),
        f"It holds {len(readings[1].state)}: the state is overwritten at every word, never lengthened. That is why one network "
        "reads any length, and why it must forget.",
    )


def longer_texts() -> Question:
    """Whose weights grow with the length of the text."""
    grows = {kind: _parameters(kind, 1_000) > _parameters(kind, 100) for kind in ("simple_rnn", "dense")}
    return Question(
        "To read 1,000 words in place of 100, which of these needs more weights: a SimpleRNN, or a dense network that reads all "
        "words at once?",
        ("only the SimpleRNN", "only the dense network", "both", "neither"),
        [(True, False), (False, True), (True, True), (False, False)].index((grows["simple_rnn"], grows["dense"])),
        f"SimpleRNN: {_parameters('simple_rnn', 100):,} and {_parameters('simple_rnn', 1_000):,}. Dense: "
        f"{_parameters('dense', 100):,} and {_parameters('dense', 1_000):,}. The loop uses the same weights at every step.",
    )


def turns() -> Question:
    """How often an answer turns while a text is read."""
    found = reading(bundled(), TURNING)
    count, answer = len(found.turns), int(found.probabilities[-1].argmax())
    where = ", ".join(f"“{found.tokens[turn.step]}” (to {found.label_names[turn.after]})" for turn in found.turns)
    told = f"It turns at {where}." if count else "It stays the same from the first word on."
    return Question(
        f"A SimpleRNN reads: “{TURNING}”. How often does its answer change on the way, between positive and negative?",
        ("never", "once", "twice", "three times or more"),
        min(count, 3),
        f"{told} It ends with {_percent(float(found.probabilities[-1].max()))} for {found.label_names[answer]}. The state is all "
        "that it has, and every word moves it.",
    )


def untrained() -> Question:
    """What a network is worth before training."""
    texts = held_out_texts("roles")
    some, labels = list(texts.texts[:MOST_SENTENCES]), np.asarray(texts.labels[:MOST_SENTENCES])
    before, after = (
        share(int((network.predict_proba(some).argmax(axis=1) == labels).sum()), len(labels))
        for network in (bundled_untrained("simple_rnn", "roles"), bundled("simple_rnn", "roles"))
    )
    return Question(
        f"Before its training, on how many of {len(labels)} sentences does the SimpleRNN say rightly who was acted upon?",
        ("on about half of them", "on about three quarters", "on nearly all"),
        _nearest(before.value, (0.5, 0.75, 1.0)),
        f"On {_percent(before.value)} before and on {_percent(after.value)} after training. Reading the order is built into the "
        "loop; what to do with it is learned.",
    )


def kernel_gradient() -> Question:
    """How many numbers the gradient of a shared weight has."""
    found = _review_gradient("simple_rnn")
    steps, size = len(found.tokens), found.kernel_gradient.size
    units = found.state_gradients.shape[1]
    offered = (units, size, size * steps)
    return Question(
        f"A SimpleRNN of {units} units has read {steps} words. How many numbers does the gradient of its recurrent kernel have?",
        tuple(f"{count:,}" for count in offered),
        offered.index(size),
        f"{size:,}, as many as the kernel has weights. Each of the {steps} steps contributes to every one of them, and the "
        "contributions are added up: one weight, used at every step, gets one gradient.",
    )


def last_words() -> Question:
    """From where the gradient of the recurrent kernel comes."""
    found = _review_gradient("simple_rnn")
    part = found.share_of_last_words
    return Question(
        f"A SimpleRNN has read a review of {len(found.tokens)} words. How much of the gradient of its recurrent kernel comes "
        "from the last five words?",
        ("less than a third", "between one and two thirds", "more than two thirds"),
        _first(part < 1 / 3, part < 2 / 3, True),
        f"{_percent(part)}. Earlier steps reach the loss only through many Jacobians, and what passes through shrinks.",
    )


def gates() -> Question:
    """Which cell hands most of the gradient back."""
    found = {kind: _review_gradient(kind) for kind in RECURRENT_KINDS}
    left = {kind: _left(one, GAP) for kind, one in found.items()}
    best = max(left, key=lambda kind: left[kind])
    said = "; ".join(f"{TITLES[kind]} {_percent(value)}" for kind, value in left.items())
    return Question(
        f"Three small networks read a review of {len(found['simple_rnn'].tokens)} words. In which of them is most of the "
        f"gradient left {GAP} words before the end?",
        tuple(TITLES[kind] for kind in left),
        list(left).index(best),
        f"Left of the gradient at the last word: {said}. Measured on this one review and these three networks; a gate can keep a "
        "state nearly as it is, and then the gradient passes nearly as it is.",
    )


def gated_weights() -> Question:
    """What gates cost."""
    counts = {kind: _recurrent_parameters(kind) for kind in ("simple_rnn", "lstm")}
    ratio = counts["lstm"] // counts["simple_rnn"]
    return Question(
        "An LSTM and a SimpleRNN have the same number of units. How many times the weights does the LSTM’s layer have?",
        ("the same", "2 times", "4 times", "16 times"),
        (1, 2, 4, 16).index(ratio),
        f"{counts['lstm']:,} against {counts['simple_rnn']:,}, {ratio} times: three gates and a candidate, each with weights "
        "like a whole SimpleRNN.",
    )


def copies() -> Question:
    """Where one changed recurrent weight is felt."""
    text = "not a good film , but a very funny one"
    network = bundled()
    kernel = network.weights["recurrent_kernel"].copy()
    kernel[0, 0] += 0.5
    changed = type(network)(
        network.spec, network.vocabulary, network.label_names, {**network.weights, "recurrent_kernel": kernel}
    )
    differ = np.any(network.trace(text).states != changed.trace(text).states, axis=1)
    steps, count = len(differ), int(differ.sum())
    offered = (1, steps - 1, steps)
    first = "The first state stays: before it there is only zero to multiply." if not differ[0] else ""
    return Question(
        f"A sentence of {steps} words. One single recurrent weight is changed by 0.5. How many of the {steps} states change?",
        tuple(f"{number}" for number in offered),
        offered.index(count),
        f"{count}. The weight is stored once and used in every copy of the cell. {first}",
    )


def fading() -> Question:
    """What is left of the gradient some words before the end."""
    found = _review_gradient("simple_rnn")
    left = _left(found, GAP)
    return Question(
        f"The loss is measured after the last word of a review of {len(found.tokens)} words and sent backwards. How much of the "
        f"gradient at the last word is left {GAP} words earlier?",
        ("more than half", "between 1 % and a half", "less than 1 %"),
        _first(left > 0.5, left >= 0.01, True),
        f"{_percent(left)}, in the small SimpleRNN that comes with the lab. Each step multiplies by a Jacobian; twenty factors a "
        "little below one leave little.",
    )


def growing_work() -> Question:
    """Whose work grows faster than the text."""
    kinds: tuple[Kind, ...] = ("simple_rnn", "lstm", "transformer")
    ratios = {kind: _work(kind, 1_000) / _work(kind, 100) for kind in kinds}
    said = "; ".join(f"{TITLES[kind]} {ratio:.1f} times" for kind, ratio in ratios.items())
    return Question(
        "Ten times as many words: 1,000 in place of 100. Whose multiplications grow to clearly more than ten times?",
        tuple(TITLES[kind] for kind in kinds),
        list(ratios).index(max(ratios, key=lambda kind: ratios[kind])),
        f"{said}. Attention compares every word with every other. A recurrent network does the same little work at each word and "
        "carries the same few numbers: that is why small ones still serve on sensors and on streams without an end.",
    )


QUESTIONS: dict[str, Callable[[], Question]] = {
    "bag": bag,
    "positions": positions,
    "state_size": state_size,
    "longer_texts": longer_texts,
    "turns": turns,
    "untrained": untrained,
    "kernel_gradient": kernel_gradient,
    "last_words": last_words,
    "gates": gates,
    "gated_weights": gated_weights,
    "copies": copies,
    "fading": fading,
    "growing_work": growing_work,
}


def question(name: str) -> Question:
    """The question of this name, answered by the networks.

    Raises:
        KeyError: there is no such question.
    """
    return QUESTIONS[name]()


def _review_gradient(kind: Kind) -> ThroughTime:
    """Backpropagation through a real review of some 90 words, of the loss of the network's own answer."""
    network, text = bundled(kind), example_reviews()[1]
    label = int(network.predict_proba([text])[0].argmax())
    return through_time(network, text, label, whole=len(tokenize(text)) > network.spec.time_steps)


def _left(found: ThroughTime, gap: int) -> float:
    """The norm of all that is passed on, `gap` words before the end, as a share of that at the end."""
    return float(np.exp(found.whole_log_norms[-1 - gap] - found.whole_log_norms[-1]))


def _spec(kind: Kind, steps: int) -> ModelSpec:
    return ModelSpec(kind=kind, time_steps=steps)


def _parameters(kind: Kind, steps: int) -> int:
    return sum(row.parameters for row in layer_table(_spec(kind, steps)))


def _recurrent_parameters(kind: Kind) -> int:
    return next(row.parameters for row in layer_table(_spec(kind, 100)) if row.name == "recurrent")


def _work(kind: Kind, steps: int) -> int:
    return sum(row.per_text for row in layer_table(_spec(kind, steps)))


def _first(*true: bool) -> int:
    return true.index(True)


def _least(values: Sequence[float]) -> int:
    return int(np.argmin(values))


def _nearest(value: float, places: Sequence[float]) -> int:
    return _least([abs(value - place) for place in places])


def _exactly(value: float) -> str:
    return "exactly 0" if value == 0 else f"{value:.4f}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %" if value >= 0.1 else f"{100 * value:.2g} %"
