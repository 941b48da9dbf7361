"""An installation in a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.lab import Lab, open_lab
from lab.settings import Settings


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"LAB_HOME": str(tmp_path / "lab")}


@pytest.fixture
def lab(environment: dict[str, str]) -> Iterator[Lab]:
    opened = open_lab(Settings.from_environment(environment))
    yield opened
    opened.database.close()


@pytest.fixture
def hosted(environment: dict[str, str]) -> Iterator[Lab]:
    opened = open_lab(Settings.from_environment({**environment, "LAB_MODE": "hosted"}))
    yield opened
    opened.database.close()
