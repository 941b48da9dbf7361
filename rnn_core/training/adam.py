"""Adam as Keras computes it, and the same for an embedding of which a step touches only a few rows.

Dense Adam moves every row of a table at every step, those without a gradient too: their momentum decays and still carries them.
Between two gradients a row's path is known in advance, so it can be caught up in one go when the row is next read.
With momentum m and velocity v at step s, step s + j without a gradient adds  -α_{s+j} β1^j m / (ρ^j √v + ε),  ρ = √β2, and weight
decay multiplies by λ = 1 - learning rate · decay. Writing 1 / (ρ^j √v + ε) as a series in (1 - ρ^j), whose terms die quickly
because β1^j does, leaves three sums over j that are the same for every row. `catch_up_table` holds them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

BETA_1 = 0.9
BETA_2 = 0.999
EPSILON = 1e-7
TERMS = 3  # of the series; the fourth would add less than 1e-6 of the movement
HORIZON = 400  # steps after which β1^j is nothing
_RATIOS = BETA_1 * np.sqrt(BETA_2) ** np.arange(TERMS)


def step_sizes(learning_rate: float, steps: int) -> NDArray[np.float64]:
    """α_t = learning rate · √(1 - β2^t) / (1 - β1^t) for t = 0 … steps; α_0 is never used and 0."""
    t = np.arange(1, steps + 1, dtype=np.float64)
    return np.concatenate([[0.0], learning_rate * np.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)])


def catch_up_table(learning_rate: float, weight_decay: float, steps: int) -> NDArray[np.float32]:
    """[steps + 1, 4]: for each step t its α, then Σ_{j>0} α_{t+j} (β1 ρ^a / λ)^j for a = 0, 1, 2."""
    alphas = step_sizes(learning_rate, steps + HORIZON)
    ratios = _RATIOS / (1 - learning_rate * weight_decay)
    sums = np.zeros((steps + HORIZON + 1, TERMS))
    for t in range(steps + HORIZON - 1, -1, -1):
        sums[t] = ratios * (alphas[t + 1] + sums[t + 1])
    return np.concatenate([alphas[:, None], sums], axis=1)[: steps + 1].astype(np.float32)


def can_catch_up(learning_rate: float, weight_decay: float) -> bool:
    """Whether the sums converge fast enough: a decay that shrinks weights as fast as the momentum needs the dense pass."""
    return learning_rate * weight_decay < 0.05


def caught_up(rows: Any, momentum: Any, velocity: Any, behind: Any, then: Any, now: Any, decay: float) -> tuple[Any, Any, Any]:
    """Rows [N, D] with their momentum and velocity after `behind` [N] steps without a gradient.

    then, now: rows of `catch_up_table` of the step that each row stands at [N, 4], and of the step it is brought to [4].
    decay: learning rate · weight decay.
    """
    n = tf.cast(behind, rows.dtype)[:, None]
    shrink = tf.exp(n * float(np.log1p(-decay)))
    sums = shrink * then[:, 1:] - tf.exp(n * np.log(_RATIOS).astype(np.float32)) * now[1:]  # Σ_{0<j≤n}, [N, 3]
    s0, s1, s2 = sums[:, 0:1], sums[:, 1:2], sums[:, 2:3]
    root = tf.sqrt(velocity)
    inverse = 1 / (root + EPSILON)
    share = root * inverse
    moved = momentum * inverse * (s0 + share * ((s0 - s1) + share * (s0 - 2 * s1 + s2)))
    return shrink * rows - moved, momentum * tf.exp(n * float(np.log(BETA_1))), velocity * tf.exp(n * float(np.log(BETA_2)))


def stepped(weights: Any, momentum: Any, velocity: Any, gradient: Any, alpha: Any, decay: float) -> tuple[Any, Any, Any]:
    """Weights, momentum and velocity after one step of Adam; Kingma and Ba 2015, with ε where Keras has it."""
    momentum += (gradient - momentum) * (1 - BETA_1)
    velocity += (gradient * gradient - velocity) * (1 - BETA_2)
    return _moved(weights, momentum, velocity, alpha, decay), momentum, velocity


def embedding_stepped(
    table: Any, momentum: Any, velocity: Any, words: Any, gradients: Any, alpha: Any, decay: float
) -> tuple[Any, Any, Any]:
    """The same for an embedding [V, D] of which row words[p] has the gradient gradients[p], [P] and [P, D]; gives flat arrays.

    As in Keras, a row's velocity follows the sum of the squares of its words' gradients, and not the square of their sum. Both
    are added right into the old arrays, before these decay: a gradient of the whole table is never written, and one flat pass
    does the rest (of a table with short rows XLA would compute an index for every number).
    """
    at = words[:, None]
    momentum = tf.tensor_scatter_nd_add(momentum, at, gradients * ((1 - BETA_1) / BETA_1))
    velocity = tf.tensor_scatter_nd_add(velocity, at, gradients * gradients * ((1 - BETA_2) / BETA_2))
    momentum, velocity = tf.reshape(momentum, [-1]) * BETA_1, tf.reshape(velocity, [-1]) * BETA_2
    return _moved(tf.reshape(table, [-1]), momentum, velocity, alpha, decay), momentum, velocity


def _moved(weights: Any, momentum: Any, velocity: Any, alpha: Any, decay: float) -> Any:
    if decay:
        weights -= weights * decay
    return weights - alpha * momentum / (tf.sqrt(velocity) + EPSILON)
