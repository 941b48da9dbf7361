"""Measures what order is worth to every kind of network, and records it: `python -m rnn_core.bundled.make_order`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import numpy as np

from rnn_core.bundled import FOLDER, Network, bundled, network_name, record
from rnn_core.classifier import Classifier
from rnn_core.data.roles import RoleSentences, role_sentences
from rnn_core.data.samples import load_sample
from rnn_core.data.texts import LabelledTexts
from rnn_core.lenses.order import OrderScore, order_meter
from rnn_core.lenses.order_roles import accuracy_by_part
from rnn_core.spec import ModelSpec, TrainSpec
from rnn_core.training.fit import fit

SHUFFLES = 20
SEED = 0
DIGITS = 5

_SMALL = ModelSpec(units=8, features=8, vocabulary=3_000, time_steps=60, dropout=0.2, embedding_dropout=0.4, heads=2)
_PATIENT = TrainSpec(epochs=25, learning_rate=2e-3, patience=4, averaging=0.99, seed=0)
REVIEW_MODELS: tuple[tuple[ModelSpec, TrainSpec], ...] = (
    (_SMALL.replace(kind="bag_of_words"), _PATIENT),
    (_SMALL.replace(kind="dense"), _PATIENT),
    (_SMALL.replace(kind="conv1d", kernel_size=3), _PATIENT),
    (_SMALL.replace(kind="transformer", positions=False), _PATIENT),
    (_SMALL.replace(kind="transformer"), _PATIENT),
    (_SMALL.replace(kind="simple_rnn", recurrent_initializer="identity"), _PATIENT.replace(learning_rate=1e-3)),
    (_SMALL.replace(kind="gru"), _PATIENT),
    (_SMALL.replace(kind="lstm"), _PATIENT),
)


def main() -> None:
    """Writes `order.json`."""
    sentences = role_sentences()
    networks: dict[Network, Classifier] = {name: bundled(name, "roles") for name in record("roles")["models"]}
    document = {
        "made_by": "python -m rnn_core.bundled.make_order",
        "shuffles": SHUFFLES,
        "seed": SEED,
        "rules": _rules(sentences),
        "parts": {name: [part.to_dict() for part in accuracy_by_part(model, sentences)] for name, model in networks.items()},
        "unseen_pairs": {name: _of_roles(model, sentences.unseen_pairs) for name, model in networks.items()},
        "unseen_lengths": {name: _of_roles(model, sentences.unseen_lengths) for name, model in networks.items()},
        "reviews": _of_reviews(),
    }
    text = json.dumps(_rounded(document), separators=(",", ":"))
    (FOLDER / "order.json").write_text(text, encoding="utf-8")


def _rules(sentences: RoleSentences) -> dict[str, Any]:
    sizes = {name: len(getattr(sentences, name)) for name in ("train", "unseen_pairs", "unseen_lengths")}
    return {**asdict(sentences.rules), **sizes}


def _of_roles(model: Classifier, part: LabelledTexts) -> dict[str, Any]:
    swaps = np.arange(len(part)) // 2
    return order_meter(model, part.texts, part.labels, SHUFFLES, SEED, groups=swaps).to_dict()


def _of_reviews() -> dict[Network, Any]:
    texts = load_sample("short_reviews")
    scores: dict[Network, Any] = {}
    for model_spec, train_spec in REVIEW_MODELS:
        trained = fit(model_spec, train_spec, texts)
        held_out = texts.subset(trained.held_out_rows)
        score = order_meter(trained.classifier(), held_out.texts, held_out.labels, SHUFFLES, SEED)
        sys.stderr.write(f"{network_name(model_spec)}: {_line(score)}\n")
        scores[network_name(model_spec)] = score.to_dict()
    return scores


def _line(score: OrderScore) -> str:
    return f"as written {score.as_written.percent()}, shuffled {score.shuffled.percent()}, lost {score.lost.shuffled.percent()}"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(each) for each in value]
    return round(value, DIGITS) if isinstance(value, float) else value


if __name__ == "__main__":
    main()
