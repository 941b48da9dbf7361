"""Tiny trained models that come with the project, so that every page has something real to show before the first training.

One file per set: `reviews.json` with the vocabulary, the labels, the specifications and what each model is worth, and beside it
one `.npz` a model and one with the weights that all of them started from. `python -m rnn_core.bundled.make` writes them again.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np

from rnn_core.classifier import Classifier
from rnn_core.data.samples import load_sample
from rnn_core.data.texts import LabelledTexts
from rnn_core.data.tokens import Vocabulary
from rnn_core.models.weights import Weights
from rnn_core.spec import Kind, ModelSpec

FOLDER = Path(__file__).parent
WITHOUT_POSITIONS: Literal["transformer_without_positions"] = "transformer_without_positions"
Network = Kind | Literal["transformer_without_positions"]


def network_name(spec: ModelSpec) -> Network:
    """Under which name a set has a network: its kind, but a transformer that is not told the places of the words has its own."""
    return WITHOUT_POSITIONS if spec.kind == "transformer" and not spec.positions else spec.kind


def bundled(kind: Network = "simple_rnn", name: str = "reviews") -> Classifier:
    """The bundled model of this kind; `notes` says on what it was trained and how accurate it was on texts it never saw.

    Raises:
        KeyError: the set has no model of this kind.
    """
    with np.load(FOLDER / f"{name}-{kind}.npz", allow_pickle=False) as arrays:
        weights = {key: arrays[key].astype(np.float32) for key in arrays.files}
    return _classifier(kind, name, weights)


def bundled_untrained(kind: Kind = "simple_rnn", name: str = "reviews") -> Classifier:
    """The same network as it stood before its first epoch, with the weights that its recorded seed gave it.

    Raises:
        KeyError: the set has no model of this kind.
    """
    with np.load(FOLDER / f"{name}-untrained.npz", allow_pickle=False) as arrays:
        own = {key.removeprefix(f"{kind}:"): arrays[key] for key in arrays.files if key.startswith(f"{kind}:")}
        weights = {"embeddings": arrays["embeddings"], **own}  # one seed drew the same embeddings for all models of the set
    return _classifier(kind, name, {key: array.astype(np.float32) for key, array in weights.items()})


def held_out_texts(name: str = "reviews") -> LabelledTexts:
    """The texts of the set's sample that none of its models was trained on."""
    document = record(name)
    return load_sample(document["sample"]).subset(document["held_out_rows"])


def _classifier(kind: Network, name: str, weights: Weights) -> Classifier:
    document = record(name)
    model = document["models"][kind]
    return Classifier(
        ModelSpec.from_dict(model["spec"]),
        Vocabulary.from_list(document["vocabulary"]),
        tuple(document["label_names"]),
        weights,
        {key: value for key, value in model.items() if key != "spec"},
    )


@cache
def record(name: str = "reviews") -> dict[str, Any]:
    """All that the set's JSON file says; not to be changed."""
    return cast(dict[str, Any], json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def example_reviews() -> tuple[str, ...]:
    """Three real reviews of about 10, 100 and 300 words that no bundled model was trained on."""
    return tuple(example["text"] for example in record("reviews")["examples"])
