"""One unit at one time step, taken apart: every product that enters it, the sums, and what the cell makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_core.spec import Activation, Kind

Array = NDArray[np.float32]

# Order of the gates' columns in Keras' arrays, with the letter of the equations and the function that squashes the sum.
GATE_NAMES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "simple_rnn": (("new state", "h", "activation"),),
    "gru": (("update gate", "z", "sigmoid"), ("reset gate", "r", "sigmoid"), ("candidate", "h̃", "activation")),
    "lstm": (
        ("input gate", "i", "sigmoid"),
        ("forget gate", "f", "sigmoid"),
        ("candidate", "c̃", "activation"),
        ("output gate", "o", "sigmoid"),
    ),
}

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Term:
    """One summand: `product` is `number * weight`, and in a GRU's candidate what the reset gate lets through of it."""

    name: str  # "x₃", "h₁", "bias"
    meaning: str  # "feature 3 of the word", "unit 1 before"
    number: float | None
    weight: float | None
    product: float


@dataclass(frozen=True)
class WeightedSum:
    """One gate of one unit: `value = function(sum(x * w) + bias + recurrent_scale * (sum(h * u) + recurrent_bias))`."""

    name: str  # "update gate"
    symbol: str  # as the equations write it: "z"
    inputs: Array  # [D] what the cell reads at this step
    input_weights: Array  # [D] the column of the kernel that belongs to this unit and gate
    states: Array  # [U] the state before this step
    recurrent_weights: Array  # [U] the column of the recurrent kernel
    bias: float
    recurrent_bias: float  # GRU alone has a second one; 0 elsewhere
    recurrent_scale: float  # the reset gate's value in a GRU's candidate, 1 elsewhere
    function: str  # "tanh", "relu", "linear" or "sigmoid"

    @property
    def input_products(self) -> Array:
        """Every input times its weight: [D]."""
        return self.inputs * self.input_weights

    @property
    def recurrent_products(self) -> Array:
        """Every state times its recurrent weight, before any reset: [U]."""
        return self.states * self.recurrent_weights

    @property
    def total(self) -> float:
        """The sum that enters the function."""
        from_state = float(self.recurrent_products.sum()) + self.recurrent_bias
        return float(self.input_products.sum()) + self.bias + self.recurrent_scale * from_state

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every summand of `total`: the inputs, the states before, the bias."""
        scale = self.recurrent_scale
        through = "" if scale == 1.0 else f", times the reset gate {scale:.2f}"
        inputs = [
            Term(f"x{subscript(i + 1)}", f"feature {i + 1} of what is read", float(x), float(w), float(x * w))
            for i, (x, w) in enumerate(zip(self.inputs, self.input_weights, strict=True))
        ]
        states = [
            Term(f"h{subscript(j + 1)}", f"unit {j + 1} of the state before{through}", float(h), float(u), float(scale * h * u))
            for j, (h, u) in enumerate(zip(self.states, self.recurrent_weights, strict=True))
        ]
        biases = [Term("b", "bias", None, self.bias, self.bias)]
        if self.recurrent_bias:
            biases.append(
                Term("b′", f"bias on the state's side{through}", None, self.recurrent_bias, scale * self.recurrent_bias)
            )
        return (*inputs, *states, *biases)

    def largest_terms(self, count: int) -> tuple[Term, ...]:
        """The `count` summands that move the sum most, in their order, and the rest of them added up."""
        terms = self.terms
        if len(terms) <= count:
            return terms
        kept = set(sorted(range(len(terms)), key=lambda i: -abs(terms[i].product))[:count])
        rest = [term for i, term in enumerate(terms) if i not in kept]
        others = Term("others", f"the other {len(rest)} summands", None, None, sum(term.product for term in rest))
        return (*(terms[i] for i in sorted(kept)), others)

    @property
    def value(self) -> float:
        """What comes out of the function."""
        return squash(self.function, self.total)


@dataclass(frozen=True)
class InsideStep:
    """How one unit got its new state at one time step."""

    kind: Kind
    step: int  # 0 for the first word
    unit: int
    word: str  # at this step; layers above the first read states instead
    gates: tuple[WeightedSum, ...]  # in the order of Keras' columns
    state_before: float
    state_after: float
    memory_before: float | None = None  # the LSTM's cell state c
    memory_after: float | None = None
    activation: Activation = "tanh"  # that the LSTM puts on its cell state

    @property
    def equations(self) -> tuple[str, ...]:
        """The lines that turn the gates into the new state, first in letters, then with the numbers filled in."""
        value = {gate.symbol: gate.value for gate in self.gates}
        if self.kind == "simple_rnn":
            gate = self.gates[0]
            return (f"h = {gate.function}({gate.total:.3f}) = {self.state_after:.3f}",)
        if self.kind == "gru":
            z, new = value["z"], value["h̃"]
            return (
                "h = z · h₋₁ + (1 − z) · h̃",
                f"h = {z:.3f} · {_signed(self.state_before)} + {1 - z:.3f} · {_signed(new)} = {self.state_after:.3f}",
            )
        assert self.memory_before is not None  # an LSTM has one
        assert self.memory_after is not None
        return (
            "c = f · c₋₁ + i · c̃",
            f"c = {value['f']:.3f} · {_signed(self.memory_before)} + {value['i']:.3f} · {_signed(value['c̃'])}"
            f" = {self.memory_after:.3f}",
            f"h = o · {self.activation}(c)",
            f"h = {value['o']:.3f} · {self.activation}({self.memory_after:.3f}) = {self.state_after:.3f}",
        )


def step_arithmetic(
    kind: Kind,
    activation: Activation,
    weights: tuple[Array, Array, Array],
    x: Array,
    state: Array,
    unit: int,
    memory: Array | None = None,
    step: int = 0,
    word: str = "",
) -> InsideStep:
    """One unit's arithmetic at one step, as Keras' cells do it (GRU with `reset_after=True`).

    Args:
        kind: simple_rnn, gru or lstm.
        activation: of the candidate; gates are sigmoids.
        weights: kernel [D, G·U], recurrent_kernel [U, G·U], bias [G·U] (for GRU [2, 3·U]).
        x: what is read, [D].
        state: the state before, [U].
        unit: whose arithmetic.
        memory: the LSTM's cell state before, [U].
        step: the step's number, from 0, and `word` what is read: both are only carried along.
    """
    gates = _gates(kind, activation, weights, x, state, unit)
    before = float(state[unit])
    value = {gate.symbol: gate.value for gate in gates}
    if kind == "simple_rnn":
        return InsideStep(kind, step, unit, word, gates, before, value["h"], activation=activation)
    if kind == "gru":
        after = value["z"] * before + (1 - value["z"]) * value["h̃"]
        return InsideStep(kind, step, unit, word, gates, before, after, activation=activation)
    if memory is None:
        raise ValueError("An LSTM's step needs its cell state.")
    kept = value["f"] * float(memory[unit]) + value["i"] * value["c̃"]
    after = value["o"] * squash(activation, kept)
    return InsideStep(kind, step, unit, word, gates, before, after, float(memory[unit]), kept, activation)


def subscript(number: int) -> str:
    """12 is '₁₂'."""
    return str(number).translate(_SUBSCRIPTS)


def squash(function: str, total: float) -> float:
    """tanh, relu, linear or sigmoid of one number."""
    if function == "tanh":
        return float(np.tanh(total))
    if function == "relu":
        return max(total, 0.0)
    if function == "linear":
        return total
    return float(np.exp(-np.logaddexp(0.0, -total)))  # the sigmoid, without overflow for large negative sums


def _gates(
    kind: Kind, activation: Activation, weights: tuple[Array, Array, Array], x: Array, state: Array, unit: int
) -> tuple[WeightedSum, ...]:
    kernel, recurrent_kernel, bias = weights
    units = len(state)
    gates: list[WeightedSum] = []
    for number, (name, symbol, function) in enumerate(GATE_NAMES[kind]):
        column = number * units + unit
        reset = next((gate.value for gate in gates if gate.symbol == "r"), 1.0) if symbol == "h̃" else 1.0
        gates.append(
            WeightedSum(
                name,
                symbol,
                inputs=x,
                input_weights=kernel[:, column],
                states=state,
                recurrent_weights=recurrent_kernel[:, column],
                bias=float(bias[0, column] if kind == "gru" else bias[column]),
                recurrent_bias=float(bias[1, column]) if kind == "gru" else 0.0,
                recurrent_scale=reset,
                function=activation if function == "activation" else function,
            )
        )
    return tuple(gates)


def _signed(number: float) -> str:
    return f"{number:.3f}" if number >= 0 else f"(−{-number:.3f})"
