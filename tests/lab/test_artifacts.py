"""Artifacts: whole or not at all, on a disk and in a store that is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.artifacts import ArtifactError, Artifacts

KEY = "runs/owner/run/model.zip"


@pytest.fixture(params=["disk", "memory"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    return Artifacts(tmp_path.as_uri() if request.param == "disk" else f"memory://{tmp_path.name}")


def test_what_is_written_is_read(artifacts: Artifacts) -> None:
    artifacts.write(KEY, b"first")
    artifacts.write(KEY, b"second")
    assert artifacts.read(KEY) == b"second"
    assert artifacts.names("runs/owner/run") == ("model.zip",)
    assert artifacts.size("runs") == 6
    with artifacts.reading(KEY) as path:
        assert path.read_bytes() == b"second"


def test_a_write_that_fails_leaves_the_older_file(artifacts: Artifacts) -> None:
    artifacts.write(KEY, b"whole")
    with pytest.raises(ZeroDivisionError), artifacts.writing(KEY) as path:
        path.write_bytes(b"ha" * (1 // 0))
    assert artifacts.read(KEY) == b"whole"
    assert artifacts.names("runs/owner/run") == ("model.zip",)


def test_a_folder_is_deleted_with_all_in_it(artifacts: Artifacts) -> None:
    artifacts.write(KEY, b"1")
    artifacts.copy(KEY, "runs/owner/other/model.zip")
    artifacts.delete("runs/owner/run")
    artifacts.delete("runs/owner/run")
    assert not artifacts.exists(KEY)
    assert artifacts.read("runs/owner/other/model.zip") == b"1"
    assert artifacts.names("runs/owner/run") == ()


def test_a_missing_file_is_named(artifacts: Artifacts) -> None:
    with pytest.raises(ArtifactError, match=r"model\.zip"):
        artifacts.read(KEY)
    with pytest.raises(ArtifactError, match=r"model\.zip"), artifacts.reading(KEY):
        pass


@pytest.mark.parametrize("key", ["../secret", "runs/../../etc/passwd", "/etc/passwd", "runs//model", "runs/.hidden", ""])
def test_a_key_cannot_leave_its_folder(artifacts: Artifacts, key: str) -> None:
    with pytest.raises(ArtifactError):
        artifacts.write(key, b"")


def test_what_a_killed_process_began_is_cleared_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path.as_uri())
    artifacts.write(KEY, b"1")
    begun, old = (tmp_path / f"runs/owner/run/.model.zip.{name}.tmp" for name in ("new", "old"))
    begun.write_bytes(b"half")
    old.write_bytes(b"half")
    os.utime(old, (0, 0))
    artifacts.clear_temporaries()
    assert begun.exists()
    assert not old.exists()
    assert artifacts.exists(KEY)
