"""The loop over time steps that the recurrences share: under XLA, in place, forwards in one pass and backwards in the other.

Shapes are time-major, as in `keras_recurrences`; `present` [T, B, 1] is False where a step leaves the state as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

STEPS_AN_ITERATION = 4  # an iteration of XLA's loop has a cost of its own; many more steps in one only compile longer
LONG_SEQUENCE = 40  # steps

Values = tuple[Any, ...]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function under XLA; inside a function that XLA compiles anyway it becomes a part of that."""
    return tf.function(function, jit_compile=True, autograph=False)  # type: ignore[no-any-return]  # TensorFlow has no types


def chain(step: Callable[[Values, Values], Values], first: Values, inputs: Sequence[Any], backwards: bool) -> Values:
    """Values before, between and after T steps, each [T + 1, ...], made from those before them and the step's inputs.

    The values are carried beside the arrays that collect them: a step that read them back from an array and used them twice made
    XLA copy the whole array at every step.
    """
    length = inputs[0].shape[0]
    sources = [tf.TensorArray(x.dtype, length, element_shape=x.shape[1:]).unstack(x) for x in inputs]
    arrays = [tf.TensorArray(x.dtype, length + 1, element_shape=x.shape, clear_after_read=False) for x in first]
    # Each begins filled with a number of its own: of like arrays XLA would make one and copy it, on another thread if it is long.
    fills = [tf.fill([length + 1, *shape(x)], tf.cast(place, x.dtype)) for place, x in enumerate(first)]
    arrays = [array.unstack(fill) for array, fill in zip(arrays, fills, strict=True)]
    arrays = [array.write(length if backwards else 0, x) for array, x in zip(arrays, first, strict=True)]

    def several(times: int, count: Any, values: Values, arrays: list[Any]) -> tuple[Any, Values, list[Any]]:
        for _ in range(times):
            place = length - 1 - count if backwards else count
            values = step(values, tuple(source.read(place) for source in sources))
            arrays = [array.write(place if backwards else place + 1, value) for array, value in zip(arrays, values, strict=True)]
            count = count + 1
        return count, values, arrays

    # Steps that are left over go first, without a loop; a short sequence is not worth their compilation.
    at_once = STEPS_AN_ITERATION if length % STEPS_AN_ITERATION == 0 or length >= LONG_SEQUENCE else 1
    start = several(length % at_once, tf.constant(0), tuple(first), arrays)

    def body(count: Any, values: Values, arrays: list[Any]) -> tuple[Any, Values, list[Any]]:
        return several(at_once, count, values, arrays)

    _, _, arrays = tf.while_loop(lambda count, *_: count < length, body, start, maximum_iterations=length // at_once)
    return tuple(array.stack() for array in arrays)


def sides(between: Any, backwards: bool) -> tuple[Any, Any]:
    """The values before and after each step, [T, ...] each."""
    return (between[1:], between[:-1]) if backwards else (between[:-1], between[1:])


def upstreams(upstream: Any, sequences: bool, backwards: bool) -> tuple[Any, Values]:
    """What arrives from outside at the last state; and at the state before each step, where every state has a reader."""
    if not sequences:
        return upstream, ()
    zero = tf.zeros_like(upstream[:1])
    if backwards:
        return upstream[0], (tf.concat([upstream[1:], zero], 0),)
    return upstream[-1], (tf.concat([zero, upstream[:-1]], 0),)


def with_mask(present: Any, *inputs: Any) -> Values:
    """The inputs of a loop, with the mask as the last where there is one."""
    return inputs if present is None else (*inputs, present)


def kept(present: Any, now: Values, new: Any, old: Any) -> Any:
    """The new value where this step is present, else the old one; the mask is the last of the step's inputs."""
    return new if present is None else tf.where(now[-1], new, old)


def where(present: Any, now: Values, value: Any) -> Any:
    """The value where this step is present, else zero."""
    return value if present is None else tf.where(now[-1], value, tf.zeros_like(value))


def shape(x: Any) -> list[Any]:
    """The sizes of the axes, known ones as numbers."""
    return [tf.shape(x)[place] if size is None else size for place, size in enumerate(x.shape)]


def flat(x: Any) -> Any:
    """All axes but the last as one."""
    return tf.reshape(x, [-1, x.shape[-1]])


def all_steps_times(states: Any, kernel: Any) -> Any:
    """h_t R of all steps as one matrix product."""
    if len(kernel.shape) == 3:
        return tf.einsum("tsbu,suv->tsbv", states, kernel)
    return tf.reshape(tf.matmul(flat(states), kernel), [states.shape[0], -1, kernel.shape[1]])


def over_all_steps(before: Any, d_inner: Any) -> Any:
    """Σ_t h_{t-1}ᵀ dz_t as one matrix product."""
    if len(before.shape) == 4:
        return tf.einsum("tsbu,tsbv->suv", before, d_inner)
    return tf.matmul(flat(before), flat(d_inner), transpose_a=True)


def beside(bias: Any) -> Any:
    """The bias [G], or one for each network [S, G], as it is added to [..., B, G]."""
    return bias[:, None] if len(bias.shape) == 2 else bias
