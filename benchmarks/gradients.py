"""How much faster one backward pass in NumPy is than an eager TensorFlow tape, at 500 steps, and that both give the same numbers.

    python benchmarks/gradients.py [--steps 500] [--rounds 5]

SimpleRNN of 64 units on 32 features, batch 1, double precision on both sides, forward pass included on both sides. Rounds are
interleaved, medians are reported. A tape per gap is measured at a few gaps spread over the sequence and multiplied up: all 500
would take minutes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from rnn_core.lenses.chain_rule import Chain, backward, unroll
from rnn_core.lenses.jacobians import jacobian_norms_of

UNITS, FEATURES = 64, 32
SAMPLED_GAPS = 5


def main() -> None:
    """Measures, compares the numbers, prints one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    weights, inputs, end = problem(options.steps)
    eager = Tape(weights, inputs, end)
    gaps = np.linspace(0, options.steps - 1, SAMPLED_GAPS).astype(int)

    def ours() -> Any:
        chain = unroll("simple_rnn", weights, inputs)
        return backward(chain, arriving(chain, end))

    def norms() -> Any:
        return jacobian_norms_of(unroll("simple_rnn", weights, inputs), np.arange(options.steps))

    ours(), norms(), eager.all_gradients()
    times: dict[str, list[float]] = {name: [] for name in ("numpy", "one_tape", "tape_per_gap", "numpy_jacobians")}
    for _ in range(options.rounds):
        times["numpy"].append(min(seconds(ours) for _ in range(5)))
        times["numpy_jacobians"].append(seconds(norms))
        times["one_tape"].append(seconds(eager.all_gradients))
        times["tape_per_gap"].append(statistics.mean(seconds(lambda gap=gap: eager.one_gradient(gap)) for gap in gaps))
    medians = {name: statistics.median(values) for name, values in times.items()}
    jacobian_tape = seconds(eager.jacobians)
    per_gap = medians["tape_per_gap"] * options.steps
    result = {
        "steps": options.steps,
        "numpy_ms": 1e3 * medians["numpy"],
        "one_tape_for_all_ms": 1e3 * medians["one_tape"],
        "one_tape_per_gap_s_extrapolated": per_gap,
        "ratio_one_tape": medians["one_tape"] / medians["numpy"],
        "ratio_tape_per_gap": per_gap / medians["numpy"],
        "numpy_jacobian_norms_ms": 1e3 * medians["numpy_jacobians"],
        "one_tape_all_jacobians_s": jacobian_tape,
        "ratio_jacobians": jacobian_tape / medians["numpy_jacobians"],
        "largest_relative_difference": difference(ours(), norms(), eager),
    }
    print(json.dumps(result, indent=2))


def problem(steps: int) -> tuple[dict[str, Any], Any, Any]:
    """Weights as Keras starts them, a random sequence, and a gradient at its end."""
    rng = np.random.default_rng(0)
    upright, _ = np.linalg.qr(rng.normal(size=(UNITS, UNITS)))
    limit = np.sqrt(6 / (FEATURES + UNITS))
    weights = {
        "kernel": rng.uniform(-limit, limit, size=(FEATURES, UNITS)),
        "recurrent_kernel": upright,
        "bias": np.zeros(UNITS),
    }
    return weights, 0.5 * rng.normal(size=(steps, FEATURES)), rng.normal(size=UNITS)


class Tape:
    """The same network as eager TensorFlow operations, differentiated by `tf.GradientTape`."""

    def __init__(self, weights: dict[str, Any], inputs: Any, end: Any) -> None:
        self.kernel, self.recurrent, self.bias = (tf.constant(weights[name]) for name in ("kernel", "recurrent_kernel", "bias"))
        self.inputs, self.end = tf.constant(inputs[:, None]), tf.constant(end)

    def all_gradients(self) -> Any:
        """The gradient at every state from one tape, [T, U]."""
        with tf.GradientTape() as tape:
            states = self._states(tape)
            loss = tf.reduce_sum(states[-1] * self.end)
        return np.concatenate([g.numpy() for g in tape.gradient(loss, states)])

    def one_gradient(self, gap: int) -> Any:
        """The gradient at one state from a tape of its own, [U]."""
        with tf.GradientTape() as tape:
            states = self._states(tape)
            loss = tf.reduce_sum(states[-1] * self.end)
        return tape.gradient(loss, states[len(states) - 1 - gap]).numpy()

    def jacobians(self) -> Any:
        """Every dh_T/dh_t from one tape, one backward pass a unit, [T, U, U]."""
        with tf.GradientTape(persistent=True) as tape:
            states = self._states(tape)
            parts = [states[-1][0, unit] for unit in range(UNITS)]
        rows = [np.concatenate([g.numpy() for g in tape.gradient(part, states)]) for part in parts]
        return np.stack(rows, axis=1)

    def _states(self, tape: Any) -> list[Any]:
        tape.watch(self.recurrent)
        state, states = tf.zeros((1, UNITS), tf.float64), []
        for x in self.inputs:
            state = tf.tanh(x @ self.kernel + state @ self.recurrent + self.bias)
            states.append(state)
        return states


def difference(found: Any, norms: Any, eager: Tape) -> float:
    """Largest relative difference of gradients (against each state's norm) and of singular values between the two sides."""
    gradients = found.gradients[1:] * np.exp(found.scales[1:])[:, None]
    tape = eager.all_gradients()
    sizes = np.linalg.norm(tape, axis=1, keepdims=True)
    largest = np.linalg.norm(eager.jacobians()[::-1], ord=2, axis=(1, 2))
    return float(max((np.abs(gradients - tape) / sizes).max(), np.abs(np.exp(norms.log_norms) / largest - 1).max()))


def arriving(chain: Chain, end: Any) -> Any:
    """The gradient at the end and nothing before it, [T, U]."""
    rows = np.zeros((chain.steps, chain.units))
    rows[-1] = end
    return rows


def seconds(run: Callable[[], Any]) -> float:
    """How long one call takes."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
