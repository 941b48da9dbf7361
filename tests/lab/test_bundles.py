"""Bundles: what a person takes away works without this lab, and answers as the lab does."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lab import results
from lab.artifacts import ArtifactError
from lab.bundles import bundle, folder_name
from lab.records import Run
from tests.lab.dashboards import OWNER, Workshop

TEXTS = ["a fine film", "", "=dull, dull!", "Ein Film 電影 🎬 don't", "fine " * 40]


@pytest.fixture(scope="module")
def unpacked(workshop: Workshop, undisturbed: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle")
    with zipfile.ZipFile(io.BytesIO(bundle(workshop.lab, undisturbed))) as archive:
        archive.extractall(folder)
    return folder / folder_name(undisturbed)


def test_it_answers_in_plain_keras_as_the_page_does(workshop: Workshop, undisturbed: Run, unpacked: Path) -> None:
    held_out = results.held_out(workshop.lab.artifacts, undisturbed)
    texts = [*TEXTS, *held_out.texts[:50]]
    (unpacked / "texts.txt").write_text("\n".join(texts), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, unpacked / "classify.py", "--file", unpacked / "texts.txt", "--out", unpacked / "out.csv"]
    subprocess.run(command, cwd=unpacked.parent, env=environment, check=True, capture_output=True)

    classifier = results.classifier(workshop.lab.artifacts, undisturbed)
    expected = classifier.predict_proba(texts)
    with (unpacked / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [f"'{text}" if text.startswith("=") else text for text in texts]
    assert [row["prediction"] for row in rows] == [classifier.label_names[label] for label in expected.argmax(axis=1)]
    np.testing.assert_allclose([float(row["probability"]) for row in rows], expected.max(axis=1), atol=1e-5)


def test_it_says_how_it_was_made(workshop: Workshop, undisturbed: Run, unpacked: Path) -> None:
    settings = json.loads((unpacked / "settings.json").read_text())
    assert settings["training"] == undisturbed.train_spec.to_dict()
    assert settings["held_out_accuracy"] == undisturbed.held_out_accuracy
    history = json.loads((unpacked / "history.json").read_text())
    assert history == [metrics.to_dict() for metrics in workshop.lab.store.epochs(OWNER, undisturbed.id)]
    with (unpacked / "held_out_predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    right = np.mean([row["prediction"] == row["label"] for row in rows])
    assert right == pytest.approx(undisturbed.held_out_accuracy)


def test_nothing_in_it_needs_this_lab(unpacked: Path) -> None:
    for script in unpacked.glob("*.py"):
        assert "rnn_core" not in script.read_text(encoding="utf-8")
    assert "keras==" in (unpacked / "requirements.txt").read_text()


def test_a_run_without_a_result_has_no_bundle(workshop: Workshop, undisturbed: Run) -> None:
    other = workshop.lab.queue.submit(OWNER, undisturbed.data, undisturbed.model_spec, undisturbed.train_spec)
    workshop.lab.queue.stop(OWNER, other.id)
    with pytest.raises(ArtifactError):
        bundle(workshop.lab, workshop.run(other))
