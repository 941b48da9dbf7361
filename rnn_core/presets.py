"""Settings that are known to work, so that nobody must guess: one preset a sample set, and a choice for a file of one's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnn_core.data.texts import LabelledTexts
from rnn_core.data.tokens import tokenize
from rnn_core.spec import ModelSpec, TrainSpec

FEW_TEXTS = 3_000  # below, passes are cheap and many are needed
MANY_TEXTS = 40_000  # above, a few passes see enough and more would take an evening
LONG_TEXT = 100  # words
MOST_STEPS = 400
FEWEST_STEPS = 10
LOOKED_AT = 2_000  # texts whose words are counted


@dataclass(frozen=True)
class Preset:
    """A model, the training that suits it, and why."""

    name: str  # in an address or a settings file
    title: str
    model: ModelSpec  # `vocabulary` is the most rows that the embedding may get; the texts decide on `labels`
    train: TrainSpec
    why: str  # for the person who chooses


_POOLED = ModelSpec(
    vocabulary=20_000,
    time_steps=60,
    bidirectional=True,
    pooling="mean_max",
    dropout=0.5,
    embedding_dropout=0.5,
    padding="right",
)
_SMOOTHED = TrainSpec(batch_size=64, epochs=15, patience=4, label_smoothing=0.1, averaging=0.998, min_count=2)
_POOLED_WHY = (
    "A SimpleRNN reads in both directions; the mean and the highest state of each unit answer, so no opinion is forgotten. "
    "Half of the words are hidden at every pass: a network of this size would otherwise learn the reviews by heart."
)

TEXTBOOK = Preset(
    "textbook",
    "The textbook model",
    ModelSpec(vocabulary=20_000),
    TrainSpec(),
    "One SimpleRNN of 64 units whose last state answers, and nothing else: the one to learn from, not the most accurate.",
)
QUICK = Preset(
    "quick",
    "Small set of short texts",
    _POOLED,
    _SMOOTHED.replace(batch_size=32, epochs=30, patience=6, min_count=1, averaging=0.99),
    _POOLED_WHY,
)
SHORT = Preset("short", "Short texts", _POOLED, _SMOOTHED, _POOLED_WHY)
LONG = Preset(
    "long",
    "Long texts",
    _POOLED.replace(time_steps=MOST_STEPS),
    _SMOOTHED.replace(epochs=10, patience=3, averaging=0.999, clip_norm=1.0),
    _POOLED_WHY,
)
ROLES = Preset(
    "roles",
    "Who did what to whom",
    ModelSpec(vocabulary=20_000, time_steps=24, padding="right"),
    TrainSpec(epochs=30, patience=6, batch_size=64),
    "Only the order of the words tells the label here, so one SimpleRNN reads from left to right and its last state answers.",
)

PRESETS: dict[str, Preset] = {preset.name: preset for preset in (QUICK, SHORT, LONG, ROLES, TEXTBOOK)}
SAMPLE_PRESETS = {"quick_reviews": QUICK, "short_reviews": SHORT, "long_reviews": LONG, "roles": ROLES}


def preset_for(texts: LabelledTexts) -> Preset:
    """The preset for these texts: a sample has its own; for others, how many they are and how long decides.

    The network then reads as many words as 95 % of the texts have, 400 at most.
    """
    if texts.report is not None and texts.report.source in SAMPLE_PRESETS:
        return SAMPLE_PRESETS[texts.report.source]
    step = max(1, len(texts) // LOOKED_AT)
    longest = float(np.quantile([len(tokenize(text)) for text in texts.texts[::step]] or [0], 0.95))
    few, many, long = len(texts) < FEW_TEXTS, len(texts) > MANY_TEXTS, longest > LONG_TEXT
    base = LONG if long else QUICK if few else SHORT
    train = QUICK.train if few else base.train.replace(epochs=5) if many else base.train
    return Preset(
        name="file",
        title=f"{len(texts):,} {'long' if long else 'short'} texts",
        model=base.model.replace(time_steps=int(np.clip(np.ceil(longest), FEWEST_STEPS, MOST_STEPS))),
        train=train,
        why=base.why,
    )
