"""Files that runs and uploads leave behind, on a disk or in any store that fsspec opens; each is there whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from uuid import uuid4

import fsspec
from fsspec.implementations.local import LocalFileSystem

from lab.records import Run

_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_TEMPORARY = ".tmp"


class ArtifactError(ValueError):
    """A file that is not there, or a place that cannot be written; the message says which."""


def run_key(run: Run, name: str) -> str:
    """Where a run keeps one of its files: `run_key(run, "model.zip")`."""
    return f"runs/{run.owner}/{run.id}/{name}"


def upload_key(owner: str, upload_id: str) -> str:
    """Where an owner's uploaded texts are."""
    return f"uploads/{owner}/{upload_id}.parquet"


class Artifacts:
    """Files by key, such as `runs/<owner>/<run>/model.zip`, below one fsspec URL.

    Raises:
        ArtifactError: a key that is not there when it is read.
    """

    def __init__(self, url: str) -> None:
        self._files, root = fsspec.core.url_to_fs(url)
        self._root = root.rstrip("/")
        self._on_disk = isinstance(self._files, LocalFileSystem)

    def read(self, key: str) -> bytes:
        """The content of a file."""
        try:
            data: bytes = self._files.cat_file(self._path(key))
        except FileNotFoundError:
            raise ArtifactError(f"The file {PurePosixPath(key).name} of this run is not there (any more).") from None
        return data

    def exists(self, key: str) -> bool:
        """Whether the file is there; then it is there whole."""
        return bool(self._files.exists(self._path(key)))

    def names(self, folder: str) -> tuple[str, ...]:
        """The names of the files in a folder, sorted; none where the folder is not there."""
        try:
            found = self._files.ls(self._path(folder), detail=False)
        except FileNotFoundError:
            return ()
        return tuple(sorted(name for name in (PurePosixPath(path).name for path in found) if not name.startswith(".")))

    def size(self, folder: str) -> int:
        """Bytes in a folder and below."""
        path = self._path(folder)
        return int(self._files.du(path)) if self._files.exists(path) else 0

    def write(self, key: str, data: bytes) -> None:
        """The file with this content, in place of an older one."""
        with self.writing(key) as path:
            path.write_bytes(data)

    @contextmanager
    def writing(self, key: str) -> Iterator[Path]:
        """A path on this machine to write to; at the end of the block the file appears under its key, whole.

        If the block raises, nothing appears and an older file stays.
        """
        target = Path(self._path(key))
        with tempfile.TemporaryDirectory(prefix="unrolled-") if not self._on_disk else _folder(target.parent) as folder:
            temporary = Path(folder) / f".{target.name}.{uuid4().hex}{_TEMPORARY}"
            try:
                yield temporary
                with temporary.open("rb") as written:
                    os.fsync(written.fileno())
                if self._on_disk:
                    os.replace(temporary, target)
                    _sync_folder(target.parent)
                else:
                    self._files.put_file(str(temporary), self._path(key))
            finally:
                temporary.unlink(missing_ok=True)

    @contextmanager
    def reading(self, key: str) -> Iterator[Path]:
        """A path on this machine from which the file can be read inside the block."""
        if self._on_disk:
            if not self.exists(key):
                raise ArtifactError(f"The file {PurePosixPath(key).name} of this run is not there (any more).")
            yield Path(self._path(key))
            return
        with tempfile.TemporaryDirectory(prefix="unrolled-") as folder:
            copy = Path(folder) / PurePosixPath(key).name
            copy.write_bytes(self.read(key))
            yield copy

    def copy(self, key: str, other: str) -> None:
        """A second file with the same content."""
        self.write(other, self.read(key))

    def delete(self, key: str) -> None:
        """Removes a file, or a folder with all that is in it; nothing happens where there is none."""
        path = self._path(key)
        if self._files.exists(path):
            self._files.rm(path, recursive=True)

    def clear_temporaries(self, older_than: float = 3_600.0) -> None:
        """Removes what a killed process had begun to write on this disk, once it is this many seconds old."""
        if self._on_disk:
            for begun in Path(self._root).glob("**/.*"):
                if begun.is_file() and time.time() - begun.stat().st_mtime > older_than:
                    begun.unlink(missing_ok=True)

    def _path(self, key: str) -> str:
        parts = key.split("/")
        if not all(_PART.fullmatch(part) for part in parts):
            raise ArtifactError(f"{key!r} is no name of an artifact.")
        return "/".join([self._root, *parts])


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    path.mkdir(parents=True, exist_ok=True)
    yield path


def _sync_folder(folder: Path) -> None:
    """Makes a rename survive a power failure, where the system can: Windows opens no folders."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
