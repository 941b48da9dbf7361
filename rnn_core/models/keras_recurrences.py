"""The recurrences of SimpleRNN, GRU and LSTM over a whole sequence, each with its backpropagation through time written by hand.

Only what truly depends on the step before is inside a loop. The input projection comes in ready-made, and the gradient of the
recurrent kernel is one matrix product over all steps after the backward loop, which carries nothing but the state's gradient.
Shapes are time-major: T steps, B texts, U units, G gates. `present` [T, B, 1] is False where a step leaves the state as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

ACTIVATIONS = ("tanh", "relu", "linear", "sigmoid")  # those whose slope follows from their value
_FUNCTIONS = {"tanh": tf.tanh, "relu": tf.nn.relu, "linear": tf.identity, "sigmoid": tf.sigmoid}

Step = Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[tuple[Any, ...], tuple[Any, ...]]]


def simple_rnn(
    projected: Any, recurrent_kernel: Any, initial: Any, present: Any, activation: str, sequences: bool, backwards: bool
) -> Any:
    """h_t = φ(z_t + h_{t-1} R): every state [T, B, U] at its own step, or with `sequences=False` the last one [B, U].

    projected: z = x W + b, [T, B, U]. recurrent_kernel: R, [U, U]. initial: [B, U]. backwards: read from the end to the start.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def run(projected: Any, recurrent_kernel: Any, initial: Any) -> tuple[Any, Callable[[Any], tuple[Any, Any, Any]]]:
        def step(carry: tuple[Any, ...], now: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
            state = _FUNCTIONS[activation](now[0] + tf.matmul(carry[0], recurrent_kernel))
            state = _keep(now, 1, state, carry[0])
            return (state,), (state,)

        (last,), (states,) = _scan(step, (initial,), _with(present, projected), (initial,), backwards)

        def gradient(upstream: Any) -> tuple[Any, Any, Any]:
            transposed = tf.transpose(recurrent_kernel)

            def back(carry: tuple[Any, ...], now: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
                arriving = carry[0] + now[1] if sequences else carry[0]
                inner = arriving * _slope(activation, now[0])
                if present is None:
                    return (tf.matmul(inner, transposed),), (inner,)
                inner = tf.where(now[-1], inner, tf.zeros_like(inner))
                skipped = tf.where(now[-1], tf.zeros_like(arriving), arriving)
                return (tf.matmul(inner, transposed) + skipped,), (inner,)

            start = tf.zeros_like(initial) if sequences else upstream
            given = (states, upstream) if sequences else (states,)
            (d_initial,), (d_projected,) = _scan(back, (start,), _with(present, *given), (initial,), not backwards)
            return d_projected, _over_all_steps(_before(states, initial, backwards), d_projected), d_initial

        return states if sequences else last, gradient

    return run(projected, recurrent_kernel, initial)


def gru(
    projected: Any,
    recurrent_kernel: Any,
    recurrent_bias: Any,
    initial: Any,
    present: Any,
    sequences: bool,
    backwards: bool,
) -> Any:
    """Keras' GRU with reset_after: every state [T, B, U], or with `sequences=False` the last one [B, U].

    projected: x W + b of update, reset and candidate, [T, B, 3U]. recurrent_kernel: [U, 3U]. recurrent_bias: [3U].
    u = σ(z_u + h R_u + c_u), r = σ(z_r + h R_r + c_r), c = tanh(z_c + r (h R_c + c_c)), h' = u h + (1 - u) c.
    """

    def gates(projected: Any, recurred: Any) -> tuple[Any, Any, Any, Any]:
        z_update, z_reset, z_candidate = tf.split(projected, 3, axis=-1)
        h_update, h_reset, h_candidate = tf.split(recurred, 3, axis=-1)
        reset = tf.sigmoid(z_reset + h_reset)
        return tf.sigmoid(z_update + h_update), reset, tf.tanh(z_candidate + reset * h_candidate), h_candidate

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def run(projected: Any, recurrent_kernel: Any, recurrent_bias: Any, initial: Any) -> tuple[Any, Callable[[Any], Any]]:
        def step(carry: tuple[Any, ...], now: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
            update, _, candidate, _ = gates(now[0], tf.matmul(carry[0], recurrent_kernel) + recurrent_bias)
            state = _keep(now, 1, update * carry[0] + (1 - update) * candidate, carry[0])
            return (state,), (state,)

        (last,), (states,) = _scan(step, (initial,), _with(present, projected), (initial,), backwards)

        def gradient(upstream: Any) -> tuple[Any, Any, Any, Any]:
            transposed = tf.transpose(recurrent_kernel)
            before = _before(states, initial, backwards)
            recurred = _all_steps_times(before, recurrent_kernel) + recurrent_bias
            update, reset, candidate, h_candidate = gates(projected, recurred)
            # What one unit of dL/dh' at a step gives each gate's inner value; independent of the loop.
            by_update = (before - candidate) * update * (1 - update)
            by_candidate = (1 - update) * (1 - candidate * candidate)
            by_reset = by_candidate * h_candidate * reset * (1 - reset)
            factors = tf.concat([by_update, by_reset, by_candidate * reset], axis=-1)
            if present is not None:
                factors = tf.where(present, factors, tf.zeros_like(factors))
                update = tf.where(present, update, tf.ones_like(update))

            def back(carry: tuple[Any, ...], now: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
                arriving = carry[0] + now[2] if sequences else carry[0]
                inner = now[0] * tf.concat([arriving, arriving, arriving], axis=-1)
                return (tf.matmul(inner, transposed) + arriving * now[1],), (inner, arriving)

            start = tf.zeros_like(initial) if sequences else upstream
            given = (factors, update, upstream) if sequences else (factors, update)
            likes = (factors[0], initial)
            (d_initial,), (d_recurred, arriving) = _scan(back, (start,), given, likes, not backwards)
            d_candidate = arriving * (by_candidate if present is None else tf.where(present, by_candidate, 0.0 * by_candidate))
            units = initial.shape[-1]
            d_projected = tf.concat([d_recurred[..., : 2 * units], d_candidate], axis=-1)
            return d_projected, _over_all_steps(before, d_recurred), tf.reduce_sum(d_recurred, [0, 1]), d_initial

        return states if sequences else last, gradient

    return run(projected, recurrent_kernel, recurrent_bias, initial)


def lstm(
    projected: Any,
    recurrent_kernel: Any,
    initial: Any,
    initial_cell: Any,
    present: Any,
    sequences: bool,
    backwards: bool,
) -> tuple[Any, Any]:
    """LSTM: (every state [T, B, U], last cell state [B, U]), or with `sequences=False` (last state, last cell state).

    projected: x W + b of input, forget, candidate and output, [T, B, 4U]. recurrent_kernel: [U, 4U].
    i, f, o = σ, g = tanh of z + h R; c' = f c + i g; h' = o tanh(c').
    """

    def gates(inner: Any) -> tuple[Any, Any, Any, Any]:
        i, f, g, o = tf.split(inner, 4, axis=-1)
        return tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def run(projected: Any, recurrent_kernel: Any, initial: Any, initial_cell: Any) -> tuple[Any, Callable[..., Any]]:
        def step(carry: tuple[Any, ...], now: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
            i, f, g, o = gates(now[0] + tf.matmul(carry[0], recurrent_kernel))
            cell = f * carry[1] + i * g
            state = _keep(now, 1, o * tf.tanh(cell), carry[0])
            cell = _keep(now, 1, cell, carry[1])
            return (state, cell), (state, cell)

        start = (initial, initial_cell)
        (last, last_cell), (states, cells) = _scan(step, start, _with(present, projected), start, backwards)

        def gradient(upstream: Any, upstream_cell: Any) -> tuple[Any, Any, Any, Any]:
            transposed = tf.transpose(recurrent_kernel)
            before, before_cell = _before(states, initial, backwards), _before(cells, initial_cell, backwards)
            i, f, g, o = gates(projected + _all_steps_times(before, recurrent_kernel))
            squashed = tf.tanh(cells)
            # Factors of dL/dc' for the gates i, f, g, and of dL/dh' for o and for c'; independent of the loop.
            by_cell = tf.concat([g * i * (1 - i), before_cell * f * (1 - f), i * (1 - g * g)], axis=-1)
            by_output, to_cell = squashed * o * (1 - o), o * (1 - squashed * squashed)
            if present is not None:
                by_cell, by_output, to_cell = (tf.where(present, x, tf.zeros_like(x)) for x in (by_cell, by_output, to_cell))
                f = tf.where(present, f, tf.ones_like(f))
            skipped = None if present is None else tf.cast(tf.logical_not(present), projected.dtype)

            def back(carry: tuple[Any, ...], now: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
                arriving = carry[0] + now[4] if sequences else carry[0]
                d_cell = carry[1] + arriving * now[2]
                inner = tf.concat([tf.concat([d_cell, d_cell, d_cell], -1) * now[0], arriving * now[1]], axis=-1)
                passed = tf.matmul(inner, transposed)
                if skipped is not None:
                    passed += arriving * now[-1]
                return (passed, d_cell * now[3]), (inner,)

            first = tf.zeros_like(initial) if sequences else upstream
            given = (
                (by_cell, by_output, to_cell, f) + ((upstream,) if sequences else ()) + (() if skipped is None else (skipped,))
            )
            carry, (d_inner,) = _scan(back, (first, upstream_cell), given, (projected[0],), not backwards)
            return d_inner, _over_all_steps(before, d_inner), carry[0], carry[1]

        return (states if sequences else last, last_cell), gradient

    return run(projected, recurrent_kernel, initial, initial_cell)  # type: ignore[no-any-return]  # TensorFlow has no types


def _scan(
    step: Step, carry: tuple[Any, ...], inputs: Sequence[Any], likes: Sequence[Any], backwards: bool
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The last carry, and for each of `likes` (its shape and type) the outputs of all steps, each at its own step."""
    length = inputs[0].shape[0]
    sources = [tf.TensorArray(x.dtype, length, element_shape=x.shape[1:]).unstack(x) for x in inputs]
    sinks = tuple(tf.TensorArray(like.dtype, length, element_shape=like.shape) for like in likes)

    def body(count: Any, carry: tuple[Any, ...], sinks: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
        place = length - 1 - count if backwards else count
        carry, outputs = step(carry, tuple(source.read(place) for source in sources))
        return count + 1, carry, tuple(sink.write(place, output) for sink, output in zip(sinks, outputs, strict=True))

    _, carry, sinks = tf.while_loop(
        lambda count, *_: count < length, body, (tf.constant(0), carry, sinks), maximum_iterations=length
    )
    return carry, tuple(sink.stack() for sink in sinks)


def _with(present: Any, *inputs: Any) -> tuple[Any, ...]:
    return inputs if present is None else (*inputs, present)


def _keep(now: tuple[Any, ...], mask_at: int, new: Any, old: Any) -> Any:
    return tf.where(now[mask_at], new, old) if len(now) > mask_at else new


def _before(states: Any, initial: Any, backwards: bool) -> Any:
    """The state that each step started from: [T, B, U]."""
    return tf.concat([states[1:], initial[None]], 0) if backwards else tf.concat([initial[None], states[:-1]], 0)


def _all_steps_times(states: Any, kernel: Any) -> Any:
    return tf.reshape(tf.matmul(_flat(states), kernel), tf.concat([tf.shape(states)[:-1], tf.shape(kernel)[-1:]], 0))


def _over_all_steps(before: Any, d_inner: Any) -> Any:
    """Σ_t h_{t-1}ᵀ dz_t as one matrix product."""
    return tf.matmul(_flat(before), _flat(d_inner), transpose_a=True)


def _flat(x: Any) -> Any:
    return tf.reshape(x, [-1, x.shape[-1]])


def _slope(activation: str, value: Any) -> Any:
    """φ'(z), from φ(z)."""
    if activation == "tanh":
        return 1 - value * value
    if activation == "sigmoid":
        return value * (1 - value)
    return tf.cast(value > 0, value.dtype) if activation == "relu" else tf.ones_like(value)
