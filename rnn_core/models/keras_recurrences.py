"""The recurrences of SimpleRNN, GRU and LSTM over a whole sequence, each with its backpropagation through time written by hand.

Only what truly depends on the step before is inside a loop. The input projection comes in ready-made, and the gradient of the
recurrent kernel is one matrix product over all steps after the backward loop, which carries nothing but the state's gradient.
Shapes are time-major: T steps, B texts, U units, G gates. `present` [T, B, 1] is False where a step leaves the state as it was.
S networks side by side run as one: every array then has an axis S before the last two ([T, S, B, U], kernels [S, U, G], a bias
[S, G]).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

ACTIVATIONS = ("tanh", "relu", "linear", "sigmoid")  # those whose slope follows from their value
_FUNCTIONS = {"tanh": tf.tanh, "relu": tf.nn.relu, "linear": tf.identity, "sigmoid": tf.sigmoid}

STEPS_AN_ITERATION = 4  # an iteration of XLA's loop has a cost of its own; many more steps in one only compile longer

Values = tuple[Any, ...]


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under XLA; inside a function that XLA compiles anyway it becomes a part of that."""
    return tf.function(function, jit_compile=True, autograph=False)  # type: ignore[no-any-return]  # TensorFlow has no types


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


@_compiled
def _simple_rnn_forward(projected: Any, kernel: Any, initial: Any, present: Any, activation: str, backwards: bool) -> Any:
    """The states before, between and after the steps, [T + 1, B, U]."""

    def step(before: Values, now: Values) -> Values:
        state = _FUNCTIONS[activation](now[0] + tf.matmul(before[0], kernel))
        return (_kept(present, now, state, before[0]),)

    return _chain(step, (initial,), _with(present, projected), backwards)[0]


@_compiled
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
    before, states = _sides(between, backwards)
    transposed = tf.linalg.matrix_transpose(kernel)

    def through(arriving: Any, now: Values) -> Any:
        return _where(present, now, arriving * _slope(activation, now[0]))

    def back(arriving: Values, now: Values) -> Values:
        passed = tf.matmul(through(arriving[0], now), transposed)
        if present is not None and not padding_leads:
            passed += tf.where(now[-1], tf.zeros_like(passed), arriving[0])
        return (passed + now[1] if sequences else passed,)

    last, outside = _upstreams(upstream, sequences, backwards)
    arriving = _chain(back, (last,), _with(present, states, *outside), not backwards)[0]
    d_initial, at_states = arriving[-1 if backwards else 0], _sides(arriving, backwards)[1]
    if len(kernel.shape) == 3:
        d_projected = through(at_states, _with(present, states))
        return d_projected, _over_all_steps(before, d_projected), d_initial
    # Flat already here, where the products need it so: XLA would compute the flat index of every single number.
    mask = None if present is None else _flat(present)
    d_flat = through(_flat(at_states), _with(mask, _flat(states)))
    return tf.reshape(d_flat, _shape(states)), tf.matmul(_flat(before), d_flat, transpose_a=True), d_initial


def _gru_gates(projected: Any, recurred: Any) -> Values:
    z_update, z_reset, z_candidate = tf.split(projected, 3, axis=-1)
    h_update, h_reset, h_candidate = tf.split(recurred, 3, axis=-1)
    reset = tf.sigmoid(z_reset + h_reset)
    return tf.sigmoid(z_update + h_update), reset, tf.tanh(z_candidate + reset * h_candidate), h_candidate


@_compiled
def _gru_forward(projected: Any, kernel: Any, bias: Any, initial: Any, present: Any, backwards: bool) -> Any:
    def step(before: Values, now: Values) -> Values:
        update, _, candidate, _ = _gru_gates(now[0], tf.matmul(before[0], kernel) + _beside(bias))
        return (_kept(present, now, candidate + update * (before[0] - candidate), before[0]),)

    return _chain(step, (initial,), _with(present, projected), backwards)[0]


@_compiled
def _gru_backward(
    projected: Any, between: Any, kernel: Any, bias: Any, present: Any, upstream: Any, sequences: bool, backwards: bool
) -> Values:
    before, _ = _sides(between, backwards)
    transposed = tf.linalg.matrix_transpose(kernel)
    update, reset, candidate, h_candidate = _gru_gates(projected, _all_steps_times(before, kernel) + _beside(bias))
    # What one unit of dL/dh' at a step gives each gate's inner value; none of it depends on the loop.
    by_update = (before - candidate) * update * (1 - update)
    by_candidate = (1 - update) * (1 - candidate * candidate)
    by_reset = by_candidate * h_candidate * reset * (1 - reset)
    factors = _where(present, (present,), tf.concat([by_update, by_reset, by_candidate * reset], axis=-1))
    by_candidate = _where(present, (present,), by_candidate)
    kept = update if present is None else tf.where(present, update, tf.ones_like(update))

    def back(arriving: Values, now: Values) -> Values:
        passed = tf.matmul(_by_gate(now[0], *[arriving[0]] * 3), transposed) + arriving[0] * now[1]
        return (passed + now[2] if sequences else passed,)

    last, outside = _upstreams(upstream, sequences, backwards)
    arriving = _chain(back, (last,), (factors, kept, *outside), not backwards)[0]
    at_states = _sides(arriving, backwards)[1]
    d_recurred = _by_gate(factors, *[at_states] * 3)
    d_projected = tf.concat([d_recurred[..., : 2 * kernel.shape[-2]], at_states * by_candidate], axis=-1)
    d_bias = tf.reduce_sum(d_recurred, [0, len(d_recurred.shape) - 2])
    return d_projected, _over_all_steps(before, d_recurred), d_bias, arriving[-1 if backwards else 0]


def _lstm_gates(inner: Any) -> Values:
    i, f, g, o = tf.split(inner, 4, axis=-1)
    return tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)


@_compiled
def _lstm_forward(projected: Any, kernel: Any, initial: Any, initial_cell: Any, present: Any, backwards: bool) -> Values:
    def step(before: Values, now: Values) -> Values:
        i, f, g, o = _lstm_gates(now[0] + tf.matmul(before[0], kernel))
        cell = f * before[1] + i * g
        return _kept(present, now, o * tf.tanh(cell), before[0]), _kept(present, now, cell, before[1])

    between, cells = _chain(step, (initial, initial_cell), _with(present, projected), backwards)
    return between, cells


@_compiled
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
    before, _ = _sides(between, backwards)
    cells_before, cells = _sides(cells_between, backwards)
    transposed = tf.linalg.matrix_transpose(kernel)
    i, f, g, o = _lstm_gates(projected + _all_steps_times(before, kernel))
    squashed = tf.tanh(cells)
    # Factors of dL/dc' for the gates i, f, g, and of dL/dh' for o and for c'; none of them depends on the loop.
    factors = tf.concat([g * i * (1 - i), cells_before * f * (1 - f), i * (1 - g * g), squashed * o * (1 - o)], axis=-1)
    masked = [_where(present, (present,), x) for x in (factors, o * (1 - squashed * squashed))]
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

    last, outside = _upstreams(upstream, sequences, backwards)
    arriving, arriving_cell = _chain(back, (last, upstream_cell), _with(present, *masked, kept, *outside), not backwards)
    d_inner, _ = through(_sides(arriving, backwards)[1], _sides(arriving_cell, backwards)[1], tuple(masked))
    first = -1 if backwards else 0
    return d_inner, _over_all_steps(before, d_inner), arriving[first], arriving_cell[first]


def _chain(step: Callable[[Values, Values], Values], first: Values, inputs: Sequence[Any], backwards: bool) -> Values:
    """Values before, between and after T steps, each [T + 1, ...], made from those before them and the step's inputs.

    Nothing is carried beside the arrays themselves: XLA then writes each value once, in place.
    """
    length = inputs[0].shape[0]
    sources = [tf.TensorArray(x.dtype, length, element_shape=x.shape[1:]).unstack(x) for x in inputs]
    arrays = [tf.TensorArray(x.dtype, length + 1, element_shape=x.shape, clear_after_read=False) for x in first]
    arrays = [array.write(length if backwards else 0, x) for array, x in zip(arrays, first, strict=True)]

    at_once = STEPS_AN_ITERATION if length % STEPS_AN_ITERATION == 0 else 1

    def body(count: Any, arrays: list[Any]) -> tuple[Any, list[Any]]:
        for _ in range(at_once):
            place = length - 1 - count if backwards else count
            old, new = (place + 1, place) if backwards else (place, place + 1)
            # Read back from the array even where the value is at hand: it then has one reader, and XLA writes it in place.
            values = step(tuple(array.read(old) for array in arrays), tuple(source.read(place) for source in sources))
            arrays = [array.write(new, value) for array, value in zip(arrays, values, strict=True)]
            count = count + 1
        return count, arrays

    start = (tf.constant(0), arrays)
    _, arrays = tf.while_loop(lambda count, _: count < length, body, start, maximum_iterations=length // at_once)
    return tuple(array.stack() for array in arrays)


def _sides(between: Any, backwards: bool) -> tuple[Any, Any]:
    """The values before and after each step, [T, ...] each."""
    return (between[1:], between[:-1]) if backwards else (between[:-1], between[1:])


def _upstreams(upstream: Any, sequences: bool, backwards: bool) -> tuple[Any, Values]:
    """What arrives from outside at the last state; and at the state before each step, where every state has a reader."""
    if not sequences:
        return upstream, ()
    zero = tf.zeros_like(upstream[:1])
    if backwards:
        return upstream[0], (tf.concat([upstream[1:], zero], 0),)
    return upstream[-1], (tf.concat([zero, upstream[:-1]], 0),)


def _with(present: Any, *inputs: Any) -> Values:
    return inputs if present is None else (*inputs, present)


def _kept(present: Any, now: Values, new: Any, old: Any) -> Any:
    return new if present is None else tf.where(now[-1], new, old)


def _where(present: Any, now: Values, value: Any) -> Any:
    return value if present is None else tf.where(now[-1], value, tf.zeros_like(value))


def _by_gate(factors: Any, *values: Any) -> Any:
    """Each gate's factors times its own value, [..., G·U] times G of [..., U]; written without a concatenation of the values,
    which XLA in TensorFlow 2.21 compiles wrongly for some shapes (B 1, U 5, T 4)."""
    units = values[0].shape[-1]
    gates = tf.reshape(factors, [*_shape(factors)[:-1], len(values), units])
    chosen = values[-1][..., None, :]
    for place, value in reversed(list(enumerate(values[:-1]))):
        if value is not values[place + 1]:
            chosen = tf.where(tf.range(len(values))[:, None] <= place, value[..., None, :], chosen)
    return tf.reshape(gates * chosen, _shape(factors))


def _shape(x: Any) -> list[Any]:
    return [tf.shape(x)[place] if size is None else size for place, size in enumerate(x.shape)]


def _all_steps_times(states: Any, kernel: Any) -> Any:
    if len(kernel.shape) == 3:
        return tf.einsum("tsbu,suv->tsbv", states, kernel)
    return tf.reshape(tf.matmul(_flat(states), kernel), [states.shape[0], -1, kernel.shape[1]])


def _over_all_steps(before: Any, d_inner: Any) -> Any:
    """Σ_t h_{t-1}ᵀ dz_t as one matrix product."""
    if len(before.shape) == 4:
        return tf.einsum("tsbu,tsbv->suv", before, d_inner)
    return tf.matmul(_flat(before), _flat(d_inner), transpose_a=True)


def _flat(x: Any) -> Any:
    return tf.reshape(x, [-1, x.shape[-1]])


def _beside(bias: Any) -> Any:
    """The bias [G], or one for each network [S, G], as it is added to [..., B, G]."""
    return bias[:, None] if len(bias.shape) == 2 else bias


def _slope(activation: str, value: Any) -> Any:
    """φ'(z), from φ(z)."""
    if activation == "tanh":
        return 1 - value * value
    if activation == "sigmoid":
        return value * (1 - value)
    return tf.cast(value > 0, value.dtype) if activation == "relu" else tf.ones_like(value)
