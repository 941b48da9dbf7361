"""Small classifiers with random weights for tests of lenses."""

import numpy as np

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import Vocabulary
from rnn_core.models.weights import weight_shapes
from rnn_core.spec import ModelSpec

WORDS = ("good", "bad", "film", "not", "a", "very", "the", "was")
TEXT = "the film was not very good , a bad film"


def small_classifier(seed=0, gain=1.0, **settings):
    """Random weights of ordinary size; the recurrent kernels are multiplied by `gain`."""
    spec = ModelSpec(**{"units": 4, "features": 3, "time_steps": 12, "vocabulary": len(WORDS) + 2, **settings})
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in weight_shapes(spec).items():
        scale = gain / np.sqrt(shape[0]) if name.endswith("recurrent_kernel") else 0.7
        weights[name] = (scale * rng.normal(size=shape)).astype(np.float32)
    names = tuple(f"label {number}" for number in range(spec.labels))
    return Classifier(spec, Vocabulary(WORDS), names, weights)
