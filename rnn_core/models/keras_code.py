"""The Keras source code of exactly one network, as a script that runs as it stands and as a notebook."""

from __future__ import annotations

import json
from dataclasses import dataclass

from rnn_core.models.weights import GATES, IDENTITY_GAIN
from rnn_core.spec import ModelSpec

CLASSES = {"simple_rnn": "SimpleRNN", "gru": "GRU", "lstm": "LSTM"}
NORM_EPSILON = 1e-6


@dataclass(frozen=True)
class _Layer:
    """One layer that reads x and writes x."""

    source: str


@dataclass(frozen=True)
class _Lines:
    """Other code between two layers."""

    source: str


def keras_source(spec: ModelSpec) -> str:
    """A Python script that builds, compiles and prints the model of `spec` with stock Keras alone.

    The model has the layers, shapes and parameters that `keras_build.build` gives, and the same weights give the same answers.
    """
    return "\n\n".join([f'"""{_title(spec)}"""', _imports(spec), _model(spec), "model.summary()"]) + "\n"


def keras_notebook(spec: ModelSpec) -> str:
    """The same as the text of a Jupyter notebook (nbformat 4.5): a heading, the model, its summary."""
    cells = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": _lines(f"# {_title(spec)}\n\n{_how_to_feed(spec)}")},
        *(
            {"cell_type": "code", "id": name, "metadata": {}, "execution_count": None, "outputs": [], "source": _lines(source)}
            for name, source in (("imports", _imports(spec)), ("model", _model(spec)), ("summary", "model.summary()"))
        ),
    ]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False)


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)


def _title(spec: ModelSpec) -> str:
    name = CLASSES.get(
        spec.kind, {"bag_of_words": "Bag of words", "dense": "Dense", "conv1d": "Conv1D"}.get(spec.kind, "Transformer")
    )
    size = f" of {spec.units} units" if spec.kind != "bag_of_words" else ""
    what = f"{spec.time_steps} words" if spec.vocabulary else f"{spec.time_steps} time steps of {spec.features} features"
    return f"{name}{size} over {what}, in Keras."


def _how_to_feed(spec: ModelSpec) -> str:
    if not spec.vocabulary:
        return f"The input is an array of numbers of the shape (texts, {spec.time_steps}, {spec.features})."
    side = "pre" if spec.padding == "left" else "post"
    return (
        "The input is word ids: 0 is padding, 1 an unknown word. Texts become equally long by "
        f'keras.utils.pad_sequences(ids, maxlen={spec.time_steps}, padding="{side}", truncating="post").'
    )


def _imports(spec: ModelSpec) -> str:
    needs_numpy = (spec.kind == "transformer" and spec.positions) or _sets_identity_by_hand(spec)
    needs_ops = any("ops." in step.source for step in _steps(spec))
    lines = [
        "import keras",
        *(["import numpy as np"] if needs_numpy else []),
        f"from keras import layers{', ops' if needs_ops else ''}",
    ]
    return "\n".join(lines)


def _model(spec: ModelSpec) -> str:
    steps = _steps(spec)
    activation, loss = ("sigmoid", "binary_crossentropy") if spec.labels == 2 else ("softmax", "sparse_categorical_crossentropy")
    steps.append(_Layer(f'layers.Dense({spec.outputs}, activation="{activation}")'))
    shape = f'({spec.time_steps},), dtype="int32"' if spec.vocabulary else f"({spec.time_steps}, {spec.features})"
    if all(isinstance(step, _Layer) for step in steps):
        inner = "".join(f"        {step.source},\n" for step in [_Layer(f"keras.Input(shape={shape})"), *steps])
        body = f"model = keras.Sequential(\n    [\n{inner}    ]\n)"
    else:
        lines = [f"x = {step.source}(x)" if isinstance(step, _Layer) else step.source for step in steps]
        lines[-1] = lines[-1].replace("x = ", "outputs = ", 1)
        lines = [f"inputs = keras.Input(shape={shape})", *lines, "model = keras.Model(inputs, outputs)"]
        if spec.vocabulary:  # the embedding reads the input, all other layers read x
            body = "\n".join(lines).replace(")(x)", ")(inputs)", 1)
        else:
            body = "\n".join([lines[0], "x = inputs", *lines[1:]])
    comment = f"# {_how_to_feed(spec)}\n".replace(". Texts", ".\n# Texts")
    return f'{comment}{body}\nmodel.compile(optimizer="adam", loss="{loss}", metrics=["accuracy"])' + _fixed_starts(spec)


def _steps(spec: ModelSpec) -> list[_Layer | _Lines]:
    """Everything between the input and the output layer."""
    steps: list[_Layer | _Lines] = []
    masked = bool(spec.vocabulary and spec.mask)
    if masked and (not spec.is_recurrent or spec.pooling not in ("last", "every")):
        ones = 'ops.cast(ops.expand_dims(ops.not_equal(inputs, 0), -1), "float32")'
        steps.append(_Lines(f"words = {ones}  # 1 at a word, 0 at padding"))
    if spec.vocabulary:
        mask = ", mask_zero=True" if spec.is_recurrent and spec.mask else ""
        start = ", embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0)" if spec.kind == "transformer" else ""
        steps.append(_Layer(f"layers.Embedding({spec.vocabulary}, {spec.features}{mask}{start})"))
    if spec.embedding_dropout:
        steps.append(_Layer(f"layers.Dropout({spec.embedding_dropout}, noise_shape=(None, None, 1))"))
    if spec.is_recurrent:
        steps += _recurrent(spec, masked)
    elif spec.kind == "bag_of_words":
        steps += _pooled("mean", masked)
    elif spec.kind == "dense":
        steps += [*_zeroed(masked), _Layer("layers.Flatten()"), _Layer(f'layers.Dense({spec.units}, activation="relu")')]
    elif spec.kind == "conv1d":
        conv = _Layer(f'layers.Conv1D({spec.units}, {spec.kernel_size}, padding="same", activation="relu")')
        steps += [*_zeroed(masked), conv, *_zeroed(masked), _Layer("layers.GlobalMaxPooling1D()")]
    else:
        steps += _transformer(spec, masked)
    if spec.dropout:
        steps.append(_Layer(f"layers.Dropout({spec.dropout})"))
    return steps


def _recurrent(spec: ModelSpec, masked: bool) -> list[_Layer | _Lines]:
    steps: list[_Layer | _Lines] = []
    for number in range(1, spec.layers + 1):
        arguments = [str(spec.units)]
        if spec.activation != "tanh":
            arguments.append(f'activation="{spec.activation}"')
        if spec.recurrent_initializer == "glorot_uniform":
            arguments.append('recurrent_initializer="glorot_uniform"')
        if spec.recurrent_initializer == "identity" and spec.kind == "simple_rnn":
            arguments.append(f"recurrent_initializer=keras.initializers.Identity({IDENTITY_GAIN})")
        if number < spec.layers or spec.pooling != "last":
            arguments.append("return_sequences=True")
        layer = f"layers.{CLASSES[spec.kind]}({', '.join(arguments)})"
        steps.append(_Layer(f"layers.Bidirectional({layer})" if spec.bidirectional else layer))
    return steps + _pooled(spec.pooling, masked)


def _pooled(pooling: str, masked: bool) -> list[_Layer | _Lines]:
    """The mean, the maximum or both over the words; nothing where the last state or every state is wanted."""
    if pooling not in ("mean", "max", "mean_max"):
        return []
    mean, greatest = "layers.GlobalAveragePooling1D()", "layers.GlobalMaxPooling1D()"
    if pooling != "mean_max" and not masked:
        return [_Layer(mean if pooling == "mean" else greatest)]
    if masked:  # a text without words gives zero, where GlobalAveragePooling1D would divide by zero
        mean = "ops.sum(x * words, axis=1) / ops.maximum(ops.sum(words, axis=1), 1.0)"
        greatest = "ops.max(ops.where(words > 0, x, -1e30), axis=1) * ops.max(words, axis=1)"
    else:
        mean, greatest = f"{mean}(x)", f"{greatest}(x)"
    if pooling != "mean_max":
        return [_Lines(f"x = {mean if pooling == 'mean' else greatest}")]
    return [_Lines(f"mean = {mean}\ngreatest = {greatest}\nx = layers.Concatenate()([mean, greatest])")]


def _zeroed(masked: bool) -> list[_Layer | _Lines]:
    return [_Lines("x = x * words")] if masked else []


def _transformer(spec: ModelSpec, masked: bool) -> list[_Layer | _Lines]:
    norm = f"layers.LayerNormalization(epsilon={NORM_EPSILON})"
    lines: list[str] = []
    if spec.positions:
        count = "words[:, :, 0]" if masked else "ops.ones_like(x[:, :, 0])"
        lines += [
            f'place = ops.cast(ops.maximum(ops.cumsum({count}, axis=1) - 1, 0), "int32")  # from 0 at the first word',
            f"positions = layers.Embedding({spec.time_steps}, {spec.features}, trainable=False)",
            "x = x + positions(place)",
        ]
    mask = ", attention_mask=ops.swapaxes(words, 1, 2) > 0" if masked else ""
    lines += [
        f"normed = {norm}(x)",
        f"x = x + layers.MultiHeadAttention({spec.heads}, {spec.features // spec.heads})(normed, normed{mask})",
        f"normed = {norm}(x)",
        f'hidden = layers.Dense({spec.units}, activation="relu")(normed)',
        f"x = x + layers.Dense({spec.features})(hidden)",
        f"x = {norm}(x)",
    ]
    return [_Lines("\n".join(lines)), *_pooled("mean", masked)]


def _sets_identity_by_hand(spec: ModelSpec) -> bool:
    """Keras' Identity initializer would give the identity to the first gate alone."""
    return spec.recurrent_initializer == "identity" and GATES.get(spec.kind, 1) > 1


def _fixed_starts(spec: ModelSpec) -> str:
    """Code after the model for the weights that no initializer of Keras gives."""
    if spec.kind == "transformer" and spec.positions:
        return f"""

# Sinusoidal position codes (Vaswani et al. 2017), which are not trained
column = np.arange({spec.features})
angle = np.arange({spec.time_steps})[:, None] / 10000 ** (2 * (column // 2) / {spec.features})
positions.set_weights([np.sin(angle + column % 2 * np.pi / 2)])"""
    if _sets_identity_by_hand(spec):
        return f"""

# Every gate starts from {IDENTITY_GAIN} times the state before
for variable in model.trainable_variables:
    if variable.name == "recurrent_kernel":
        variable.assign(np.tile({IDENTITY_GAIN} * np.eye({spec.units}), {GATES[spec.kind]}))"""
    return ""
