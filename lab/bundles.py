"""A finished run as one zip file that works without this lab: Keras model, words, settings, history, predictions, a script."""

from __future__ import annotations

import io
import json
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import rnn_core.data.tokens
from lab import results
from lab.artifacts import run_key
from lab.lab import Lab
from lab.records import Run
from rnn_core.classifier import Classifier
from rnn_core.data.csv_out import safe_csv
from rnn_core.spec import FIRST_WORD_ID, LIMITS, UNKNOWN_ID

_SCRIPT = Path(__file__).with_name("bundle_files") / "classify.py"
# The script's tokeniser is the lab's own module; what it takes from its neighbours is put in place of the import lines.
_NEIGHBOURS = {
    "from rnn_core.data.texts import DataError\n": 'class DataError(ValueError):\n    """Words that cannot be used."""\n',
    "from rnn_core.spec import FIRST_WORD_ID, LIMITS, UNKNOWN_ID\n": (
        f"FIRST_WORD_ID, UNKNOWN_ID = {FIRST_WORD_ID}, {UNKNOWN_ID}\nLIMITS = {{'vocabulary': {LIMITS['vocabulary']}}}\n"
    ),
}


class BundleError(RuntimeError):
    """The tokeniser's module has grown an import that the bundle does not replace."""


def bundle(lab: Lab, run: Run) -> bytes:
    """The zip file of a run with a result; all in it stands in one folder.

    Raises:
        ArtifactError: the run has no result.
    """
    model = results.classifier(lab.artifacts, run)
    history = [metrics.to_dict() for metrics in lab.store.epochs(run.owner, run.id)]
    files: dict[str, bytes | str] = {
        "README.txt": _readme(run),
        "model.keras": lab.artifacts.read(run_key(run, results.KERAS_MODEL)),
        "vocabulary.json": _json(model.vocabulary.to_list()),
        "settings.json": _json(_settings(run, model)),
        "history.json": _json(history),
        "held_out_predictions.csv": _predictions(lab, run, model.label_names),
        "classify.py": _SCRIPT.read_text(encoding="utf-8").replace("  # type: ignore[import-not-found]  # lies", "  # lies"),
        "words.py": _tokeniser(),
        "requirements.txt": _requirements(),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{folder_name(run)}/{name}", content)
    return buffer.getvalue()


def folder_name(run: Run) -> str:
    """A name for the bundle's file and folder that every system takes."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in run.name.lower())
    words = "-".join(word for word in plain.split("-") if word)
    return f"unrolled-{words[:60] or run.id}"


def _settings(run: Run, model: Classifier) -> dict[str, Any]:
    return {
        "name": run.name,
        "data": run.data.title,
        "label_names": list(model.label_names),
        "model": model.spec.to_dict(),
        "training": run.train_spec.to_dict(),
        "epochs_trained": run.epoch,
        "held_out_accuracy": run.held_out_accuracy,
    }


def _predictions(lab: Lab, run: Run, label_names: tuple[str, ...]) -> bytes:
    answers = results.held_out(lab.artifacts, run)
    best = answers.probabilities.argmax(axis=1)
    data: bytes = safe_csv(
        {
            "text": list(answers.texts),
            "prediction": [label_names[label] for label in best],
            "probability": [float(row[label]) for row, label in zip(answers.probabilities, best, strict=True)],
            "label": [label_names[label] for label in answers.labels],
        }
    )
    return data


def _tokeniser() -> str:
    source = Path(rnn_core.data.tokens.__file__).read_text(encoding="utf-8")
    for line, replacement in _NEIGHBOURS.items():
        source = source.replace(line, replacement)
    if "rnn_core" in source:
        raise BundleError("rnn_core/data/tokens.py imports something that lab/bundles.py does not replace.")
    return source


def _requirements() -> str:
    tensorflow = version("tensorflow-cpu") if _is_installed("tensorflow-cpu") else version("tensorflow")
    return f"keras=={version('keras')}\ntensorflow=={tensorflow}\nnumpy=={version('numpy')}\n"


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _readme(run: Run) -> str:
    return f"""{run.name}

A {run.kind} network trained on "{run.data.title}" with Unrolled, a lab for recurrent memory.

    pip install -r requirements.txt
    python classify.py "a text"
    python classify.py --file texts.txt --out predictions.csv

model.keras               the network, as Keras saves it; keras.models.load_model reads it
vocabulary.json           its words in the order of their ids, from 2; 0 is padding, 1 an unknown word
settings.json             architecture, training, labels, held-out accuracy
history.json              loss and accuracy after every epoch
held_out_predictions.csv  its answers to the texts that training never saw; a cell that a spreadsheet would run as a
                          formula begins with an apostrophe
classify.py, words.py     the script above, and how it splits a text into words
"""


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)
