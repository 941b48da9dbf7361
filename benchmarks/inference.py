"""How much faster the NumPy network answers than `keras.Model.predict`, from the same word ids to the same probabilities.

    PYTHONPATH=. python benchmarks/inference.py [--kinds simple_rnn lstm ...] [--rounds 7] [--pooling last] [--bidirectional]

An embedding of 10,000 words and 32 features, 64 units; one text of 10, 100, 300, 500 and 2,000 words, and 1,000 texts of
100 words. The Keras model reads exactly as many steps as the text has words. Rounds are interleaved and the best of them is
reported on both sides, for what else the machine does can only add. `trace_ms` is a whole `Classifier.trace`: tokenising, every
state, and the answer after every word.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import Vocabulary
from rnn_core.models.keras_build import build, weights_of
from rnn_core.spec import RECURRENT_KINDS, ModelSpec

WORDS = Vocabulary(tuple(f"w{number}" for number in range(9_998)))
WORK = {"10 words": (1, 10), "100 words": (1, 100), "300 words": (1, 300), "500 words": (1, 500), "2,000 words": (1, 2000)}
WORK["1,000 texts of 100 words"] = (1000, 100)


def main() -> None:
    """Measures, checks that both give the same numbers, prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kinds", nargs="+", default=["simple_rnn"])
    parser.add_argument("--pooling", default="last")
    parser.add_argument("--bidirectional", action="store_true")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    result: dict[str, Any] = {}
    for kind in options.kinds:
        more = {"pooling": options.pooling, "bidirectional": options.bidirectional} if kind in RECURRENT_KINDS else {}
        spec = ModelSpec(kind=kind, vocabulary=WORDS.size, **more)
        result[kind] = {
            name: measured(spec.replace(time_steps=words), texts, options.rounds) for name, (texts, words) in WORK.items()
        }
    print(json.dumps(result, indent=1))


def measured(spec: ModelSpec, texts: int, rounds: int) -> dict[str, float]:
    """Best times in milliseconds, and their ratio."""
    ids = np.random.default_rng(0).integers(1, spec.vocabulary, (texts, spec.time_steps)).astype(np.int32)
    model = build(spec)
    classifier = Classifier(spec, WORDS, ("a", "b"), weights_of(model, spec))
    text = " ".join(f"w{number}" for number in ids[0])
    work = {
        "keras_predict_ms": lambda: model.predict(ids, verbose=0),
        "numpy_ms": lambda: classifier.predict_ids(list(ids)),
        **({"trace_ms": lambda: classifier.trace(text)} if texts == 1 and spec.time_steps <= 300 else {}),
    }
    theirs, ours = work["keras_predict_ms"](), work["numpy_ms"]()
    np.testing.assert_allclose(ours[:, 1:], theirs, atol=1e-4)
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, run in work.items():
            run()
            times[name].append(milliseconds(run))
    best = {name: min(values) for name, values in times.items()}
    return {
        **{name: round(value, 3) for name, value in best.items()},
        "ratio": round(best["keras_predict_ms"] / best["numpy_ms"], 1),
    }


def milliseconds(run: Callable[[], Any]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    run()
    return 1e3 * (time.perf_counter() - start)


if __name__ == "__main__":
    main()
