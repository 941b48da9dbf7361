"""What is taken away runs in plain Keras: the .keras file and the source code, in a fresh interpreter without this package."""

from __future__ import annotations

import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import subprocess
import sys

import numpy as np
import pytest

from rnn_core.models.keras_build import build, set_weights
from rnn_core.models.keras_code import keras_notebook, keras_source
from rnn_core.models.network import Network
from rnn_core.models.summary import layer_table
from rnn_core.presets import PRESETS
from rnn_core.spec import ModelSpec
from tests.core.test_models_keras import padded, some_weights

TEXT = {"units": 5, "time_steps": 7, "features": 4, "heads": 2, "vocabulary": 12}
SPECS = {
    "textbook": ModelSpec(),
    "simple_rnn": ModelSpec(**TEXT, recurrent_initializer="identity", activation="relu", dropout=0.2, embedding_dropout=0.1),
    "every step": ModelSpec(**TEXT, kind="gru", pooling="every", padding="right"),
    "gru, both pools": ModelSpec(**TEXT, kind="gru", layers=2, pooling="mean_max", recurrent_initializer="identity", labels=3),
    "lstm": ModelSpec(**TEXT, kind="lstm", layers=2, bidirectional=True, pooling="max", recurrent_initializer="glorot_uniform"),
    "no mask": ModelSpec(**TEXT, kind="lstm", bidirectional=True, pooling="mean", mask=False),
    "bag_of_words": ModelSpec(**TEXT, kind="bag_of_words", labels=4),
    "dense": ModelSpec(**TEXT, kind="dense", dropout=0.5),
    "conv1d": ModelSpec(**TEXT, kind="conv1d"),
    "transformer": ModelSpec(**TEXT, kind="transformer", dropout=0.1),
    "transformer without order": ModelSpec(**TEXT, kind="transformer", positions=False, labels=3),
    "numbers, transformer": ModelSpec(kind="transformer", units=5, time_steps=7, features=4, heads=2),
    "numbers, dense": ModelSpec(kind="dense", units=5, time_steps=7, features=4),
    "numbers, both pools": ModelSpec(units=5, time_steps=7, features=4, pooling="mean_max", bidirectional=True),
    "as the presets": ModelSpec(**TEXT, bidirectional=True, pooling="max", activation="relu", dropout=0.5, padding="right"),
}
PRESET_SPECS = {f"preset {name}": preset.model for name, preset in PRESETS.items()}

# Everything of a run is read from and written to its folder; nothing of this repository can be imported there.
FRESH = """
import contextlib, io, json, sys
import keras, numpy as np

def described(model):
    layers = [layer for layer in model.layers if not layer.__class__.__module__.startswith("keras.src.ops")]
    return [[type(layer).__name__, list(layer.output.shape)] for layer in layers]

def run(source):
    program = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, "script", "exec"), program)
    return program["model"]

found = {}
for name, source in json.load(open("presets.json")).items():
    script = run(source)
    found[name] = {"parameters": script.count_params(), "layers": described(script), "loss": script.loss}
for number, source in enumerate(json.load(open("sources.json"))):
    model = keras.saving.load_model(f"{number}.keras")
    inputs = np.load(f"{number}.npy")
    script = run(source)
    start = [w.tolist() for v, w in zip(script.weights, script.get_weights()) if v.name == "recurrent_kernel"]
    trained = {id(v) for v in script.trainable_variables}
    codes = [w.tolist() for v, w in zip(script.weights, script.get_weights()) if id(v) not in trained and v.name == "embeddings"]
    script.set_weights(model.get_weights())
    found[number] = {
        "file": np.asarray(model(inputs)).tolist(),
        "script": np.asarray(script(inputs)).tolist(),
        "parameters": script.count_params(),
        "layers": described(script),
        "loss": script.loss,
        "start": start,
        "codes": codes,
    }
found["modules"] = [name for name in sys.modules if name.split(".")[0] == "rnn_core"]
json.dump(found, open("found.json", "w"))
"""


def inputs_of(spec: ModelSpec) -> np.ndarray:
    rng = np.random.default_rng(3)
    if not spec.vocabulary:
        return rng.normal(size=(3, spec.time_steps, spec.features)).astype(np.float32)
    return padded([rng.integers(1, spec.vocabulary, length).astype(np.int32) for length in (0, 1, 4, 7)], spec)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """What a fresh interpreter found: name of the specification -> its findings; and the built models' own answers."""
    folder = tmp_path_factory.mktemp("fresh")
    answers = {}
    for number, (name, spec) in enumerate(SPECS.items()):
        model = build(spec)
        set_weights(model, spec, some_weights(spec))
        model.save(folder / f"{number}.keras")
        np.save(folder / f"{number}.npy", inputs_of(spec))
        answers[name] = np.asarray(model(inputs_of(spec)))
    (folder / "sources.json").write_text(json.dumps([keras_source(spec) for spec in SPECS.values()]), encoding="utf-8")
    presets = {name: keras_source(spec) for name, spec in PRESET_SPECS.items()}
    (folder / "presets.json").write_text(json.dumps(presets), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "-c", FRESH], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((folder / "found.json").read_text())
    assert found["modules"] == []
    return {name: (found[str(number)], answers[name]) for number, name in enumerate(SPECS)} | {
        name: (found[name], None) for name in PRESET_SPECS
    }


@pytest.mark.parametrize("name", SPECS)
def test_keras_file_gives_the_same_probabilities_in_plain_keras(fresh, name):
    found, answers = fresh[name]
    np.testing.assert_allclose(found["file"], answers, atol=1e-6)


@pytest.mark.parametrize("name", [name for name, spec in SPECS.items() if spec.vocabulary])
def test_keras_file_gives_the_probabilities_of_the_page(fresh, name):
    spec, rng = SPECS[name], np.random.default_rng(3)
    texts = [rng.integers(1, spec.vocabulary, length).astype(np.int32) for length in (0, 1, 4, 7)]
    ours = Network(spec, some_weights(spec)).probabilities(texts)
    theirs = np.array(fresh[name][0]["file"])
    theirs = theirs[:, -1] if spec.pooling == "every" else theirs
    np.testing.assert_allclose(ours[:, -theirs.shape[1] :], theirs, atol=1e-5)


@pytest.mark.parametrize("name", SPECS)
def test_source_code_gives_the_models_answers_with_its_weights(fresh, name):
    found, answers = fresh[name]
    np.testing.assert_allclose(found["script"], answers, atol=1e-6)


@pytest.mark.parametrize("name", SPECS | PRESET_SPECS)
def test_source_code_has_the_layers_of_the_table(fresh, name):
    spec, (found, _) = (SPECS | PRESET_SPECS)[name], fresh[name]
    rows = layer_table(spec)
    assert found["parameters"] == sum(row.parameters for row in rows)
    layers = [[row.kind.split("(")[0], list(row.output_shape)] for row in rows if row.kind[0].isupper()]
    theirs = [layer for layer in found["layers"] if layer[0] != "InputLayer"]  # a Sequential model does not list its input
    assert sorted(theirs, key=str) == sorted(layers[1:], key=str)
    assert found["loss"] == ("binary_crossentropy" if spec.labels == 2 else "sparse_categorical_crossentropy")


def test_source_code_starts_the_weights_that_keras_has_no_initializer_for(fresh):
    gates = fresh["gru, both pools"][0]["start"]
    assert len(gates) == 2
    for kernel in gates:
        np.testing.assert_allclose(kernel, np.tile(0.9 * np.eye(5), 3), atol=1e-7)
    codes = np.array(fresh["transformer"][0]["codes"][0])
    np.testing.assert_allclose(
        codes[:, 0], np.sin(np.arange(7)), atol=1e-6
    )  # Vaswani et al.: sin(pos), cos(pos), sin(pos / 100) …
    np.testing.assert_allclose(codes[:, 1], np.cos(np.arange(7)), atol=1e-6)
    np.testing.assert_allclose(codes[:, 2], np.sin(np.arange(7) / 100), atol=1e-6)


@pytest.mark.parametrize("name", SPECS)
def test_notebook_holds_the_same_code_as_the_script(name):
    notebook = json.loads(keras_notebook(SPECS[name]))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert keras_source(SPECS[name]).split('"""', 2)[2].strip() == "\n\n".join(code)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
