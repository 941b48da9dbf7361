"""The model file: what is written comes back to the last bit, and a hostile file costs little and gets a sentence."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_core.classifier import Classifier
from rnn_core.data.tokens import Vocabulary
from rnn_core.model_file import MOST_JSON, ModelFile, ModelFileError, load_model, save_model, weight_count
from rnn_core.spec import KINDS, ModelSpec
from tests.core.small import TEXT, small_classifier


def saved(classifier: Classifier) -> bytes:
    file = io.BytesIO()
    classifier.save(file)
    return file.getvalue()


def members(data: bytes) -> tuple[dict, dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        document = json.loads(archive.read("model.json"))
        with zipfile.ZipFile(io.BytesIO(archive.read("weights.npz"))) as arrays:
            return document, {name: arrays.read(name) for name in arrays.namelist()}


def packed(document: object, arrays: dict[str, bytes], inner: int = zipfile.ZIP_STORED, outer: int = zipfile.ZIP_STORED) -> bytes:
    npz, file = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(npz, "w", inner) as archive:
        for name, data in arrays.items():
            archive.writestr(name, data)
    with zipfile.ZipFile(file, "w", outer) as archive:
        archive.writestr("model.json", document if isinstance(document, bytes) else json.dumps(document))
        archive.writestr("weights.npz", npz.getvalue())
    return file.getvalue()


def npy(array: np.ndarray, **options) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **options)
    return file.getvalue()


def load_bytes(data: bytes) -> Classifier:
    return Classifier.load(io.BytesIO(data))


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_comes_back_to_the_last_bit(kind, tmp_path):
    classifier = small_classifier(kind=kind, features=4, labels=3)
    noted = Classifier(
        classifier.spec, classifier.vocabulary, ("so-so", "良い", "\ud800"), classifier.weights, {"accuracy": 0.75}
    )
    noted.save(tmp_path / "model.zip")
    back = Classifier.load(tmp_path / "model.zip")
    assert (back.spec, back.vocabulary, back.label_names, back.notes) == (
        noted.spec,
        noted.vocabulary,
        noted.label_names,
        {"accuracy": 0.75},
    )
    np.testing.assert_array_equal(back.predict_proba([TEXT, ""]), noted.predict_proba([TEXT, ""]))
    assert [path.name for path in tmp_path.iterdir()] == ["model.zip"]  # no temporary file is left


def test_numpy_reads_the_weights_too(tmp_path):
    classifier = small_classifier()
    with zipfile.ZipFile(io.BytesIO(saved(classifier))) as archive:
        weights = np.load(io.BytesIO(archive.read("weights.npz")), allow_pickle=False)
    np.testing.assert_array_equal(weights["recurrent_kernel"], classifier.weights["recurrent_kernel"])
    np.testing.assert_array_equal(weights["output/kernel"], classifier.weights["output/kernel"])


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.zip"
    small_classifier().save(path)
    before = path.read_bytes()
    unwritable = small_classifier()
    unwritable.notes["circle"] = {1, 2}  # no JSON
    with pytest.raises(TypeError):
        unwritable.save(path)
    broken = ModelFile(unwritable.spec, unwritable.vocabulary, unwritable.label_names, {"kernel": np.array("x")})
    with pytest.raises(ValueError, match="convert"):
        save_model(broken, path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_model_too_large_for_a_file_is_refused_when_it_is_saved():
    spec = ModelSpec(vocabulary=200_000, features=512)
    assert weight_count(spec) > 100_000_000
    with pytest.raises(ModelFileError, match="at most 26,000,000"):
        save_model(ModelFile(spec, Vocabulary(()), ("a", "b"), {}), io.BytesIO())


class Bomb:
    """A pickle that would leave a mark."""

    def __reduce__(self):
        return (exec, ("import builtins; builtins.exploded = True",))


def with_member(name: str, data: bytes) -> bytes:
    file = io.BytesIO(saved(small_classifier()))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, data)
    return file.getvalue()


def with_array(name: str, data: bytes) -> bytes:
    document, arrays = members(saved(small_classifier()))
    return packed(document, {**arrays, f"{name}.npy": data})


def with_document(**changes: object) -> bytes:
    document, arrays = members(saved(small_classifier()))
    return packed({**document, **changes}, arrays)


def with_spec(**changes: object) -> bytes:
    return with_document(spec={**small_classifier().spec.to_dict(), **changes})


def huge_directory() -> bytes:
    """A zip whose list of members says that it is large: zipfile would read all of it into objects."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    directory = entry * 100_000
    return directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65_535, 65_535, len(directory), 0, 0)


def zip64() -> bytes:
    data = saved(small_classifier())
    return data[:-22] + struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1) + data[-22:]


def deflated_zeros() -> bytes:
    """Weights of 90 MB in 90 kB."""
    spec = ModelSpec(vocabulary=180_000, features=128, units=1)
    document, _ = members(saved(small_classifier()))
    arrays = {"embeddings.npy": npy(np.zeros((180_000, 128), np.float32))}
    return packed({**document, "spec": spec.to_dict()}, arrays, inner=zipfile.ZIP_DEFLATED)


def header_of_terabytes() -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"shape": (10**12,), "fortran_order": False, "descr": "<f4"})
    return file.getvalue()


def truncated_header() -> bytes:
    return with_array("kernel", npy(small_classifier().weights["kernel"])[:40])


HOSTILE = {
    "nothing": (lambda: b"", "no zip file"),
    "no zip": (lambda: b"hello " * 100, "no zip file"),
    "a pickle": (lambda: pickle.dumps(Bomb()), "no zip file"),
    "the end of a zip alone": (lambda: struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 0), "must hold model.json"),
    "another zip": (lambda: with_member("../../etc/passwd", b""), "nothing else"),
    "a member twice": (lambda: with_member("model.json", b"{}"), "twice"),
    "a huge directory": (huge_directory, "not one that was written here"),
    "zip64": (zip64, "not one that was written here"),
    "cut in half": (lambda: saved(small_classifier())[:-300], "no zip file"),
    "deflated weights": (deflated_zeros, "plainly"),
    "deflated whole": (lambda: packed(*members(saved(small_classifier())), outer=zipfile.ZIP_DEFLATED), "plainly"),
    "json too long": (lambda: packed(b" " * (MOST_JSON + 1), {}), "larger than 4,000,000"),
    "json too deep": (lambda: packed(b"[" * 1_000_000, {}), "not valid JSON"),
    "json of a list": (lambda: packed(b"[]", {}), "does not say so"),
    "json of many lists": (lambda: packed(b"[" + b"[]," * 1_300_000 + b"1]", {}), "does not say so"),
    "another version": (lambda: with_document(version=2), "version 2; this lab reads version 1"),
    "no notes": (lambda: with_document(notes=None), "a specification and notes"),
    "a vocabulary of numbers": (lambda: with_document(vocabulary=[1, 2]), "Each word"),
    "a word twice": (lambda: with_document(vocabulary=["a", "a"]), "twice"),
    "too many words": (lambda: with_document(vocabulary=["a"] * 200_000), "at most"),
    "more words than rows": (lambda: with_document(vocabulary=[f"w{n}" for n in range(50)]), "needs 52 rows"),
    "one label": (lambda: with_document(label_names=["a"]), "as many different names"),
    "labels of numbers": (lambda: with_document(label_names=[1, 2]), "list of texts"),
    "an unknown setting": (lambda: with_spec(command="rm"), "no setting called 'command'"),
    "a huge number of units": (lambda: with_spec(units=10**400), "does not describe a model"),
    "no whole number": (lambda: with_spec(units=1.5), "whole number"),
    "not a number": (lambda: with_spec(dropout=float("nan")), "must be a number"),
    "numeric input": (lambda: with_spec(vocabulary=0), "not those that its specification asks for"),
    "weights of 2 GB": (lambda: with_spec(kind="dense", units=512, time_steps=2000, features=512), "at most 26,000,000 are read"),
    "weights that are missing": (lambda: with_spec(kind="transformer", features=4), "not those that its specification asks for"),
    "a pickled array": (lambda: with_array("kernel", npy(np.array([Bomb()], object), allow_pickle=True)), "must be of the shape"),
    "an array of another shape": (lambda: with_array("kernel", npy(np.zeros((9, 9), np.float32))), "must be of the shape"),
    "an array of terabytes": (lambda: with_array("kernel", header_of_terabytes()), "must be of the shape"),
    "an array of doubles": (lambda: with_array("kernel", npy(small_classifier().weights["kernel"].astype(float))), "32-bit"),
    "an array in columns": (
        lambda: with_array("kernel", npy(np.asfortranarray(small_classifier().weights["kernel"]))),
        "row by row",
    ),
    "an array cut off": (lambda: with_array("kernel", npy(small_classifier().weights["kernel"])[:-4]), "cut off"),
    "a header cut off": (truncated_header, "not an array"),
    "no array": (lambda: with_array("kernel", b"hello"), "not an array"),
    "not finite": (lambda: with_array("kernel", npy(np.full((3, 4), np.nan, np.float32))), "not finite"),
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_a_sentence_and_costs_little(name):
    make, sentence = HOSTILE[name]
    data = make()
    tracemalloc.start()
    try:
        with pytest.raises(ModelFileError, match=sentence):
            load_bytes(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 120_000_000
    assert not hasattr(__builtins__, "exploded")


def test_a_file_that_is_not_there_gets_a_sentence(tmp_path):
    with pytest.raises(ModelFileError, match="cannot be read"):
        load_model(tmp_path / "nowhere.zip")


@given(st.data())
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_file_with_broken_bytes_is_refused_or_still_a_model(data):
    """Any bytes may be hit; CRCs of the zip find those in the weights."""
    broken = bytearray(saved(small_classifier()))
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        classifier = load_bytes(bytes(broken))
    except ModelFileError:
        return
    assert classifier.predict_proba([TEXT]).shape == (1, 2)
