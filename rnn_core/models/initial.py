"""A network before its training: weights drawn as Keras draws them, in NumPy, so that no TensorFlow is needed to look at one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from rnn_core.models.weights import GATES, Weights, identity_recurrent_kernel, weight_shapes
from rnn_core.spec import ModelSpec


def initial_weights(spec: ModelSpec, seed: int = 0) -> Weights:
    """Every array of `weight_shapes`, from the same distributions as Keras' defaults (the draws themselves are others).

    Kernels: Glorot and Bengio 2010, uniform. Recurrent kernels: as `spec.recurrent_initializer` says; "orthogonal" is Saxe et al.
    2014. Embeddings: uniform within 0.05, the transformer's normal. Biases: zero, but one for the LSTM's forget gate (Jozefowicz
    et al. 2015). Gains of layer norms: one.
    """
    rng = np.random.default_rng(seed)
    weights = {name: _draw(name, shape, spec, rng) for name, shape in weight_shapes(spec).items()}
    return {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in weights.items()}


def _draw(name: str, shape: tuple[int, ...], spec: ModelSpec, rng: np.random.Generator) -> NDArray[np.floating]:
    part = name.rpartition("/")[2]
    if part == "embeddings":
        return rng.normal(size=shape) if spec.kind == "transformer" else rng.uniform(-0.05, 0.05, shape)
    if part == "gamma":
        return np.ones(shape)
    if part == "recurrent_kernel":
        return _recurrent(shape, spec, rng)
    if part.endswith("bias") or part == "beta":
        return _bias(name, shape, spec)
    return _glorot(shape, rng)


def _recurrent(shape: tuple[int, ...], spec: ModelSpec, rng: np.random.Generator) -> NDArray[np.floating]:
    if spec.recurrent_initializer == "identity":
        return identity_recurrent_kernel(spec)
    return _orthogonal(shape, rng) if spec.recurrent_initializer == "orthogonal" else _glorot(shape, rng)


def _bias(name: str, shape: tuple[int, ...], spec: ModelSpec) -> NDArray[np.floating]:
    bias = np.zeros(shape)
    if spec.kind == "lstm" and shape == (GATES["lstm"] * spec.units,) and not name.startswith("output"):
        bias[spec.units : 2 * spec.units] = 1.0
    return bias


def _glorot(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.floating]:
    """Uniform within sqrt(6 / (fan in + fan out)); the fans of a kernel of more than two axes as Keras counts them."""
    field = math.prod(shape[:-2])
    limit = math.sqrt(6 / (field * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape)


def _orthogonal(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.floating]:
    """Orthonormal rows: the Q of a normal matrix, with the signs that make it uniform over all rotations."""
    rows, columns = shape
    q, r = np.linalg.qr(rng.normal(size=(columns, rows)))
    return (q * np.sign(np.diag(r))).T
