"""The table of a network's layers: shapes, parameters with their formula, multiplications and the memory that is carried on."""

from __future__ import annotations

from dataclasses import dataclass

from rnn_core.models.keras_code import keras_notebook, keras_source
from rnn_core.models.weights import GATES, pooled_width
from rnn_core.spec import ModelSpec

__all__ = ["Axis", "LayerRow", "keras_notebook", "keras_source", "layer_table"]

KERAS_NAMES = {"simple_rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}
BYTES_A_NUMBER = 4  # float32


@dataclass(frozen=True)
class Axis:
    """One axis of an output shape."""

    name: str  # "batch", "time steps", "units", …
    size: int | None  # None for the batch, which may have any size


@dataclass(frozen=True)
class LayerRow:
    """One layer of the network.

    Multiplications are those of matrix products and gates; activations, normalisation, sums and look-ups are not counted.
    """

    name: str  # as in the Keras model that `build` makes; pooling with a mask is no layer of Keras, but a few operations
    kind: str  # the Keras class, or in small letters what the operations do
    axes: tuple[Axis, ...]
    parameters: int
    formula: str  # "64·(32 + 64 + 1) = 6,208"; empty for a layer without parameters
    trained: bool  # False for parameters that stay as they are
    per_step: int  # multiplications at one time step; 0 for a layer that runs once a text
    per_text: int  # multiplications for a text of `time_steps` words
    state_bytes: int  # carried from one step to the next

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """As Keras writes it, None for the batch."""
        return tuple(axis.size for axis in self.axes)


def layer_table(spec: ModelSpec) -> tuple[LayerRow, ...]:
    """One row a layer, from the input to the output; parameters and shapes are those of Keras.

    Example:
        >>> [(row.name, row.parameters) for row in layer_table(ModelSpec())]
        [('features', 0), ('recurrent', 6208), ('output', 65)]
    """
    rows = _input_rows(spec)
    rows += _recurrent_rows(spec) if spec.is_recurrent else _BODIES[spec.kind](spec)
    every = spec.pooling == "every"
    width = Axis(_width_name(spec), pooled_width(spec))
    seen = (BATCH, _steps(spec), width) if every else (BATCH, width)
    if spec.dropout:
        rows.append(_plain("dropout", "Dropout", seen))
    inputs, outputs = pooled_width(spec), spec.outputs
    rows.append(
        _row(
            "output",
            "Dense",
            (*seen[:-1], Axis("answer" if outputs == 1 else "labels", outputs)),
            f"{outputs:,}·({inputs:,} + 1)",
            outputs * (inputs + 1),
            per_step=inputs * outputs if every else 0,
            per_text=inputs * outputs * (spec.time_steps if every else 1),
        )
    )
    return tuple(rows)


BATCH = Axis("batch", None)


def _steps(spec: ModelSpec) -> Axis:
    return Axis("time steps", spec.time_steps)


def _width_name(spec: ModelSpec) -> str:
    if spec.kind in ("bag_of_words", "transformer"):
        return "features"
    name = "filters" if spec.kind == "conv1d" else "units"
    return f"{name}, both directions" if spec.bidirectional else name


def _row(
    name: str,
    kind: str,
    axes: tuple[Axis, ...],
    formula: str,
    parameters: int,
    *,
    trained: bool = True,
    per_step: int = 0,
    per_text: int = 0,
    state_bytes: int = 0,
) -> LayerRow:
    return LayerRow(name, kind, axes, parameters, f"{formula} = {parameters:,}", trained, per_step, per_text, state_bytes)


def _plain(name: str, kind: str, axes: tuple[Axis, ...]) -> LayerRow:
    """A layer without parameters and products."""
    return LayerRow(name, kind, axes, 0, "", True, 0, 0, 0)


def _input_rows(spec: ModelSpec) -> list[LayerRow]:
    features = (BATCH, _steps(spec), Axis("features", spec.features))
    if spec.vocabulary:
        size = spec.vocabulary * spec.features
        rows = [
            _plain("words", "InputLayer", (BATCH, _steps(spec))),
            _row("embedding", "Embedding", features, f"{spec.vocabulary:,}·{spec.features:,}", size),
        ]
    else:
        rows = [_plain("features", "InputLayer", features)]
    if spec.embedding_dropout:
        rows.append(_plain("embedding_dropout", "Dropout", features))
    return rows


def _recurrent_rows(spec: ModelSpec) -> list[LayerRow]:
    rows: list[LayerRow] = []
    directions = 2 if spec.bidirectional else 1
    units, gates, width = spec.units, GATES[spec.kind], spec.features
    name_of_units = Axis(_width_name(spec), units * directions)
    for number in range(1, spec.layers + 1):
        sequences = number < spec.layers or spec.pooling != "last"
        biases = 2 if spec.kind == "gru" else 1  # one with the input and one with the state, inside the reset gate
        factors = "".join(f"{factor}·" for factor in (directions, gates) if factor > 1)
        # A gated cell multiplies three more times a unit: the gates with what they let through.
        products = directions * (gates * units * (width + units) + (3 * units if gates > 1 else 0))
        keras_name = KERAS_NAMES[spec.kind]
        rows.append(
            _row(
                "recurrent" if number == 1 else "recurrent_2",
                f"Bidirectional({keras_name})" if spec.bidirectional else keras_name,
                (BATCH, _steps(spec), name_of_units) if sequences else (BATCH, name_of_units),
                f"{factors}{units:,}·({width:,} + {units:,} + {biases})",
                directions * gates * units * (width + units + biases),
                per_step=products,
                per_text=products * spec.time_steps,
                state_bytes=directions * units * BYTES_A_NUMBER * (2 if spec.kind == "lstm" else 1),
            )
        )
        width = units * directions
    if spec.pooling not in ("last", "every"):
        rows += _pooling_rows(spec)
    return rows


def _pooling_rows(spec: ModelSpec) -> list[LayerRow]:
    """The mean, the maximum or both over the words: operations where padding is masked, layers of Keras elsewhere."""
    name = spec.pooling if spec.is_recurrent else "max" if spec.kind == "conv1d" else "mean"
    masked = spec.vocabulary and spec.mask and spec.kind != "conv1d"
    width = pooled_width(spec) // (2 if name == "mean_max" else 1)
    axes = (BATCH, Axis(_width_name(spec), width))
    mean = _plain("mean", "mean over the words" if masked else "GlobalAveragePooling1D", axes)
    greatest = _plain("max", "maximum over the words" if masked else "GlobalMaxPooling1D", axes)
    if name != "mean_max":
        return [mean if name == "mean" else greatest]
    return [mean, greatest, _plain("mean_max", "Concatenate", (BATCH, Axis(_width_name(spec), 2 * width)))]


def _bag_of_words_rows(spec: ModelSpec) -> list[LayerRow]:
    return _pooling_rows(spec)


def _dense_rows(spec: ModelSpec) -> list[LayerRow]:
    inputs = spec.time_steps * spec.features
    return [
        _plain("flatten", "Flatten", (BATCH, Axis("time steps · features", inputs))),
        _row(
            "hidden",
            "Dense",
            (BATCH, Axis("units", spec.units)),
            f"{spec.units:,}·({spec.time_steps:,}·{spec.features:,} + 1)",
            spec.units * (inputs + 1),
            per_text=inputs * spec.units,
        ),
    ]


def _conv1d_rows(spec: ModelSpec) -> list[LayerRow]:
    products = spec.kernel_size * spec.features * spec.units
    return [
        _row(
            "conv",
            "Conv1D",
            (BATCH, _steps(spec), Axis("filters", spec.units)),
            f"{spec.units:,}·({spec.kernel_size}·{spec.features:,} + 1)",
            spec.units * (spec.kernel_size * spec.features + 1),
            per_step=products,
            per_text=products * spec.time_steps,
        ),
        *_pooling_rows(spec),
    ]


def _transformer_rows(spec: ModelSpec) -> list[LayerRow]:
    steps, width, units = spec.time_steps, spec.features, spec.units
    features = (BATCH, _steps(spec), Axis("features", width))

    def norm(name: str) -> LayerRow:
        return _row(name, "LayerNormalization", features, f"2·{width:,}", 2 * width)

    def dense(name: str, inputs: int, outputs: int, axis: str) -> LayerRow:
        products = inputs * outputs
        axes = (BATCH, _steps(spec), Axis(axis, outputs))
        formula = f"{outputs:,}·({inputs:,} + 1)"
        return _row(name, "Dense", axes, formula, outputs * (inputs + 1), per_step=products, per_text=products * steps)

    # Query, key, value and output, then every word with every word: once for the scores, once for the mixture.
    products = 4 * width * width + 2 * steps * width
    attention = _row(
        "attention",
        "MultiHeadAttention",
        features,
        f"4·{width:,}·({width:,} + 1)",
        4 * width * (width + 1),
        per_step=products,
        per_text=products * steps,
    )
    codes = _row("positions", "Embedding", features, f"{steps:,}·{width:,}", steps * width, trained=False)
    rows = [codes] if spec.positions else []
    rows += [norm("attention_norm"), attention, norm("hidden_norm")]
    rows += [dense("hidden", width, units, "units"), dense("feed_forward", units, width, "features")]
    return [*rows, norm("final_norm"), *_pooling_rows(spec)]


_BODIES = {
    "bag_of_words": _bag_of_words_rows,
    "dense": _dense_rows,
    "conv1d": _conv1d_rows,
    "transformer": _transformer_rows,
}
