"""The one file in which a trained model travels: a zip of model.json and weights.npz, read without trusting a byte of it.

Nothing is unpickled, nothing is compressed (so nothing can blow up), sizes are checked before anything is read, and every array
must have the name, the shape and the type that the specification in model.json asks for. A hostile file costs
at most about 100 MB.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from rnn_core.data.texts import DataError
from rnn_core.data.tokens import Vocabulary
from rnn_core.models.weights import Weights, weight_shapes
from rnn_core.spec import ModelSpec, SpecError

FORMAT = "unrolled model"
VERSION = 1
MOST_WEIGHTS = 26_000_000  # numbers; 104 MB
MOST_JSON = 4_000_000  # bytes
MOST_DIRECTORY = 16_000  # bytes of a zip's list of members; ours take about 100 a member
BLOCK = 1 << 20

_END_RECORD = struct.Struct("<4s4H2LH")  # of a zip file, APPNOTE 4.3.16
_ZIP64_LOCATOR = b"PK\x06\x07"


class ModelFileError(ValueError):
    """A file that is not a model, or a model that does not fit in a file; the message says why."""


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds."""

    spec: ModelSpec
    vocabulary: Vocabulary
    label_names: tuple[str, ...]
    weights: Weights
    notes: dict[str, Any] = field(default_factory=dict)  # what else is known of the model, such as its accuracy; any JSON


def save_model(model: ModelFile, target: Path | str | IO[bytes]) -> None:
    """Writes the file; to a path whole or not at all.

    Raises:
        ModelFileError: the model is larger than what `load_model` takes.
    """
    count = weight_count(model.spec)
    if count > MOST_WEIGHTS:
        raise ModelFileError(f"This model has {count:,} weights; a model file holds at most {MOST_WEIGHTS:,}.")
    document = json.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "spec": model.spec.to_dict(),
            "label_names": list(model.label_names),
            "vocabulary": model.vocabulary.to_list(),
            "notes": model.notes,
        },
        ensure_ascii=False,
    ).encode("utf-8", "surrogatepass")
    if len(document) > MOST_JSON:
        raise ModelFileError(f"Vocabulary and notes take {len(document):,} bytes; a model file holds at most {MOST_JSON:,}.")
    if not isinstance(target, (str, Path)):
        _write(document, model.weights, target)
        return
    path = Path(target)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            _write(document, model.weights, file)
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def load_model(source: Path | str | IO[bytes]) -> ModelFile:
    """Reads what `save_model` wrote.

    Raises:
        ModelFileError: anything about the file is not as `save_model` writes it.
    """
    try:
        if isinstance(source, (str, Path)):
            with open(source, "rb") as file:
                return _read(file)
        return _read(source)
    except (zipfile.BadZipFile, EOFError, struct.error, NotImplementedError, OSError) as error:
        raise ModelFileError(f"The model file cannot be read: {error}.") from error


def weight_count(spec: ModelSpec) -> int:
    """Trained numbers of a model."""
    return sum(int(np.prod(shape, dtype=object)) for shape in weight_shapes(spec).values())


def _write(document: bytes, weights: Weights, file: IO[bytes]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("model.json", document)
        with archive.open("weights.npz", "w") as member, zipfile.ZipFile(member, "w", zipfile.ZIP_STORED) as arrays:
            for name, array in weights.items():
                with arrays.open(f"{name}.npy", "w") as entry:
                    np.lib.format.write_array(entry, np.ascontiguousarray(array, dtype="<f4"), version=(1, 0), allow_pickle=False)


def _read(file: IO[bytes]) -> ModelFile:
    with _open_zip(file) as archive:
        members = _members(archive)
        if set(members) != {"model.json", "weights.npz"}:
            raise ModelFileError(
                "The file is not a model of this lab: it must hold model.json and weights.npz, and nothing else."
            )
        if members["model.json"].file_size > MOST_JSON:
            raise ModelFileError(f"model.json is larger than {MOST_JSON:,} bytes.")
        document = _document(archive.read("model.json"))
        spec, vocabulary, label_names = _described(document)
        with archive.open("weights.npz") as member, _open_zip(member) as arrays:
            weights = _weights(arrays, spec)
    return ModelFile(spec, vocabulary, label_names, weights, document["notes"])


def _open_zip(file: IO[bytes]) -> zipfile.ZipFile:
    """The zip file, once the size of its directory is known to be harmless: zipfile would read one of any size into memory."""
    size = file.seek(0, os.SEEK_END)
    tail_size = min(size, _END_RECORD.size + 20)
    file.seek(size - tail_size)
    tail = file.read(tail_size)
    if len(tail) < _END_RECORD.size:
        raise ModelFileError("The file is not a model of this lab: it is no zip file.")
    signature, _, _, _, _, directory, _, comment = _END_RECORD.unpack(tail[-_END_RECORD.size :])
    if signature != b"PK\x05\x06" or comment or tail.startswith(_ZIP64_LOCATOR) or directory > MOST_DIRECTORY:
        raise ModelFileError("The file is not a model of this lab: it is no zip file, or not one that was written here.")
    file.seek(0)
    return zipfile.ZipFile(file)


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members = {info.filename: info for info in archive.infolist()}
    if len(members) != len(archive.infolist()):
        raise ModelFileError("The model file holds a member twice.")
    for info in members.values():
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size or info.flag_bits & 1:
            raise ModelFileError("The model file is compressed or encrypted; the lab writes its models plainly.")
    return members


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        raise ModelFileError("model.json is not valid JSON.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelFileError("The file is not a model of this lab: model.json does not say so.")
    if document.get("version") != VERSION:
        raise ModelFileError(f"The model file has version {document.get('version')!r}; this lab reads version {VERSION}.")
    if not isinstance(document.get("spec"), dict) or not isinstance(document.get("notes"), dict):
        raise ModelFileError("model.json must hold a specification and notes.")
    return document


def _described(document: dict[str, Any]) -> tuple[ModelSpec, Vocabulary, tuple[str, ...]]:
    try:
        spec = ModelSpec.from_dict(document["spec"])
        vocabulary = Vocabulary.from_list(document.get("vocabulary"))
    except (SpecError, DataError, OverflowError) as error:
        raise ModelFileError(f"The model file does not describe a model: {error}") from error
    names = document.get("label_names")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ModelFileError("The label names of the model file must be a list of texts.")
    if weight_count(spec) > MOST_WEIGHTS:
        raise ModelFileError(f"The model file asks for {weight_count(spec):,} weights; at most {MOST_WEIGHTS:,} are read.")
    return spec, vocabulary, tuple(names)


def _weights(arrays: zipfile.ZipFile, spec: ModelSpec) -> Weights:
    shapes = weight_shapes(spec)
    if set(_members(arrays)) != {f"{name}.npy" for name in shapes}:
        raise ModelFileError("The weights in the model file are not those that its specification asks for.")
    weights: Weights = {}
    for name, shape in shapes.items():
        with arrays.open(f"{name}.npy") as entry:
            weights[name] = _array(entry, name, shape)
    return weights


def _array(entry: IO[bytes], name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    try:
        version = np.lib.format.read_magic(entry)
        found, fortran_order, dtype = np.lib.format.read_array_header_1_0(entry) if version == (1, 0) else ((), True, None)
    except ValueError as error:
        raise ModelFileError(f"{name} in the model file is not an array.") from error
    if found != shape or fortran_order or dtype != np.dtype("<f4"):
        raise ModelFileError(f"{name} in the model file must be of the shape {shape}, as 32-bit numbers row by row.")
    array = np.empty(shape, dtype="<f4")
    octets, read = array.reshape(-1).view(np.uint8), 0
    while read < len(octets):
        block = np.frombuffer(entry.read(min(len(octets) - read, BLOCK)), dtype=np.uint8)
        if not len(block):
            raise ModelFileError(f"{name} in the model file is cut off.")
        octets[read : read + len(block)] = block
        read += len(block)
    if not np.isfinite(array).all():
        raise ModelFileError(f"{name} in the model file holds numbers that are not finite.")
    return array.astype(np.float32, copy=False)
