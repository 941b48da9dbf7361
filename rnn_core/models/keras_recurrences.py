"""The recurrences of SimpleRNN, GRU and LSTM over a whole sequence, each with its backpropagation through time written by hand.

Only what truly depends on the step before is inside a loop. The input projection comes in ready-made, and the gradient of the
recurrent kernel is one matrix product over all steps after the backward loop, which carries nothing but the state's gradient.
Shapes are time-major: T steps, B texts, U units, G gates. `present` [T, B, 1] is False where a step leaves the state as it was.
S networks side by side run as one: every array then has an axis S before the last two ([T, S, B, U], kernels [S, U, G], a bias
[S, G]).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from rnn_core.models import keras_loop as loop
from rnn_core.models.keras_loop import Values

ACTIVATIONS = ("tanh", "relu", "linear", "sigmoid")  # those whose slope follows from their value
_FUNCTIONS = {"tanh": tf.tanh, "relu": tf.nn.relu, "linear": tf.identity, "sigmoid": tf.sigmoid}


def simple_rnn(
    projected: Any,
    recurrent_kernel: Any,
    initial: Any,
    present: Any,
    activation: str,
    sequences: bool,
    backwards: bool,
    padding_leads: bool = False,
) -> Any:
    """h_t = φ(z_t + h_{t-1} R): every state [T, B, U] at its own step, or with `sequences=False` the last one [B, U].

    projected: z = x W + b, [T, B, U]. recurrent_kernel: R, [U, U]. initial: [B, U]. backwards: read from the end to the start.
    padding_leads: every text's missing steps are read before its first word, and `initial` is zero and of no interest; nothing
    then has to be handed on across a missing step.
    """

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # TensorFlow has no types
    def run(*inputs: Any) -> tuple[Any, Callable[[Any], Values]]:
        projected, kernel, initial = (tf.stop_gradient(x) for x in inputs)
        if present is not None and padding_leads and activation != "sigmoid":
            # φ(0 + 0 R) = 0: with nothing to add, a state that starts at zero stays there by itself.
            projected = tf.where(present, projected, tf.zeros_like(projected))
            between = _simple_rnn_forward(projected, kernel, initial, None, activation, backwards)
        else:
            between = _simple_rnn_forward(projected, kernel, initial, present, activation, backwards)

        def gradient(upstream: Any) -> Values:
            how = (activation, sequences, backwards, padding_leads)
            return _simple_rnn_backward(between, kernel, present, upstream, *how)  # type: ignore[no-any-return]

        states = between[:-1] if backwards else between[1:]
        return states if sequences else states[0 if backwards else -1], gradient

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

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # as above
    def run(*inputs: Any) -> tuple[Any, Callable[[Any], Values]]:
        projected, kernel, bias, initial = (tf.stop_gradient(x) for x in inputs)
        between = _gru_forward(projected, kernel, bias, initial, present, backwards)

        def gradient(upstream: Any) -> Values:
            return _gru_backward(projected, between, kernel, bias, present, upstream, sequences, backwards)  # type: ignore[no-any-return]

        states = between[:-1] if backwards else between[1:]
        return states if sequences else states[0 if backwards else -1], gradient

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

    @tf.custom_gradient  # type: ignore[untyped-decorator]  # as above
    def run(*inputs: Any) -> tuple[Any, Callable[[Any, Any], Values]]:
        projected, kernel, initial, initial_cell = (tf.stop_gradient(x) for x in inputs)
        between, cells = _lstm_forward(projected, kernel, initial, initial_cell, present, backwards)

        def gradient(upstream: Any, upstream_cell: Any) -> Values:
            upstreams = (upstream, upstream_cell)
            return _lstm_backward(projected, between, cells, kernel, present, *upstreams, sequences, backwards)  # type: ignore[no-any-return]

        states = between[:-1] if backwards else between[1:]
        end = 0 if backwards else -1
        return (states if sequences else states[end], cells[end]), gradient

    return run(projected, recurrent_kernel, initial, initial_cell)  # type: ignore[no-any-return]  # as above


@loop.compiled
def _simple_rnn_forward(projected: Any, kernel: Any, initial: Any, present: Any, activation: str, backwards: bool) -> Any:
    """The states before, between and after the steps, [T + 1, B, U]."""

    def step(before: Values, now: Values) -> Values:
        state = _FUNCTIONS[activation](now[0] + tf.matmul(before[0], kernel))
        return (loop.kept(present, now, state, before[0]),)

    return loop.chain(step, (initial,), loop.with_mask(present, projected), backwards)[0]


@loop.compiled
def _simple_rnn_backward(
    between: Any,
    kernel: Any,
    present: Any,
    upstream: Any,
    activation: str,
    sequences: bool,
    backwards: bool,
    padding_leads: bool,
) -> Values:
    before, states = loop.sides(between, backwards)
    transposed = tf.linalg.matrix_transpose(kernel)

    def through(arriving: Any, now: Values) -> Any:
        return loop.where(present, now, arriving * _slope(activation, now[0]))

    def back(arriving: Values, now: Values) -> Values:
        passed = tf.matmul(through(arriving[0], now), transposed)
        if present is not None and not padding_leads:
            passed += tf.where(now[-1], tf.zeros_like(passed), arriving[0])
        return (passed + now[1] if sequences else passed,)

    last, outside = loop.upstreams(upstream, sequences, backwards)
    arriving = loop.chain(back, (last,), loop.with_mask(present, states, *outside), not backwards)[0]
    d_initial, at_states = arriving[-1 if backwards else 0], loop.sides(arriving, backwards)[1]
    if len(kernel.shape) == 3:
        d_projected = through(at_states, loop.with_mask(present, states))
        return d_projected, loop.over_all_steps(before, d_projected), d_initial
    # Flat already here, where the products need it so: XLA would compute the flat index of every single number.
    mask = None if present is None else loop.flat(present)
    d_flat = through(loop.flat(at_states), loop.with_mask(mask, loop.flat(states)))
    return tf.reshape(d_flat, loop.shape(states)), tf.matmul(loop.flat(before), d_flat, transpose_a=True), d_initial


def _gru_gates(projected: Any, recurred: Any) -> Values:
    z_update, z_reset, z_candidate = tf.split(projected, 3, axis=-1)
    h_update, h_reset, h_candidate = tf.split(recurred, 3, axis=-1)
    reset = tf.sigmoid(z_reset + h_reset)
    return tf.sigmoid(z_update + h_update), reset, tf.tanh(z_candidate + reset * h_candidate), h_candidate


@loop.compiled
def _gru_forward(projected: Any, kernel: Any, bias: Any, initial: Any, present: Any, backwards: bool) -> Any:
    def step(before: Values, now: Values) -> Values:
        update, _, candidate, _ = _gru_gates(now[0], tf.matmul(before[0], kernel) + loop.beside(bias))
        return (loop.kept(present, now, candidate + update * (before[0] - candidate), before[0]),)

    return loop.chain(step, (initial,), loop.with_mask(present, projected), backwards)[0]


@loop.compiled
def _gru_backward(
    projected: Any, between: Any, kernel: Any, bias: Any, present: Any, upstream: Any, sequences: bool, backwards: bool
) -> Values:
    before, _ = loop.sides(between, backwards)
    transposed = tf.linalg.matrix_transpose(kernel)
    update, reset, candidate, h_candidate = _gru_gates(projected, loop.all_steps_times(before, kernel) + loop.beside(bias))
    # What one unit of dL/dh' at a step gives each gate's inner value; none of it depends on the loop.
    by_update = (before - candidate) * update * (1 - update)
    by_candidate = (1 - update) * (1 - candidate * candidate)
    by_reset = by_candidate * h_candidate * reset * (1 - reset)
    factors = loop.where(present, (present,), tf.concat([by_update, by_reset, by_candidate * reset], axis=-1))
    by_candidate = loop.where(present, (present,), by_candidate)
    kept = update if present is None else tf.where(present, update, tf.ones_like(update))

    def back(arriving: Values, now: Values) -> Values:
        passed = tf.matmul(_by_gate(now[0], *[arriving[0]] * 3), transposed) + arriving[0] * now[1]
        return (passed + now[2] if sequences else passed,)

    last, outside = loop.upstreams(upstream, sequences, backwards)
    arriving = loop.chain(back, (last,), (factors, kept, *outside), not backwards)[0]
    at_states = loop.sides(arriving, backwards)[1]
    d_recurred = _by_gate(factors, *[at_states] * 3)
    d_projected = tf.concat([d_recurred[..., : 2 * kernel.shape[-2]], at_states * by_candidate], axis=-1)
    d_bias = tf.reduce_sum(d_recurred, [0, len(d_recurred.shape) - 2])
    return d_projected, loop.over_all_steps(before, d_recurred), d_bias, arriving[-1 if backwards else 0]


def _lstm_gates(inner: Any) -> Values:
    i, f, g, o = tf.split(inner, 4, axis=-1)
    return tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)


@loop.compiled
def _lstm_forward(projected: Any, kernel: Any, initial: Any, initial_cell: Any, present: Any, backwards: bool) -> Values:
    def step(before: Values, now: Values) -> Values:
        i, f, g, o = _lstm_gates(now[0] + tf.matmul(before[0], kernel))
        cell = f * before[1] + i * g
        return loop.kept(present, now, o * tf.tanh(cell), before[0]), loop.kept(present, now, cell, before[1])

    between, cells = loop.chain(step, (initial, initial_cell), loop.with_mask(present, projected), backwards)
    return between, cells


@loop.compiled
def _lstm_backward(
    projected: Any,
    between: Any,
    cells_between: Any,
    kernel: Any,
    present: Any,
    upstream: Any,
    upstream_cell: Any,
    sequences: bool,
    backwards: bool,
) -> Values:
    before, _ = loop.sides(between, backwards)
    cells_before, cells = loop.sides(cells_between, backwards)
    transposed = tf.linalg.matrix_transpose(kernel)
    i, f, g, o = _lstm_gates(projected + loop.all_steps_times(before, kernel))
    squashed = tf.tanh(cells)
    # Factors of dL/dc' for the gates i, f, g, and of dL/dh' for o and for c'; none of them depends on the loop.
    factors = tf.concat([g * i * (1 - i), cells_before * f * (1 - f), i * (1 - g * g), squashed * o * (1 - o)], axis=-1)
    masked = [loop.where(present, (present,), x) for x in (factors, o * (1 - squashed * squashed))]
    kept = f if present is None else tf.where(present, f, tf.ones_like(f))

    def through(arriving: Any, arriving_cell: Any, now: Values) -> tuple[Any, Any]:
        d_cell = arriving_cell + arriving * now[1]
        return _by_gate(now[0], d_cell, d_cell, d_cell, arriving), d_cell

    def back(arriving: Values, now: Values) -> Values:
        inner, d_cell = through(arriving[0], arriving[1], now)
        passed = tf.matmul(inner, transposed)
        if present is not None:
            passed += tf.where(now[-1], tf.zeros_like(passed), arriving[0])
        return (passed + now[3] if sequences else passed), d_cell * now[2]

    last, outside = loop.upstreams(upstream, sequences, backwards)
    arriving, arriving_cell = loop.chain(
        back, (last, upstream_cell), loop.with_mask(present, *masked, kept, *outside), not backwards
    )
    d_inner, _ = through(loop.sides(arriving, backwards)[1], loop.sides(arriving_cell, backwards)[1], tuple(masked))
    first = -1 if backwards else 0
    return d_inner, loop.over_all_steps(before, d_inner), arriving[first], arriving_cell[first]


def _by_gate(factors: Any, *values: Any) -> Any:
    """Each gate's factors times its own value, [..., G·U] times G of [..., U]; written without a concatenation of the values,
    which XLA in TensorFlow 2.21 compiles wrongly for some shapes (B 1, U 5, T 4)."""
    units = values[0].shape[-1]
    gates = tf.reshape(factors, [*loop.shape(factors)[:-1], len(values), units])
    chosen = values[-1][..., None, :]
    for place, value in reversed(list(enumerate(values[:-1]))):
        if value is not values[place + 1]:
            chosen = tf.where(tf.range(len(values))[:, None] <= place, value[..., None, :], chosen)
    return tf.reshape(gates * chosen, loop.shape(factors))


def _slope(activation: str, value: Any) -> Any:
    """φ'(z), from φ(z)."""
    if activation == "tanh":
        return 1 - value * value
    if activation == "sigmoid":
        return value * (1 - value)
    return tf.cast(value > 0, value.dtype) if activation == "relu" else tf.ones_like(value)
