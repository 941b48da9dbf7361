"""Trains the bundled models again: `python -m rnn_core.bundled.make [SET ...]`, all sets if none is named."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.bundled import FOLDER, network_name
from rnn_core.classifier import Classifier
from rnn_core.data.samples import load_sample
from rnn_core.data.texts import LabelledTexts
from rnn_core.data.tokens import tokenize
from rnn_core.estimates import share
from rnn_core.spec import ModelSpec, TrainSpec
from rnn_core.training.fit import Training, fit
from rnn_core.training.trained import Trained


@dataclass(frozen=True)
class Recipe:
    """One set: the texts, how each model is built and trained on them, and which examples are kept beside them.

    All models of a set share seed and `held_out`, and so the vocabulary and the texts that none of them saw.
    """

    sample: str
    models: tuple[tuple[ModelSpec, TrainSpec], ...]
    examples: tuple[tuple[str, int, int], ...] = ()  # (sample, row, words): real texts to read; those of `sample` are held out


_REVIEWS = ModelSpec(units=8, features=8, vocabulary=2_400, time_steps=60, dropout=0.2, embedding_dropout=0.4)
_PATIENT = TrainSpec(epochs=25, learning_rate=2e-3, patience=4, averaging=0.99, seed=0)
_ROLES = ModelSpec(units=16, features=8, vocabulary=1_000, time_steps=24, heads=2, kernel_size=3, padding="right")
_BRISK = TrainSpec(epochs=12, learning_rate=5e-3, batch_size=64, seed=0)
_ATTENTION = _ROLES.replace(kind="transformer", units=32, features=16)
_SLOWER = _BRISK.replace(epochs=40, learning_rate=4e-3)

RECIPES: dict[str, Recipe] = {
    "reviews": Recipe(
        "short_reviews",
        (
            (_REVIEWS.replace(kind="simple_rnn", recurrent_initializer="identity"), _PATIENT.replace(learning_rate=1e-3)),
            (_REVIEWS.replace(kind="gru"), _PATIENT),
            (_REVIEWS.replace(kind="lstm"), _PATIENT),
        ),
        (("short_reviews", 2240, 10), ("long_reviews", 2546, 100), ("long_reviews", 17413, 300)),
    ),
    "roles": Recipe(
        "roles",
        (
            (_ROLES.replace(kind="bag_of_words"), _BRISK),
            (_ROLES.replace(kind="dense"), _BRISK),
            (_ROLES.replace(kind="conv1d"), _BRISK),
            (_ATTENTION.replace(positions=False), _SLOWER),
            (_ATTENTION, _SLOWER),
            (_ROLES.replace(kind="simple_rnn"), _BRISK),
            (_ROLES.replace(kind="gru"), _BRISK),
            (_ROLES.replace(kind="lstm"), _BRISK),
        ),
    ),
}


def main(names: list[str]) -> None:
    """Writes the files of these sets."""
    for name in names or list(RECIPES):
        make(name, RECIPES[name])


def make(name: str, recipe: Recipe) -> None:
    """Trains the models of one set; writes `<name>.json`, one npz a model and one of what the recurrent ones started from."""
    texts = load_sample(recipe.sample)
    models: dict[str, Any] = {}
    untrained: dict[str, Any] = {}
    document: dict[str, Any] = {"made_by": f"python -m rnn_core.bundled.make {name}", "sample": recipe.sample}
    for model_spec, train_spec in recipe.models:
        if model_spec.is_recurrent:
            untrained |= _untrained(Training(model_spec, train_spec, texts))
        trained = fit(model_spec, train_spec, texts)
        kept = _kept(trained)
        arrays: dict[str, Any] = {key: array.astype(np.float16) for key, array in kept.weights.items()}
        network = network_name(model_spec)
        np.savez_compressed(FOLDER / f"{name}-{network}.npz", **arrays)
        models[network] = _notes(kept, trained, texts)
        document |= {"label_names": list(kept.label_names), "vocabulary": kept.vocabulary.to_list()}
        document |= {"held_out_rows": trained.held_out_rows.tolist()}
        sys.stderr.write(f"{name} {network}: held-out accuracy {models[network]['accuracy']['value']:.4f}\n")
    np.savez_compressed(FOLDER / f"{name}-untrained.npz", **untrained)
    document |= {"models": models, "examples": [_example(*example) for example in recipe.examples]}
    (FOLDER / f"{name}.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _untrained(training: Training) -> dict[str, Any]:
    """The weights before the first epoch under the model's kind; one seed gives all models of a set the same embeddings."""
    weights = training._program.weights()
    return {key if key == "embeddings" else f"{training.spec.kind}:{key}": a.astype(np.float16) for key, a in weights.items()}


def _kept(trained: Trained) -> Classifier:
    """The classifier with its weights as the file will hold them: half precision keeps three digits, in half the bytes."""
    weights = {key: array.astype(np.float16).astype(np.float32) for key, array in trained.weights.items()}
    return Classifier(trained.spec, trained.vocabulary, trained.label_names, weights)


def _notes(kept: Classifier, trained: Trained, texts: LabelledTexts) -> dict[str, Any]:
    held_out = texts.subset(trained.held_out_rows)
    right = int((kept.predict_proba(held_out.texts).argmax(axis=1) == held_out.labels).sum())
    accuracy = share(right, len(held_out))
    return {
        "spec": trained.spec.to_dict(),
        "train_spec": trained.train_spec.to_dict(),
        "epochs": len(trained.history),
        "held_out": len(held_out),
        "accuracy": {"value": accuracy.value, "low": accuracy.low, "high": accuracy.high},
    }


def _example(sample: str, row: int, words: int) -> dict[str, Any]:
    text = load_sample(sample).texts[row]
    if len(tokenize(text)) != words:
        raise ValueError(f"Row {row} of {sample} has {len(tokenize(text))} words, not {words}.")
    return {"sample": sample, "row": row, "text": text}


if __name__ == "__main__":
    main(sys.argv[1:])
