"""Arrays and a JSON object in one file that is either wholly there or not at all."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
_META = "meta.json"


class CheckpointError(ValueError):
    """A file that does not continue this training; the message says why."""


def write_checkpoint(path: Path, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
    """Writes beside `path` first and renames last, so that a crash leaves the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    text = json.dumps({"format": FORMAT, **meta}).encode()
    with temporary.open("wb") as file:
        np.savez(file, **{_META: np.frombuffer(text, np.uint8)}, **arrays)  # type: ignore[arg-type]  # its keywords are arrays
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The JSON object and the arrays.

    Raises:
        CheckpointError: not a whole checkpoint of this format.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        meta = json.loads(arrays.pop(_META).tobytes())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path.name} is not a whole checkpoint: {error}.") from None
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise CheckpointError(f"{path.name} is a checkpoint of another version.")
    return meta, arrays
